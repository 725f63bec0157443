/**
 * What one workflow file may cost. Every loop of the extraction is bounded by one of these, so that a hostile file is
 * answered in milliseconds; real files stay far below all of them.
 */

/**
 * The version of the reader: to be raised with every change by which it reads more, these limits among them. Workflows that
 * were beyond another version are then read again.
 */
export const readerVersion = 1
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
/** Work units that the evaluation of one file may spend; `Fuel` says what costs how much. */
export const fuel = 16_000
/** Work units that telling what was found may cost after that. */
export const reserve = 8_000
/** Most published names that are kept of one file. */
export const maxNames = 512
/** Longest text that is taken for an image's name, in UTF-16 code units; registries end at 255. */
export const maxNameLength = 512
/** Most values of one evaluated piece of a file. */
export const maxNodes = 2_000
/** Most steps of a job that are looked at. */
export const maxSteps = 256
/** Most other files of the repository that are noted as asked for. */
export const maxFiles = 64

/** A text no longer than the limit. */
export const cap = (text: string): string => text.length > maxTextLength ? text.slice(0, maxTextLength) : text

/** There is no fuel left: thrown by `Fuel`, and caught where the evaluation began. */
export class OutOfFuel extends Error {
  override readonly name = "OutOfFuel"
}

const charactersPerUnit = 256

/**
 * What is left to spend on a file. Whatever the evaluation does is paid for before it is done: an expression's node, a
 * command, a step by the unit, and every text that is looked at or made by its length. So a file's cost does not depend on
 * how it is written. Throws `OutOfFuel`, which ends the evaluation at any depth.
 */
export class Fuel {
  #spent = 0
  #units: number
  constructor(units = fuel) {
    this.#units = units
  }

  /** The units that were spent so far. */
  get spent(): number {
    return this.#spent
  }

  /** Pays for work that does not depend on a text. */
  spend(units: number): void {
    this.#spent += units
    if (this.#spent > this.#units) throw new OutOfFuel()
  }

  /** Gives what telling of the findings may cost, however much the evaluation has spent. */
  allow(units: number): void {
    this.#units = this.#spent + units
  }

  /** Pays for looking at, or making, so many characters: a unit for 256. */
  scan(characters: number): void {
    this.spend(characters / charactersPerUnit)
  }
}
