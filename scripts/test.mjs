// npm test [VITEST ARGUMENTS…]: everything that has to pass, and on a newer Node, where one is found, what depends on Node.
// With arguments, only the tests that they name.
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ensureBrowser } from "./browser.mjs"
import { ensureInstalled, root, runProgram } from "./ensure-installed.mjs"
import { findOtherNode } from "./other-node.mjs"
import { ensureRegistryTools } from "./registry-tools.mjs"

const args = process.argv.slice(2)
const windows = process.platform === "win32"
const npm = (script) => runProgram(windows ? "npm.cmd" : "npm", ["run", "--silent", script], { shell: windows })

await ensureInstalled()
const noTools = ensureRegistryTools()
if (noTools.length > 0) console.log(`Not here: ${noTools.join(", ")}; tests against real registries cannot run`)
if (ensureBrowser().length > 0) console.log("Not here: chromium; tests in a browser cannot run")
const folder = await mkdtemp(join(tmpdir(), "image-census-test-"))

const vitest = (node, name, chosen) =>
  runProgram(
    node,
    [
      join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      "--reporter=default",
      `--reporter=${join(root, "scripts/count-reporter.mjs")}`,
      ...chosen
    ],
    { env: { ...process.env, IMAGE_CENSUS_TEST_COUNTS: join(folder, name) } }
  )

// How the program starts and ends, what it reads and writes, its database and its server.
const dependOnNode = [
  "test/programs/main.test.ts",
  "test/programs/program.test.ts",
  "test/programs/cli",
  "test/programs/server",
  "test/layers/store",
  "test/layers/http"
]
const other = args.length === 0 ? findOtherNode() : undefined
if (args.length === 0 && other === undefined) console.log("Not here: Node 22 or 24; the tests run on this Node alone")

const steps = [
  ...(args.length === 0 ? [["npm run check", () => npm("check")], ["npm run build", () => npm("build")]] : []),
  ["vitest", () => vitest(process.execPath, "all", args)],
  ...(other === undefined
    ? []
    : [[`vitest on Node ${other.version}`, () => vitest(other.file, "other", dependOnNode)]])
]
const failed = []
for (const [name, step] of steps) {
  console.log(`\n— ${name}`)
  if (await step() !== 0) failed.push(name)
}

// Without the file, vitest ended before any test did.
const countsOf = (name) =>
  readFile(join(folder, name), "utf8").then(JSON.parse).catch(() => ({ passed: 0, failed: 0, skipped: 0 }))
const runs = await Promise.all(["all", ...(other === undefined ? [] : ["other"])].map(countsOf))
const sum = (of) => runs.reduce((total, one) => total + one[of], 0)
const counts = { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") }
await rm(folder, { recursive: true, force: true })
const checks = failed.filter((name) => !name.startsWith("vitest") || counts.failed === 0)
const ran = counts.passed + counts.failed
if (ran === 0) console.log("\nNo test ran.")
for (const name of failed) console.log(`\nFailed: ${name}`)
console.log(`\n${counts.passed} passed, ${counts.failed + checks.length} failed, ${counts.skipped} skipped`)
process.exitCode = failed.length === 0 && ran > 0 ? 0 : 1
