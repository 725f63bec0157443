// node scripts/run.mjs FILE ARGS…: runs a TypeScript file from source, with its dependencies installed first.
import { join } from "node:path"
import { ensureInstalled, root, runProgram } from "./ensure-installed.mjs"

/** Runs a TypeScript file to its end; resolves to its exit code. */
export const runFile = async (file, args = [], options = {}) => {
  await ensureInstalled()
  return runProgram(process.execPath, ["--import", "tsx", join(root, file), ...args], options)
}

const [, script, file, ...args] = process.argv
if (script !== undefined && script.endsWith("run.mjs")) {
  if (file === undefined) {
    console.error("usage: node scripts/run.mjs FILE [ARGUMENT…]")
    process.exit(2)
  }
  process.exitCode = await runFile(file, args)
}
