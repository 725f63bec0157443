/**
 * What a database error means: the fault of one row, a conflict that is over at once, or no answer at all.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import { Effect, ParseResult, Predicate } from "effect"
import { Transient, type TransientReason } from "../../domain/Errors.js"

/** The SQLSTATE, or the system's code of a failed connection (`ECONNREFUSED`), where the error has one. */
export const codeOf = (error: SqlError): string | undefined =>
  Predicate.hasProperty(error.cause, "code") && typeof error.cause.code === "string" ? error.cause.code : undefined

/** What the database or the driver said, in one line. */
export const detailOf = (error: SqlError): string => {
  const said = Predicate.hasProperty(error.cause, "message") && typeof error.cause.message === "string"
    ? error.cause.message
    : ""
  return (said === "" ? codeOf(error) ?? error.message : said).split("\n")[0] ?? ""
}

/**
 * The data of a row were refused (classes 22, 23 and 54, or a trigger's own exception): the same statement without
 * that row may work.
 */
export const isRowError = (error: SqlError): boolean => /^(?:22|23|54|P0)/.test(codeOf(error) ?? "")

/** Two transactions stood in each other's way and this one was ended: it works when tried again. */
const isConflict = (error: SqlError): boolean => codeOf(error)?.startsWith("40") === true

// What the driver says of these, it says without a code; waiting does not mend them.
const wrongWords = /\b(?:SSL|TLS|SASL|certificate)\b/i

/**
 * Whether the database is only away: nothing listens yet, its name is not known for now, it starts or stops, has no
 * connection free, or takes too long. It may answer later; what else keeps it from being reached, a person has to mend.
 */
export const isAway = (error: SqlError): boolean => {
  const code = codeOf(error)
  return code === undefined ? !wrongWords.test(detailOf(error)) : /^(?:08|53|57|E(?!RR_)[A-Z])/.test(code)
}

const reasonOf = (error: SqlError): TransientReason => {
  if (isRowError(error)) return "malformed"
  const code = codeOf(error)
  if (code === undefined || /^(?:08|53300|57P|E[A-Z])/.test(code)) return "network"
  return code === "57014" ? "timeout" : "server"
}

// Without the values: those of a watch's actions are secrets.
const issueOf = ({ _tag, path }: ParseResult.ArrayFormatterIssue): string =>
  `${path.length === 0 ? "it" : path.map(String).join(".")} ${
    _tag === "Missing" ? "is missing" : "has another shape than expected"
  }`

/** What is wrong with a row, in a line: `actions.0.url is missing`. */
export const shapeOf = (error: ParseResult.ParseError): string =>
  [...new Set(ParseResult.ArrayFormatter.formatErrorSync(error).map(issueOf))].join("; ").slice(0, 200)

/** A failed statement as the error that programs know. */
export const toTransient = (error: SqlError | ParseResult.ParseError): Transient =>
  error instanceof SqlError
    ? new Transient({
      service: "database",
      reason: reasonOf(error),
      message: `the database failed: ${detailOf(error)}`
    })
    : new Transient({
      service: "database",
      reason: "malformed",
      message: `a stored row cannot be read: ${shapeOf(error)}`
    })

const conflictRetries = 5

/**
 * Runs an effect in a transaction. A connection that is lost in it is an error like others (the client makes a failed
 * commit or rollback a defect), and a deadlock is tried again.
 */
export const inTransaction = (sql: SqlClient) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  sql.withTransaction(effect).pipe(
    Effect.catchAllDefect((defect) => defect instanceof SqlError ? Effect.fail(defect) : Effect.die(defect)),
    Effect.retry({ times: conflictRetries, while: (error) => error instanceof SqlError && isConflict(error) })
  )
