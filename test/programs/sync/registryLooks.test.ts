import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Stream, TestClock } from "effect"
import { Auth, type CensusError, NotFound, Transient } from "../../../src/domain/Errors.js"
import type { ClaimedCheck } from "../../../src/domain/RegistryCheck.js"
import { dayOf, startOf } from "../../../src/domain/UtcDay.js"
import * as QuayApiMemory from "../../../src/layers/quay/QuayApiMemory.js"
import * as OciRegistryMemory from "../../../src/layers/registry/OciRegistryMemory.js"
import * as Breaker from "../../../src/programs/sync/breaker.js"
import { type Asked, makeCheck } from "../../../src/programs/sync/registryLooks.js"
import { facts } from "../../support/findings.js"

const morning = Date.parse("2026-11-21T07:30:00Z")
const fortnight = 14 * 86_400_000

/** A registry whose listings end in this. */
const listing = (end: Stream.Stream<string, CensusError>) => ({ ...OciRegistryMemory.make(), tags: () => end })

const claimOf = (image: string): ClaimedCheck => ({
  image,
  registry: image.includes(".") ? image.slice(0, image.indexOf("/")) : "docker.io",
  attempts: 0
})

const makeLook = (over: Partial<Asked>) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(morning)
    return yield* makeCheck(
      {
        ask: () => Effect.succeedNone,
        registry: listing(Stream.empty),
        quay: QuayApiMemory.make(),
        guard: yield* Breaker.make("test"),
        ...over
      },
      fortnight
    )
  })

const lookFor = (image: string, over: Partial<Asked>) => Effect.flatMap(makeLook(over), (look) => look(claimOf(image)))

const ask: Asked["ask"] = (kind, image) =>
  Effect.succeed(kind === "discovery" && image === "o/n" ? Option.some(facts("o/n", 5n)) : Option.none())

const forStrangers = new Auth({ service: "ghcr.io", scope: "one", message: "private or missing" })
const forCredential = new Auth({
  service: "ghcr.io",
  message: "private, missing, or a credential that is no longer good"
})
const unknown = new NotFound({ service: "ghcr.io", what: "o/n" })
const down = new Transient({ service: "ghcr.io", reason: "server", message: "503" })

describe("a look for an image at its registry", () => {
  const answers = [
    ["a tag", Stream.make("latest", "1.0"), "Found"],
    ["a listing without tags", Stream.empty, "Absent"],
    ["404", Stream.fail(unknown), "Absent"],
    ["a refusal of strangers", Stream.fail(forStrangers), "NotVisible"],
    ["a refusal of a credential of which nothing good is known", Stream.fail(forCredential), "Deferred"],
    ["an outage", Stream.fail(down), "Deferred"]
  ] as const

  it.effect.each(answers)("takes %s for what it is", ([, end, tag]) =>
    Effect.gen(function*() {
      const { dueAt, result } = yield* lookFor("ghcr.io/o/n", { registry: listing(end) })
      assert.strictEqual(result._tag, tag)
      if (tag !== "Deferred") assert.strictEqual(dueAt, morning + fortnight)
    }))

  it.effect("of a stored name that cannot be read knows nothing, and asks nobody", () =>
    Effect.gen(function*() {
      for (const image of ["256.256.256.256/o/n", "quay.io:99999/o/n"]) {
        const { dueAt, result } = yield* lookFor(image, { registry: listing(Stream.die("it was asked for")) })
        if (result._tag !== "Deferred") return assert.fail(result._tag)
        assert.match(result.reason, /^the stored name cannot be read: /)
        assert.isAbove(result.notBefore, morning)
        assert.isAtLeast(dueAt, morning)
      }
    }))

  it.effect("believes a credential's refusals once it has shown something", () =>
    Effect.gen(function*() {
      const shown = new Set(["o/shown"])
      const registry = {
        ...OciRegistryMemory.make(),
        tags: ({ repository }: { readonly repository: string }) =>
          shown.has(repository) ? Stream.make("latest") : Stream.fail(forCredential)
      }
      const look = yield* makeLook({ registry })
      assert.strictEqual((yield* look(claimOf("ghcr.io/o/hidden"))).result._tag, "Deferred")
      assert.strictEqual((yield* look(claimOf("ghcr.io/o/shown"))).result._tag, "Found")
      assert.strictEqual((yield* look(claimOf("ghcr.io/o/hidden"))).result._tag, "NotVisible")
    }))

  it.effect("reads one tag of one page", () =>
    Effect.gen(function*() {
      const asked: Array<unknown> = []
      let read = 0
      const tags = Stream.tap(Stream.make("a", "b", "c").pipe(Stream.rechunk(1)), () => Effect.sync(() => read++))
      const registry = {
        ...OciRegistryMemory.make(),
        tags: (...args: ReadonlyArray<unknown>) => {
          asked.push(args)
          return tags
        }
      }
      yield* lookFor("ghcr.io/o/n/deeper", { registry })
      assert.deepStrictEqual(asked, [[{ registry: "ghcr.io", repository: "o/n/deeper" }, { pageSize: 1 }]])
      assert.strictEqual(read, 1)
    }))

  it.effect("has pulls from Docker Hub's own lane, and leaves what was found to refresh", () =>
    Effect.gen(function*() {
      const found = yield* lookFor("o/n", { ask })
      assert.deepStrictEqual(
        [found.result._tag === "Found" ? found.result.facts : undefined, found.dueAt],
        [Option.some(facts("o/n", 5n)), Infinity]
      )
      assert.strictEqual((yield* lookFor("o/other", { ask })).result._tag, "Absent")
    }))

  it.effect("has dates and daily counts from Quay's API, and asks again on the next day", () =>
    Effect.gen(function*() {
      const activity = [{ day: dayOf(morning), actions: 7 }]
      const quay = QuayApiMemory.make([["o/n", { lastUpdated: Option.some(5), activity }]])
      const { dueAt, result } = yield* lookFor("quay.io/o/n", { quay })
      assert.deepStrictEqual(result, { _tag: "Found", facts: Option.none(), lastUpdated: Option.some(5), activity })
      const tomorrow = startOf(dayOf(morning + 86_400_000))
      assert.isAtLeast(dueAt, tomorrow)
      assert.isAtMost(dueAt, tomorrow + 4 * 3_600_000)
      assert.strictEqual((yield* lookFor("quay.io/o/other", { quay })).result._tag, "NotVisible")
    }))
})
