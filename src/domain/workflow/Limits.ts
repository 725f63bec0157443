/**
 * What one workflow file may cost. Every loop of the extraction is bounded by one of these, so that a hostile file is
 * answered in milliseconds; real files stay far below all of them.
 */

/** Longest text of a file that is read, in UTF-16 code units. */
export const maxFileLength = 256 * 1024
/** Deepest nesting of flow collections (`[[[…`), and of values that are walked. */
export const maxDepth = 64
/** Most aliases (`*name`) in a file. */
export const maxAliases = 256
/** Longest expression between `${{` and `}}`: GitHub's own limit. */
export const maxExpressionLength = 21_000
/** Longest text that an evaluation may produce; longer ones are cut. */
export const maxTextLength = 16 * 1024
/** Most combinations of one matrix: GitHub's own limit. */
export const maxMatrix = 256
/** Longest script of a `run` step that is interpreted. */
export const maxScriptLength = 64 * 1024
/** Most rounds of one loop in a script. */
export const maxLoop = 100
/** Most alternatives of one text. */
export const maxAlternatives = 64
/** Most triggers of a workflow that are told apart. */
export const maxScenarios = 8
/** Most workflows and composite actions inside each other: GitHub's limit for reusable workflows is four. */
export const maxCalls = 4
/** Work units (expression nodes, commands, expanded words, steps) that one file may spend. */
export const fuel = 12_000
/** Most published names that are kept of one file. */
export const maxNames = 512

/** Most other files of the repository that are noted as asked for. */
export const maxFiles = 64

/** A text no longer than the limit. */
export const cap = (text: string): string => text.length > maxTextLength ? text.slice(0, maxTextLength) : text

/** What is left to spend on a file. */
export interface Fuel {
  left: number
}

/** Takes `units` from what is left; false when there is nothing left, and the caller gives up. */
export const spend = (tank: Fuel, units: number): boolean => {
  tank.left -= units
  return tank.left >= 0
}
