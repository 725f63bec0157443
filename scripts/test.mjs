// npm test [VITEST ARGUMENTS…]: everything that has to pass. With arguments, only the tests that they name.
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ensureBrowser } from "./browser.mjs"
import { ensureInstalled, root, runProgram } from "./ensure-installed.mjs"
import { ensureRegistryTools } from "./registry-tools.mjs"

const args = process.argv.slice(2)
const windows = process.platform === "win32"
const npm = (script) => runProgram(windows ? "npm.cmd" : "npm", ["run", "--silent", script], { shell: windows })

await ensureInstalled()
const noTools = ensureRegistryTools()
if (noTools.length > 0) console.log(`Not here: ${noTools.join(", ")}; tests against real registries cannot run`)
if (ensureBrowser().length > 0) console.log("Not here: chromium; tests in a browser cannot run")
const folder = await mkdtemp(join(tmpdir(), "image-census-test-"))
const countsFile = join(folder, "counts.json")

const vitest = () =>
  runProgram(
    process.execPath,
    [
      join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      "--reporter=default",
      `--reporter=${join(root, "scripts/count-reporter.mjs")}`,
      ...args
    ],
    { env: { ...process.env, IMAGE_CENSUS_TEST_COUNTS: countsFile } }
  )

const steps = [
  ...(args.length === 0 ? [["npm run check", () => npm("check")], ["npm run build", () => npm("build")]] : []),
  ["vitest", vitest]
]
const failed = []
for (const [name, step] of steps) {
  console.log(`\n— ${name}`)
  if (await step() !== 0) failed.push(name)
}

// Without the file, vitest ended before any test did.
const counts = await readFile(countsFile, "utf8").then(JSON.parse).catch(() => ({ passed: 0, failed: 0, skipped: 0 }))
await rm(folder, { recursive: true, force: true })
const checks = failed.filter((name) => name !== "vitest" || counts.failed === 0)
const ran = counts.passed + counts.failed
if (ran === 0) console.log("\nNo test ran.")
for (const name of failed) console.log(`\nFailed: ${name}`)
console.log(`\n${counts.passed} passed, ${counts.failed + checks.length} failed, ${counts.skipped} skipped`)
process.exitCode = failed.length === 0 && ran > 0 ? 0 : 1
