import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, FastCheck, Fiber, Layer, Logger, LogLevel, Option, TestClock } from "effect"
import * as GitHubProbeMemory from "../../../src/layers/github/GitHubProbeMemory.js"
import { sync as syncCensus } from "../../../src/programs/sync/Sync.js"
import * as SyncProgress from "../../../src/programs/sync/SyncProgress.js"
import { ImageCatalog } from "../../../src/services/ImageCatalog.js"
import { name } from "../../support/catalogFindings.js"
import { makeCatalogStage, startOfTests } from "../../support/catalogStage.js"
import { once } from "../../support/pipeline.js"

const quietly = Logger.withMinimumLogLevel(LogLevel.None)
const names = ["alpine", "busybox", "caddy", "debian", "nginx", "redis"]

const total = (requests: Readonly<Record<string, number>>) => Object.values(requests).reduce((sum, one) => sum + one, 0)

const repositoryOf = (image: string) => `GET /v2/namespaces/library/repositories/${image}`

describe("a sync of the catalog", () => {
  it.effect("asks twice for a new image, once for a known one, and for tags when the image was pushed to", () =>
    Effect.gen(function*() {
      const stage = yield* makeCatalogStage({ names })
      const first = yield* stage.run()
      assert.deepInclude(first, { looked: 6, changed: 6, tagsAdded: 60, failed: [] })
      assert.strictEqual(total(stage.requests()), 12)
      assert.strictEqual(first.requests.dockerhub, 12)
      const before = yield* stage.dump

      stage.resetCounters()
      yield* TestClock.setTime(startOfTests + 86_400_000)
      const second = yield* stage.run()
      assert.deepInclude(second, { looked: 6, changed: 0, tagsAdded: 0, tagsMoved: 0, tagsGone: 0 })
      assert.strictEqual(total(stage.requests()), 6)
      const unpulled = (entries: typeof before) => entries.map((entry) => ({ ...entry, pulls: 0 }))
      assert.deepStrictEqual(unpulled(yield* stage.dump), unpulled(before))

      yield* stage.state.pushTag("library/nginx", "latest", ["arm64/v8"])
      yield* stage.state.pushTag("library/nginx", "9.0")
      stage.resetCounters()
      assert.deepInclude(yield* stage.run(), { changed: 1, tagsAdded: 1, tagsMoved: 1 })
      assert.strictEqual(total(stage.requests()), 7)
      const { items } = yield* stage.catalog.tags("nginx")
      assert.deepStrictEqual(
        items.slice(0, 2).map(({ platforms, tag }) => [tag, platforms.map(({ platform }) => platform)]),
        [["9.0", ["linux/amd64", "linux/arm64"]], ["latest", ["linux/arm64"]]]
      )
      assert.lengthOf((yield* stage.catalog.history("nginx", Option.some("latest"))).items, 2)
      assert.lengthOf(items[0]?.attestations ?? [], 1)
    }))

  it.effect("calls a tag gone by a second listing without it, for which it asks once", () =>
    Effect.gen(function*() {
      const stage = yield* makeCatalogStage({ names: ["nginx"] })
      yield* stage.run()
      yield* stage.state.deleteTag("library/nginx", "latest")
      assert.strictEqual((yield* stage.run()).tagsGone, 0)
      stage.resetCounters()
      assert.strictEqual((yield* stage.run()).tagsGone, 1)
      assert.strictEqual(total(stage.requests()), 2)
      stage.resetCounters()
      yield* stage.run()
      assert.strictEqual(total(stage.requests()), 1)
    }))

  it.effect("takes in as many of the newest tags as are wanted, and more when more are", () =>
    Effect.gen(function*() {
      const stage = yield* makeCatalogStage({ names: ["nginx"], tags: 250 })
      yield* stage.run()
      assert.strictEqual((yield* stage.catalog.tags("nginx")).items.length, 10)
      yield* stage.run({ maxTags: Option.some(120) })
      assert.strictEqual((yield* stage.catalog.tags("nginx", { limit: 1000 })).items.length, 120)
      yield* stage.run({ maxTags: Option.none() })
      assert.strictEqual((yield* stage.catalog.tags("nginx", { limit: 1000 })).items.length, 250)
      stage.resetCounters()
      yield* stage.run({ maxTags: Option.none() })
      assert.strictEqual(total(stage.requests()), 1)
    }))

  it.effect("goes over the anonymous wall by the registry's own list, which names and dates nothing", () =>
    Effect.gen(function*() {
      const stage = yield* makeCatalogStage({ names: ["nginx"], tags: 320, dockerhub: { tagWall: 200 } })
      const push = (tag: string) =>
        stage.registry.pushManifest(
          { ...name("nginx"), tag: Option.some(tag), digest: Option.none() },
          {
            mediaType: "application/vnd.oci.image.index.v1+json",
            bytes: new TextEncoder().encode("{\"schemaVersion\":2,\"manifests\":[]}")
          }
        )
      yield* Effect.forEach(Array.from({ length: 319 }, (_, i) => `1.${i + 1}.0`), push)
      yield* push("latest")
      const { tagsAdded } = yield* stage.run({ maxTags: Option.none() })
      assert.strictEqual(tagsAdded, 320)
      const entry = Option.getOrThrow(yield* stage.catalog.image(name("nginx")))
      assert.deepStrictEqual([entry.tags, entry.tagCount], [320, Option.some(320)])
      const { items } = yield* stage.catalog.tags("nginx", { limit: 1000 })
      assert.strictEqual(items.filter(({ digest }) => Option.isSome(digest)).length, 200)
    }))

  it.effect.prop(
    "that is interrupted anywhere is made whole by the next one",
    { millis: FastCheck.integer({ min: 0, max: 450 }) },
    ({ millis }) =>
      Effect.gen(function*() {
        const options = { names: ["caddy", "nginx", "redis"], dockerhub: { latency: Duration.millis(60) } }
        const whole = yield* makeCatalogStage(options)
        yield* whole.run()
        const broken = yield* makeCatalogStage(options)
        const fiber = yield* Effect.fork(broken.sync())
        yield* TestClock.adjust(millis)
        yield* Fiber.interrupt(fiber)
        yield* broken.run()
        assert.deepStrictEqual(yield* broken.dump, yield* whole.dump)
      }),
    { fastCheck: { numRuns: 6 } }
  )

  it.effect("that was killed leaves nothing behind that another would not get, after half a minute", () =>
    Effect.gen(function*() {
      const stage = yield* makeCatalogStage({ names, patience: "40 seconds" })
      const killed = stage.processes("killed")
      yield* Effect.provide(
        Effect.gen(function*() {
          const catalog = yield* ImageCatalog
          yield* catalog.add(names.map(name), "published")
          yield* catalog.beginPass(Duration.seconds(30))
          yield* catalog.claim({ limit: 3, lease: Duration.seconds(30), which: { _tag: "due" } })
        }),
        killed
      )
      const { looked } = yield* stage.run()
      assert.strictEqual(looked, 6)
    }))

  it.effect("of two processes at once does nothing twice, and both end when all is done", () =>
    Effect.gen(function*() {
      const stage = yield* makeCatalogStage({ names, dockerhub: { latency: "60 millis" } })
      const one = yield* Effect.fork(stage.sync())
      yield* TestClock.adjust("150 millis")
      const other = yield* Effect.fork(stage.sync({}, "two"))
      yield* TestClock.adjust("2 seconds")
      const [first, second] = [yield* Fiber.join(one), yield* Fiber.join(other)]
      assert.strictEqual(first.looked + second.looked, 6)
      assert.deepStrictEqual(new Set(Object.values(stage.requests())), new Set([1]))
      assert.strictEqual(stage.dockerhub.counters.read().maxOpen, 1)
    }))

  it.effect("records one image's failure on it, goes on with the others, and tries it again later", () =>
    Effect.gen(function*() {
      const stage = yield* makeCatalogStage({ names, patience: "9 seconds" })
      const fault = yield* stage.faults.add({ service: "dockerhub", kind: "unavailable", path: "repositories/caddy" })
      const { failed, looked } = yield* stage.run()
      assert.deepStrictEqual([looked, failed.map(({ image }) => image)], [5, ["caddy"]])
      const caddy = Option.getOrThrow(yield* stage.catalog.image(name("caddy")))
      assert.deepStrictEqual([caddy.attempts, Option.isSome(caddy.lastError)], [1, true])
      yield* stage.faults.remove(fault)
      stage.resetCounters()
      assert.strictEqual((yield* stage.run()).looked, 5)
      assert.isUndefined(stage.requests()[repositoryOf("caddy")])
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual((yield* stage.run()).looked, 6)
      const again = Option.getOrThrow(yield* stage.catalog.image(name("caddy")))
      assert.deepStrictEqual([again.attempts, Option.isNone(again.lastError), again.tags], [0, true, 10])
    }).pipe(quietly))

  it.effect("keeps what was answered before a failure, and does not ask for it again that day", () =>
    Effect.gen(function*() {
      const stage = yield* makeCatalogStage({ names: ["nginx"], patience: "9 seconds" })
      const fault = yield* stage.faults.add({ service: "dockerhub", kind: "html", path: "/tags" })
      yield* stage.run()
      assert.strictEqual(Option.getOrThrow(yield* stage.catalog.image(name("nginx"))).tags, 0)
      yield* stage.faults.remove(fault)
      yield* TestClock.adjust("10 minutes")
      stage.resetCounters()
      yield* stage.run()
      assert.deepStrictEqual(stage.requests(), { [`${repositoryOf("nginx")}/tags`]: 1 })
      assert.strictEqual(Option.getOrThrow(yield* stage.catalog.image(name("nginx"))).tags, 10)
    }).pipe(quietly))

  it.effect("waits for the Hub's park, and wastes nothing meanwhile", () =>
    Effect.gen(function*() {
      const stage = yield* makeCatalogStage({
        names,
        dockerhub: { limit: 5, windowSeconds: 5 },
        patience: "20 seconds"
      })
      const { failed, looked } = yield* stage.run()
      assert.deepStrictEqual([looked, failed.length], [6, 0])
      assert.isAtMost(stage.dockerhub.counters.read().byStatus["429"] ?? 0, 1)
    }).pipe(quietly))

  it.effect("takes an image for gone by a 404 on two days, and looks at it rarely then", () =>
    Effect.gen(function*() {
      const stage = yield* makeCatalogStage({ names: ["nginx"] })
      yield* stage.run()
      yield* stage.state.deleteImage("library/nginx")
      assert.strictEqual((yield* stage.run()).gone, 1)
      yield* TestClock.setTime(startOfTests + 86_400_000)
      yield* stage.run()
      const entry = Option.getOrThrow(yield* stage.catalog.image(name("nginx")))
      assert.deepStrictEqual([Option.getOrThrow(entry.goneSince), entry.tags], ["2026-11-21", 10])
    }))

  it.effect("and the refresh of pull counts never fetch the same repository twice in a day", () =>
    Effect.gen(function*() {
      const stage = yield* makeCatalogStage({ names: ["nginx"] })
      const refresh = Effect.gen(function*() {
        const fiber = yield* Effect.fork(
          syncCensus({ ...once, discovery: false }).pipe(
            Effect.provide(Layer.mergeAll(
              GitHubProbeMemory.layer([]),
              SyncProgress.layer,
              stage.processes("census")
            ))
          )
        )
        yield* TestClock.adjust("3 seconds")
        return (yield* Fiber.join(fiber)).refresh.refreshed
      })
      yield* stage.run()
      assert.strictEqual(yield* refresh, 0)
      yield* TestClock.setTime(startOfTests + 86_400_000)
      stage.resetCounters()
      yield* stage.state.changeImage("library/nginx", { description: "New words" })
      yield* stage.state.pushTag("library/nginx", "new")
      assert.strictEqual(yield* refresh, 1)
      assert.deepInclude(yield* stage.run(), { looked: 1, tagsAdded: 1 })
      assert.strictEqual(stage.requests()[repositoryOf("nginx")], 1)
      assert.strictEqual(Option.getOrThrow(yield* stage.catalog.image(name("nginx"))).description, "New words")
    }))
})

const change = FastCheck.oneof(
  FastCheck.record({
    kind: FastCheck.constant("push" as const),
    tag: FastCheck.constantFrom("latest", "1.2.0", "new")
  }),
  FastCheck.record({
    kind: FastCheck.constant("delete" as const),
    tag: FastCheck.constantFrom("latest", "1.2.0", "new")
  }),
  FastCheck.record({ kind: FastCheck.constant("words" as const), tag: FastCheck.string({ maxLength: 40 }) }),
  FastCheck.record({
    kind: FastCheck.constant("bad" as const),
    tag: FastCheck.constantFrom(
      "![x](javascript:alert(1))",
      "![x](data:image/png;base64,AAAA)",
      "![x](./logo.png)",
      "![x](https://a.example/l.png) ".repeat(3_000),
      ""
    )
  })
)

describe("whatever the Hub says", () => {
  it.effect.prop(
    "sync after sync changes nothing, and a person's words stand for a hundred syncs",
    { changes: FastCheck.array(change, { minLength: 34, maxLength: 34 }) },
    ({ changes }) =>
      Effect.gen(function*() {
        const stage = yield* makeCatalogStage({ names: ["nginx"], tags: 4, patience: "20 millis" })
        yield* stage.run()
        const said = { title: Option.some("Ours"), notes: Option.some("n"), labels: ["a"], publisher: Option.some("p") }
        yield* stage.catalog.say(name("nginx"), Option.none(), (words) => ({ ...words, ...said }))
        for (const { kind, tag } of changes) {
          if (kind === "push") yield* stage.state.pushTag("library/nginx", tag)
          else if (kind === "delete") yield* stage.state.deleteTag("library/nginx", tag)
          else if (kind === "words") yield* stage.state.changeImage("library/nginx", { description: tag })
          else yield* stage.state.changeImage("library/nginx", { fullDescription: tag, lastUpdated: null })
          yield* stage.run()
          // A tag that is missing for the first time is settled by the second look; then nothing moves any more.
          yield* stage.run()
          const before = yield* stage.dump
          const { changed, tagsAdded, tagsGone, tagsMoved } = yield* stage.run()
          assert.deepStrictEqual([changed, tagsAdded, tagsMoved, tagsGone], [0, 0, 0, 0])
          assert.deepStrictEqual(yield* stage.dump, before)
        }
        const entry = Option.getOrThrow(yield* stage.catalog.image(name("nginx")))
        assert.deepInclude(entry.words, said)
        if (Option.isSome(entry.logo)) assert.match(entry.logo.value, /^https:/)
      }),
    { fastCheck: { numRuns: 1 } }
  )
})
