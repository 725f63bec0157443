// Installs the dependencies where they are missing or not those of the lock file, so that a fresh clone just runs.
import { spawn } from "node:child_process"
import { lstatSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** The folder of the package. */
export const root = fileURLToPath(new URL("..", import.meta.url))

// Ctrl-C reaches the whole group: the program ends by itself, and what it says comes first.
const wait = () => {}

/** Runs a program to its end, with this process's output; resolves to its exit code. */
export const runProgram = (command, args, options = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options })
    process.on("SIGINT", wait)
    const forward = (signal) => child.kill(signal)
    process.on("SIGTERM", forward)
    const settle = (then) => {
      process.off("SIGINT", wait)
      process.off("SIGTERM", forward)
      then()
    }
    child.once("error", (error) => settle(() => reject(error)))
    child.once("exit", (code) => settle(() => resolve(code ?? 1)))
  })

const packages = (file) => {
  try {
    return JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), "utf8")).packages
  } catch (error) {
    if (error.code === "ENOENT" || error instanceof SyntaxError) return undefined
    throw error
  }
}

// Optional packages belong to other platforms, or could not be had: they are no reason to install again.
const isCurrent = () => {
  const wanted = packages("package-lock.json")
  const installed = packages("node_modules/.package-lock.json")
  if (wanted === undefined || installed === undefined) return false
  return Object.entries(wanted).every(([path, entry]) =>
    path === "" || entry.optional === true || installed[path]?.version === entry.version
  )
}

const isLink = () => lstatSync(new URL("../node_modules", import.meta.url), { throwIfNoEntry: false })?.isSymbolicLink()

/** Makes sure that the dependencies are there. Says so in one line when it has to install; ends the process if it fails. */
export const ensureInstalled = async () => {
  if (isCurrent()) return
  if (isLink()) {
    console.error("The dependencies are not those of package-lock.json; node_modules is a link, so install them there.")
    return
  }
  console.error("Installing dependencies (npm install)…")
  const begin = performance.now()
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]
  const windows = process.platform === "win32"
  const code = await runProgram(windows ? "npm.cmd" : "npm", args, {
    stdio: ["ignore", "ignore", "inherit"],
    shell: windows
  })
  if (code !== 0) {
    console.error(`npm install failed (exit code ${code}); run it by hand to see why.`)
    process.exit(code)
  }
  console.error(`Dependencies installed in ${Math.round((performance.now() - begin) / 1000)} s.`)
}
