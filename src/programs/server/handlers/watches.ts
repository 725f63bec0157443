/**
 * Watches and newer versions over HTTP.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Chunk, Duration, Effect, Either, Option, Stream } from "effect"
import * as DayWindow from "../../../domain/DayWindow.js"
import { NotFound } from "../../../domain/Errors.js"
import { canonical, parseNormalized, withDefaultTag } from "../../../domain/ImageReference.js"
import * as Platform from "../../../domain/Platform.js"
import { describeAction, platformText } from "../../../domain/Watch.js"
import type { UpdateFound } from "../../../domain/WatchEvent.js"
import { type StoredWatch, WatchStore } from "../../../services/WatchStore.js"
import { Api } from "../api/Api.js"
import { Conflict, Invalid } from "../api/problems.js"
import { nextWatch } from "../api/watches.js"
import { WatchDefaults } from "../WatchDefaults.js"

/** A newer version without its tag in the program. */
export const updateOf = ({ change, digest, firstSeen, notes, publishedAt, tag }: UpdateFound) => ({
  tag,
  change,
  digest,
  publishedAt,
  notes,
  firstSeen
})

const named = ({ watch }: StoredWatch) => ({
  reference: canonical(watch.reference),
  platform: platformText(watch.platform)
})

/** The platform as it is written, where there is one. */
export const platformOf = (platform: Option.Option<Platform.Platform>): Option.Option<string> =>
  Option.filter(Option.some(platformText(platform)), (text) => text !== "")

// A watch whose next look is not set has an instant that is none.
const finite = (millis: number): Option.Option<number> => Number.isFinite(millis) ? Option.some(millis) : Option.none()

const watchOf = (stored: StoredWatch) => ({
  id: stored.watch.id,
  reference: canonical(stored.watch.reference),
  platform: platformOf(stored.watch.platform),
  everySeconds: Duration.toSeconds(stored.watch.every),
  actions: stored.watch.actions.map(describeAction),
  updates: Option.map(stored.watch.updates, ({ between, level, minAge }) => ({
    level,
    minAgeSeconds: Duration.toSeconds(minAge),
    between: Option.map(between, DayWindow.format)
  })),
  addedAt: stored.addedAt,
  ...stored.state,
  dueAt: finite(stored.state.dueAt),
  pending: stored.pending,
  dead: stored.dead
})

interface Page {
  readonly search: Option.Option<string>
  readonly after: Option.Option<{ readonly reference: string; readonly platform: string }>
  readonly limit: number
}

const isBehind = (after: Page["after"]) => (stored: StoredWatch): boolean =>
  Option.match(after, {
    onNone: () => true,
    onSome: (last) => {
      const { platform, reference } = named(stored)
      return reference > last.reference || (reference === last.reference && platform > last.platform)
    }
  })

// A person's watches are thousands at most, and are kept in this order.
const pageOf = (page: Page, isWanted: (stored: StoredWatch) => boolean) =>
  Effect.gen(function*() {
    const store = yield* WatchStore
    const text = Option.getOrElse(page.search, () => "").toLowerCase()
    const rows = Chunk.toReadonlyArray(
      yield* store.list(Option.none()).pipe(
        Stream.filter(isBehind(page.after)),
        Stream.filter((stored) => isWanted(stored) && named(stored).reference.includes(text)),
        Stream.take(page.limit),
        Stream.runCollect
      )
    )
    const last = rows.at(-1)
    return { rows, next: last === undefined || rows.length < page.limit ? null : nextWatch(named(last)) }
  })

const invalid = (part: string) => ({ message }: { readonly message: string }) =>
  new Invalid({ message: `${part}: ${message}` })

const isWebhook = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

export const watches = HttpApiBuilder.group(Api, "watches", (handlers) =>
  handlers
    .handle("list", ({ urlParams }) =>
      Effect.map(
        pageOf(urlParams, () => true),
        ({ next, rows }) => ({ watches: rows.map(watchOf), next })
      ))
    .handle("add", ({ payload }) =>
      Effect.gen(function*() {
        const parsed = yield* Either.mapLeft(parseNormalized(payload.reference), invalid("reference"))
        if (Option.isSome(parsed.digest)) {
          return yield* new Invalid({ message: "reference: a digest never moves; give a tag alone" })
        }
        const reference = withDefaultTag(parsed)
        const platform = payload.platform === undefined
          ? Option.none<Platform.Platform>()
          : Option.some(yield* Either.mapLeft(Platform.parse(payload.platform), invalid("platform")))
        const wrong = payload.actions.findIndex(({ webhook }) => !isWebhook(webhook))
        if (wrong >= 0) {
          return yield* new Invalid({ message: `actions.${wrong}.webhook: is no address; give http:// or https://` })
        }
        const { every: usual } = yield* WatchDefaults
        const store = yield* WatchStore
        const { added } = yield* store.add([{
          reference,
          platform,
          every: payload.everySeconds === undefined ? usual : Duration.seconds(payload.everySeconds),
          actions: payload.actions.map(({ webhook }) => ({ _tag: "Webhook", url: webhook, allowPrivate: false })),
          updates: Option.none()
        }], { onlyNew: true })
        if (added === 0) {
          return yield* new Conflict({
            message: `${canonical(reference)} is watched already; image-census watch add changes what is done with it`
          })
        }
        const selection = { reference: canonical(reference), platform: Option.some(platformText(platform)) }
        const stored = yield* Stream.runHead(store.list(Option.some(selection)))
        return yield* Option.match(stored, {
          onNone: () => new Invalid({ message: "the watch was removed meanwhile" }),
          onSome: (watch) => Effect.succeed(watchOf(watch))
        })
      }))
    .handle("fire", ({ path }) =>
      Effect.gen(function*() {
        const store = yield* WatchStore
        const found = yield* store.list(Option.none()).pipe(
          Stream.filter(({ watch }) => watch.id === path.id),
          Stream.runHead
        )
        if (Option.isNone(found)) return yield* new NotFound({ service: "the census", what: `the watch ${path.id}` })
        const { platform, reference } = named(found.value)
        const events = yield* store.fire({ reference, platform: Option.some(platform) })
        return { events: events.map(({ id }) => id) }
      })))

export const updates = HttpApiBuilder.group(
  Api,
  "updates",
  (handlers) =>
    handlers.handle("list", ({ urlParams }) =>
      Effect.map(
        pageOf(urlParams, ({ updates }) => urlParams.found === 0 || Option.isSome(updates.newest)),
        ({ next, rows }) => ({
          updates: rows.map(({ updates, watch }) => ({
            watch: watch.id,
            reference: canonical(watch.reference),
            platform: platformOf(watch.platform),
            lookedAt: updates.lookedAt,
            newest: Option.map(updates.newest, updateOf),
            firedAt: updates.firedAt,
            problem: updates.problem
          })),
          next
        })
      ))
)
