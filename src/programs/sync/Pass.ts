/**
 * From claims to looks: pages of due rows as one stream.
 */
import { Chunk, Duration, Effect, Option, Schedule, Stream } from "effect"
import type { Auth, Transient } from "../../domain/Errors.js"
import { databaseBackoff } from "./outbox.js"

/** Work on due rows of one kind. */
export interface Lane<C, R> {
  /** For the log. */
  readonly name: string
  /** Claims a page; empty where nothing is due. What is claimed is held at once. */
  readonly claim: Effect.Effect<ReadonlyArray<C>, Transient>
  readonly work: (claim: C) => Effect.Effect<void, Auth, R>
  /** How many rows are under way at once. */
  readonly ahead: number
}

/** A run that is to end does not wait for ever for a database that is lost. */
export const patience = Duration.minutes(10)

/** Claims page after page into one stream of looks; ends when a claim comes back empty. Returns how many were claimed. */
export const pass = <C, R>(lane: Lane<C, R>, once: boolean): Effect.Effect<number, Auth | Transient, R> => {
  const claim = lane.claim.pipe(
    Effect.tapError((error) => Effect.logWarning(`${lane.name}: the database does not answer`, error.message)),
    Effect.retry(once ? Schedule.upTo(databaseBackoff, patience) : databaseBackoff)
  )
  return Stream.repeatEffectChunkOption(
    claim.pipe(
      Effect.mapError(Option.some),
      Effect.flatMap((rows) => rows.length > 0 ? Effect.succeed(Chunk.fromIterable(rows)) : Effect.fail(Option.none()))
    )
  ).pipe(
    Stream.mapEffect((row) => lane.work(row), { concurrency: lane.ahead, unordered: true }),
    Stream.runCount
  )
}
