/**
 * What an expansion of words sees of the script that runs.
 */
import type { HoleTable } from "./Holes.js"
import type { Fuel } from "./Limits.js"
import type { ShellState } from "./ShellState.js"

/** What an expansion needs to know of the script that runs. */
export interface WordScope {
  readonly state: ShellState
  readonly holes: HoleTable
  readonly tank: Fuel
  /** `$1`, `$2`, … of the function that runs. */
  readonly positional: ReadonlyArray<string>
  /** What a script writes to its standard output, for `$(…)`. */
  capture(script: string): string
  /** What a variable holds that the script did not set. */
  ambient(name: string): string
}
