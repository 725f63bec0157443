/**
 * Watched references for tests, and two stores on one set of tables for every kind of store.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import { Duration, Effect, Either, Option, TestClock } from "effect"
import { digestOf } from "../../src/domain/ContentDigest.js"
import type { Digest } from "../../src/domain/Digest.js"
import { canonical, parse } from "../../src/domain/ImageReference.js"
import * as Platform from "../../src/domain/Platform.js"
import type { NewWatch, WatchAction } from "../../src/domain/Watch.js"
import type { WatchEvent } from "../../src/domain/WatchEvent.js"
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
import { contractOf } from "./contract.js"

type Store = WatchStore["Type"]

export interface TwoWatchStores {
  /** The store of one process, and of another on the same database. */
  readonly store: Store
  readonly other: Store
}

/** When every test starts: half past one in the night. */
export const night = Date.parse("2026-11-21T01:30:00Z")
export const minute = 60_000

const memory = Effect.sync((): TwoWatchStores => {
  const tables = emptyWatchTables()
  return { store: Memory.make("one", tables), other: Memory.make("two", tables) }
})

const sql = Effect.gen(function*() {
  yield* (yield* SqlClient)`truncate image_watches, image_watch_states, image_watch_events, image_watch_deliveries,
    image_watch_updates, image_census_defects restart identity`
  const stores: TwoWatchStores = {
    store: yield* Sql.make({ holder: "one" }),
    other: yield* Sql.make({ holder: "two" })
  }
  return stores
})

/** Tests of the contract, on every kind of store. */
export const { onEvery: onEveryWatchStore, when } = contractOf({ memory, sql, startsAt: night })

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

/** The event of a move of `nginx:1.27`, watched as a whole or on a platform, whose own digests then went along. */
export const movedEvent = (
  platform: NewWatch["platform"],
  tag: { readonly tagFrom: Digest; readonly tagTo: Digest }
): WatchEvent => ({
  id: "5f0e9f0a-3f0e-4c5f-a3d2-0c6f6a0b6f3e",
  sequence: 7,
  type: "image-census.tag.moved",
  watch: "3",
  reference: watchOf("nginx:1.27").reference,
  platform,
  at: Date.parse("2026-11-21T12:00:00Z"),
  detail: { _tag: "Moved", from: digest("a"), to: digest("b"), ...tag }
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
