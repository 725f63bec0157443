/**
 * `npm run build`: benchmarks measure the program as it is published.
 */
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { promisify } from "node:util"

const npm = process.platform === "win32" ? "npm.cmd" : "npm"

/** Brings `dist` up to date. Dies where the sources do not compile. */
export const build = Effect.promise(() =>
  promisify(execFile)(npm, ["run", "--silent", "build"], { cwd: new URL("../../", import.meta.url).pathname })
)
