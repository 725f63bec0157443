/**
 * Watches for the pages: one that moved and whose webhook failed, one with a newer version, one whose tag is not there.
 */
import { Duration, Effect, Either, Option, Schema } from "effect"
import { Digest } from "../../src/domain/Digest.js"
import { parseNormalized } from "../../src/domain/ImageReference.js"
import type { NewWatch } from "../../src/domain/Watch.js"
import type { LookResult } from "../../src/domain/WatchState.js"
import { WatchStore } from "../../src/services/WatchStore.js"

const digest = (digit: string) => Schema.decodeSync(Digest)(`sha256:${digit.repeat(64)}`)

const watch = (reference: string, webhook?: string): NewWatch => ({
  reference: Either.getOrThrow(parseNormalized(reference)),
  platform: Option.none(),
  every: Duration.minutes(5),
  actions: webhook === undefined ? [] : [{ _tag: "Webhook", url: webhook, allowPrivate: false }],
  updates: Option.none()
})

const seen = (digit: string): LookResult => ({
  _tag: "Seen",
  digest: digest(digit),
  platformDigest: Option.none()
})

const missing: LookResult = { _tag: "Unseen", outcome: "not-found", problem: "there is no such tag" }

const lease = Duration.minutes(1)

/** Looks at every watch once; what each sees is told by its repository's name. */
const look = (at: number, results: Readonly<Record<string, LookResult>>) =>
  Effect.gen(function*() {
    const store = yield* WatchStore
    const claimed = yield* store.claim({ limit: 10, lease, since: Number.MAX_SAFE_INTEGER / 10 })
    yield* store.record(
      claimed.map((claim) => ({
        claim,
        observation: { at, next: at + 300_000, result: results[claim.watch.reference.repository] ?? missing }
      }))
    )
  })

/** Adds the watches and what became of them, as of an instant (epoch milliseconds). */
export const addWatches = Effect.fn("watching.addWatches")(function*(now: number) {
  const store = yield* WatchStore
  yield* store.add([
    watch("grafana/grafana:11.2", "https://hooks.example.org/deploy?secret=1"),
    watch("postgres:16.3"),
    watch("acme/service-01:latest")
  ])
  const first = { "grafana/grafana": seen("a"), "library/postgres": seen("c") }
  yield* look(now - 7_200_000, first)
  yield* look(now - 3_600_000, { ...first, "grafana/grafana": seen("b") })
  const [delivery] = yield* store.claimDeliveries({ limit: 1, lease })
  if (delivery !== undefined) {
    yield* store.settle([{
      claim: delivery,
      attempt: {
        at: now - 3_000_000,
        ok: false,
        result: "HTTP 500",
        output: Option.some("<b>out of order</b>"),
        notBefore: now
      }
    }], 1)
  }
  const looks = yield* store.claimUpdateLooks({ limit: 10, lease, interval: Duration.days(1) })
  yield* store.recordUpdates(looks.map(({ watch }) => ({
    watch: watch.id,
    at: now - 1_800_000,
    result: watch.reference.repository === "library/postgres"
      ? {
        _tag: "Found",
        update: {
          tag: "16.9",
          change: "minor",
          digest: Option.some(digest("d")),
          publishedAt: Option.some(now - 86_400_000),
          notes: Option.some("https://www.postgresql.org/docs/release/16.9/")
        }
      }
      : { _tag: "None" }
  })))
})
