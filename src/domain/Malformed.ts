/**
 * What every parser of this package answers when it cannot read a text: a value that says what was wrong, and where.
 */
import { Data } from "effect"

/**
 * A text that is not what it should be. `reason` is for programs, `message` is one line for people; neither ever holds
 * a secret, so parsers of secret texts leave `input` empty.
 */
export class Malformed extends Data.TaggedError("Malformed")<{
  /** What was expected: `reference`, `digest`, `platform`, … */
  readonly what: string
  readonly input: string
  readonly reason: MalformedReason
  readonly message: string
  /** The place in `input` (characters from 0), where one character is to blame. */
  readonly at?: number
}> {}

export type MalformedReason =
  | "empty"
  | "format"
  | "uppercase"
  | "too-long"
  | "unsupported"
  | "length"
  | "identifier"
  | "not-canonical"
