import { Schema } from "effect"

/** The command was called in a way that has no meaning. Ends the program with exit code 2. */
export class UsageError extends Schema.TaggedError<UsageError>("image-census/UsageError")("USAGE", {
  /** One line: what was wrong, and what would be right. */
  message: Schema.String
}) {}

/** The command was understood and could not be done. Ends the program with exit code 1. */
export class Failure extends Schema.TaggedError<Failure>("image-census/Failure")("FAILURE", {
  /** One line for people. */
  message: Schema.String
}) {}

/** Everything was said already; only the exit code is left. */
export class Ended extends Schema.TaggedError<Ended>("image-census/Ended")("ENDED", {
  code: Schema.Literal(1, 2, 3, 10)
}) {}
