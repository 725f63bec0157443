/**
 * Rows that cannot be read: another program wrote them, or an older one of ours. Each costs itself alone.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import { Clock, Effect, Either, type ParseResult, Random, Schema } from "effect"
import { deferralDelay } from "../../domain/Backoff.js"
import type { DefectJob } from "../../domain/Defect.js"
import { tellFault } from "../contained.js"
import { instant } from "./core.js"
import { noteDefects } from "./defects.js"
import { inTransaction, shapeOf } from "./errors.js"

/** A row as the client brings it. */
export interface RawRow {
  readonly [column: string]: unknown
}

/** A row that cannot be read, and is tried again later. */
export interface Unreadable {
  /** As the table `image_census_defects` names it. */
  readonly key: string
  /** `internal error: …` */
  readonly reason: string
  /** Epoch milliseconds. */
  readonly until: number
}

/** What was read of rows, and what could not be. */
export interface Read<A> {
  readonly rows: ReadonlyArray<A>
  readonly unreadable: ReadonlyArray<Unreadable>
}

/** How to name a row of a job. */
export interface Naming {
  readonly job: DefectJob
  readonly key: (row: RawRow) => string
  /** For people; without one, the key. */
  readonly subject?: (row: RawRow) => string
  /** The column of the attempts so far; default `attempts`. */
  readonly attempts?: string
}

/** A column as text. */
export const textOf = (row: RawRow, column: string): string => String(row[column])

/** Decodes rows one by one. Those that cannot be read are counted and told as defects. */
export const readApart = <A, I>(
  schema: Schema.Schema<A, I>,
  { attempts = "attempts", job, key, subject = key }: Naming
) => {
  const decode = Schema.decodeUnknownEither(schema)
  return Effect.fnUntraced(function*(raw: ReadonlyArray<RawRow>) {
    const rows: Array<A> = []
    const unreadable: Array<Unreadable> = []
    for (const row of raw) {
      const read = decode(row)
      if (Either.isRight(read)) rows.push(read.right)
      else {
        const reason = yield* tellFault(job, subject(row), `the stored row cannot be read: ${shapeOf(read.left)}`)
        const before = row[attempts]
        const delay = deferralDelay(typeof before === "number" ? before + 1 : 1, yield* Random.next)
        unreadable.push({ key: key(row), reason, until: (yield* Clock.currentTimeMillis) + delay })
      }
    }
    return { rows, unreadable } satisfies Read<A>
  })
}

/** Those rows of a list that can be read; the others are left out, which is told. */
export const readable = <A, I>(schema: Schema.Schema<A, I>, naming: Naming) => {
  const read = readApart(schema, naming)
  return (raw: ReadonlyArray<RawRow>): Effect.Effect<ReadonlyArray<A>> => Effect.map(read(raw), ({ rows }) => rows)
}

type Failure = SqlError | ParseResult.ParseError

/**
 * Puts rows that cannot be read off, with the reason, in one transaction. `write` gets them as rows `x (key text, reason
 * text, until float8)`, `until` in seconds, and the present.
 */
export const putOff = (
  sql: SqlClient,
  job: DefectJob,
  write: (input: Fragment, now: Fragment) => Effect.Effect<unknown, SqlError>
) =>
(unreadable: ReadonlyArray<Unreadable>): Effect.Effect<void, SqlError> =>
  unreadable.length === 0 ? Effect.void : inTransaction(sql)(Effect.gen(function*() {
    const input = sql`jsonb_to_recordset(${
      JSON.stringify(unreadable.map(({ until, ...row }) => ({ ...row, until: until / 1000 })))
    }::jsonb) as x (key text, reason text, until float8)`
    yield* write(input, instant(sql, yield* Clock.currentTimeMillis))
    yield* noteDefects(sql, job, unreadable)
  }))

/** Claims rows and hands out those that can be read; the others are put off. Goes on while there are only such. */
export const handedOut = <A>(
  claim: Effect.Effect<Read<A>, Failure>,
  putOff: (unreadable: ReadonlyArray<Unreadable>) => Effect.Effect<void, SqlError>
): Effect.Effect<ReadonlyArray<A>, Failure> =>
  Effect.flatMap(claim, ({ rows, unreadable }) =>
    unreadable.length === 0
      ? Effect.succeed(rows)
      : Effect.zipRight(
        putOff(unreadable),
        rows.length > 0 ? Effect.succeed(rows) : Effect.suspend(() => handedOut(claim, putOff))
      ))
