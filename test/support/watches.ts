/**
 * Watched references for tests, and two stores on one set of tables for every kind of store.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import { layer } from "@effect/vitest"
import { Context, Duration, Effect, Either, Layer, Option, TestClock } from "effect"
import { describe } from "vitest"
import { digestOf } from "../../src/domain/ContentDigest.js"
import type { Digest } from "../../src/domain/Digest.js"
import { canonical, parse } from "../../src/domain/ImageReference.js"
import * as Platform from "../../src/domain/Platform.js"
import type { NewWatch, WatchAction } from "../../src/domain/Watch.js"
import type { LookResult } from "../../src/domain/WatchState.js"
import { emptyWatchTables } from "../../src/layers/memory/watches/tables.js"
import * as Memory from "../../src/layers/memory/WatchStoreMemory.js"
import * as Sql from "../../src/layers/store/WatchStoreSql.js"
import type {
  ClaimedDelivery,
  ClaimedWatch,
  DeliveryAttempt,
  WatchFinding,
  WatchStore
} from "../../src/services/WatchStore.js"
import { testDatabases } from "./databases.js"

type Store = WatchStore["Type"]

export interface TwoWatchStores {
  /** The store of one process, and of another on the same database. */
  readonly store: Store
  readonly other: Store
}

class Backend extends Context.Tag("test/WatchBackend")<Backend, { readonly fresh: Effect.Effect<TwoWatchStores> }>() {}

const memory = Layer.succeed(Backend, {
  fresh: Effect.sync(() => {
    const tables = emptyWatchTables()
    return { store: Memory.make("one", tables), other: Memory.make("two", tables) }
  })
})

const sqlBackend = Layer.effect(
  Backend,
  Effect.map(SqlClient, (sql) => ({
    fresh: Effect.gen(function*() {
      yield* sql`truncate image_watches, image_watch_states, image_watch_events, image_watch_deliveries,
        image_watch_updates restart identity`
      const store = yield* Sql.make({ holder: "one" })
      const other = yield* Sql.make({ holder: "two" })
      return { store, other }
    }).pipe(Effect.provideService(SqlClient, sql), Effect.orDie)
  }))
)

const backends = [
  { name: "memory", available: true, layer: memory },
  ...testDatabases.map((database) => ({
    name: database.name,
    available: database.available,
    layer: Layer.provide(sqlBackend, database.migrated)
  }))
]

/** When every test starts: half past one in the night. */
export const night = Date.parse("2026-11-21T01:30:00Z")
export const minute = 60_000

interface Case {
  readonly name: string
  readonly run: (stores: TwoWatchStores) => Effect.Effect<void>
}

/** A test of the contract; it fails when the effect does. */
export const when = <E>(name: string, run: (stores: TwoWatchStores) => Effect.Effect<void, E>): Case => ({
  name,
  run: (stores) => Effect.orDie(run(stores))
})

/** Runs these tests on every kind of store. */
export const onEveryWatchStore = (subject: string, cases: ReadonlyArray<Case>): void => {
  for (const backend of backends) {
    describe.skipIf(!backend.available)(`${subject}, ${backend.name}`, () => {
      layer(backend.layer, { timeout: 60_000 })((it) => {
        for (const { name, run } of cases) {
          it.effect(name, () =>
            Effect.gen(function*() {
              const { fresh } = yield* Backend
              yield* TestClock.setTime(night)
              yield* run(yield* fresh)
            }))
        }
      })
    })
  }
}

/** The digest of some text. */
export const digest = (text: string): Digest => digestOf(new TextEncoder().encode(text))

export const webhook = (url = "https://hooks.example.org/moved"): WatchAction => ({
  _tag: "Webhook",
  url,
  allowPrivate: false
})

export const amd64 = Option.some(Platform.linuxAmd64)

/** A watch with one webhook, every five minutes. */
export const watchOf = (reference: string, more: Partial<NewWatch> = {}): NewWatch => ({
  reference: Either.getOrThrow(parse(reference)),
  platform: Option.none(),
  every: Duration.minutes(5),
  actions: [webhook()],
  updates: Option.none(),
  ...more
})

export const selection = (reference: string, platform: Option.Option<string> = Option.none()) => ({
  reference: canonical(Either.getOrThrow(parse(reference))),
  platform
})

export const claims = { limit: 100, lease: Duration.minutes(2) }

/** A look that saw a digest, and the next one five minutes later. */
export const saw = (
  claim: ClaimedWatch,
  at: number,
  tag: Digest,
  platformDigest: Option.Option<Digest> = Option.none()
): WatchFinding => looked(claim, at, { _tag: "Seen", digest: tag, platformDigest })

export const looked = (claim: ClaimedWatch, at: number, result: LookResult): WatchFinding => ({
  claim,
  observation: { at, next: at + 5 * minute, result }
})

/** Looks at everything that is due, and sees this behind every tag. */
export const lookAll = (store: Store, at: number, tag: Digest, platformDigest: Option.Option<Digest> = Option.none()) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(at)
    const claimed = yield* store.claim(claims)
    return yield* store.record(claimed.map((claim) => saw(claim, at, tag, platformDigest)))
  })

/** An attempt that worked, or failed and is to be tried again after `wait` milliseconds. */
export const attempt = (claim: ClaimedDelivery, at: number, ok: boolean, wait = minute): DeliveryAttempt => ({
  claim,
  attempt: { at, ok, result: ok ? "HTTP 204" : "HTTP 500", output: Option.none(), notBefore: at + wait }
})
