import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Either, Layer, Option, Stream, TestClock } from "effect"
import { NotFound, RateLimit, Transient } from "../../../src/domain/Errors.js"
import { tagPattern } from "../../../src/domain/UpdatePolicy.js"
import { DockerHubTags } from "../../../src/services/DockerHubTags.js"
import { RateBudgets } from "../../../src/services/RateBudgets.js"
import { type UpdateAnswer, UpdateFinder } from "../../../src/services/UpdateFinder.js"
import { finderOver, type ImageOptions, makeWorld, question, type TestWorld } from "./world.js"

const day = 86_400_000

const find = (world: TestWorld, ...asked: Parameters<typeof question>) =>
  Effect.flatMap(UpdateFinder, (finder) => finder.find(question(...asked))).pipe(Effect.provide(finderOver(world)))

const offered = ({ candidates }: UpdateAnswer) => candidates.map(({ version }) => version.text)
const reasons = ({ passedOver }: UpdateAnswer) => Object.fromEntries(passedOver.map(({ reason, tag }) => [tag, reason]))

const layers = (version: string) => ({ layers: ["base", "tools", `app ${version}`] })

const app = "ghcr.io/acme/app"
const publishAll = (world: TestWorld, tags: ReadonlyArray<string>, options: ImageOptions = {}) =>
  Effect.forEach(tags, (tag) => world.publish(`${app}:${tag}`, options), { discard: true })

describe("a registry without dates", () => {
  it.effect("is asked for its tags, and for manifests only until the newest of each level is verified", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const both = { platforms: ["linux/amd64", "linux/arm64"] }
      yield* publishAll(world, ["1.2.2", "1.2.3", "1.2.4", "1.2.5", "1.3.0", "1.3.1", "1.4.0", "2.0.0", "latest"], both)
      const answer = yield* find(world, `${app}:1.2.3`)
      assert.deepStrictEqual(offered(answer), ["1.4.0", "1.2.5"])
      assert.deepStrictEqual(answer.candidates.map(({ support }) => support), ["yes", "yes"])
      assert.deepStrictEqual(reasons(answer)["1.3.1"], "not looked at")
      assert.deepStrictEqual(Option.map(answer.beyond, ({ version }) => version.text), Option.some("2.0.0"))
      // Two indexes of candidates, the index that runs, and the two images of which the size is told.
      assert.deepStrictEqual(world.counts, { listings: 1, heads: 0, manifests: 5, blobs: 1 })
    }))

  it.effect("costs the listing alone where there is nothing newer", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      yield* publishAll(world, ["1.2.2", "1.2.3", "2.0.0"])
      const answer = yield* find(world, `${app}:1.2.3`)
      assert.deepStrictEqual(offered(answer), [])
      assert.deepStrictEqual(world.counts, { listings: 1, heads: 0, manifests: 0, blobs: 0 })
    }))

  it.effect("a version that was not built for the platform is not offered, the next one is", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      yield* world.publish(`${app}:1.2.3`, { platforms: ["linux/amd64", "linux/arm64"] })
      yield* world.publish(`${app}:1.3.0`, { platforms: ["linux/amd64", "linux/arm64"] })
      yield* world.publish(`${app}:1.4.0`, { platforms: ["linux/amd64", "windows/arm64"] })
      yield* world.publish(`${app}:1.5.0`)
      const answer = yield* find(world, `${app}:1.2.3`, {}, { platform: "linux/arm64" })
      assert.deepStrictEqual(offered(answer), ["1.3.0"])
      assert.deepStrictEqual(reasons(answer), { "1.5.0": "platform", "1.4.0": "platform", "1.2.3": "current" })
      const variant = yield* find(world, `${app}:1.2.3`, {}, { platform: "linux/arm/v6" })
      assert.deepStrictEqual(offered(variant), [])
    }))

  it.effect("a platform that nobody names is unknown, and never guessed", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      yield* publishAll(world, ["1.2.3"])
      yield* world.publish(`${app}:1.2.4`, { platforms: ["unknown/unknown"], index: true })
      const answer = yield* find(world, `${app}:1.2.3`)
      assert.deepStrictEqual(answer.candidates.map(({ support }) => support), ["unknown"])
    }))

  it.effect("a tag that is gone by the time it is looked at is passed over", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      yield* publishAll(world, ["1.2.3", "1.2.4", "1.2.5"])
      const registry: typeof world.registry = {
        ...world.registry,
        manifest: (reference) =>
          Option.contains(reference.tag, "1.2.5")
            ? Effect.fail(new NotFound({ service: "ghcr.io", what: "acme/app:1.2.5" }))
            : world.registry.manifest(reference)
      }
      const answer = yield* find({ ...world, registry }, `${app}:1.2.3`)
      assert.deepStrictEqual(offered(answer), ["1.2.4"])
      assert.strictEqual(reasons(answer)["1.2.5"], "gone")
    }))

  it.effect("another suffix, dates as versions, pre-releases and other levels are passed over, and it is told why", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const tags = [
        "1.2.3-alpine",
        "1.2.4-alpine",
        "1.2.9",
        "20240101",
        "1.4.0-rc1-alpine",
        "2.0.0-alpine",
        "1.3.0-alpine"
      ]
      yield* publishAll(world, tags)
      const answer = yield* find(world, `${app}:1.2.3-alpine`, { exclude: [Either.getOrThrow(tagPattern("1.3.*"))] })
      assert.deepStrictEqual(offered(answer), ["1.2.4-alpine"])
      assert.deepStrictEqual(reasons(answer), {
        "1.2.3-alpine": "current",
        "1.2.9": "variant",
        "1.3.0-alpine": "excluded",
        "1.4.0-rc1-alpine": "pre-release",
        "2.0.0-alpine": "level",
        "20240101": "scheme"
      })
    }))

  it.effect("the cool-off counts from the first sight, and what is too young costs nothing", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const seen = new Map<string, number>()
      const ask = Effect.flatMap(
        UpdateFinder,
        (finder) => finder.find(question(`${app}:1.2.3`, {}, { minAge: "72 hours" }))
      ).pipe(Effect.provide(finderOver(world, undefined, seen)))
      yield* publishAll(world, ["1.2.3", "1.2.4"])
      assert.deepStrictEqual(reasons(yield* ask), { "1.2.3": "current", "1.2.4": "too new" })
      assert.strictEqual(world.counts.manifests, 0)
      yield* TestClock.adjust(Duration.days(2))
      yield* publishAll(world, ["1.2.5"])
      assert.deepStrictEqual(offered(yield* ask), [])
      yield* TestClock.adjust(Duration.days(1))
      const later = yield* ask
      assert.deepStrictEqual(offered(later), ["1.2.4"])
      assert.deepStrictEqual(later.candidates[0]?.date, Option.some({ at: 0, origin: "first sight" }))
      yield* TestClock.adjust(Duration.days(2))
      assert.deepStrictEqual(offered(yield* ask), ["1.2.5"])
    }))
})

describe("Docker Hub", () => {
  it.effect("lists names, its pages tell platforms, digests and dates: no manifest is read to verify", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      yield* world.publishOnHub("acme/tool", "1.2.3", day, layers("1.2.3"))
      const { digest } = yield* world.publishOnHub("acme/tool", "1.2.5", 5 * day, layers("1.2.5"))
      yield* world.publishOnHub("acme/tool", "1.3.0", 6 * day, { platforms: ["linux/arm64"] })
      const answer = yield* find(world, "acme/tool:1.2.3")
      assert.deepStrictEqual(offered(answer), ["1.2.5"])
      assert.strictEqual(reasons(answer)["1.3.0"], "platform")
      const [newest] = answer.candidates
      assert.deepStrictEqual(newest?.digest, Option.some(digest))
      assert.deepStrictEqual(newest?.date, Option.some({ at: 5 * day, origin: "registry" }))
      const download = Option.getOrThrow(answer.download)
      assert.strictEqual(download.shared, "base".length + "tools".length)
      assert.strictEqual(download.download, download.total - download.shared)
      // The two images of which the size is told, and the config with the labels.
      assert.deepStrictEqual(world.counts, { listings: 1, heads: 0, manifests: 2, blobs: 1 })
    }))

  it.effect("what its pages show without a digest, as of old tags, is told by the manifest", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      yield* world.publishOnHub("acme/tool", "1.2.3", day)
      const { digest } = yield* world.publishOnHub("acme/tool", "1.2.4", 2 * day)
      const tags = (world.hub.get("acme/tool") ?? []).map((tag) => ({
        ...tag,
        digest: Option.none(),
        images: tag.images.map((image) => ({ ...image, digest: Option.none() }))
      }))
      world.hub.set("acme/tool", tags)
      const { candidates: [newest] } = yield* find(world, "acme/tool:1.2.3")
      assert.deepStrictEqual(newest?.digest, Option.some(digest))
      assert.deepStrictEqual(newest?.date, Option.some({ at: 2 * day, origin: "registry" }))
    }))

  it.effect("a cool-off goes by the dates of the registry", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      yield* TestClock.setTime(10 * day)
      yield* world.publishOnHub("acme/tool", "1.2.3", day)
      yield* world.publishOnHub("acme/tool", "1.2.4", 5 * day)
      yield* world.publishOnHub("acme/tool", "1.2.5", 9 * day)
      const answer = yield* find(world, "acme/tool:1.2.3", {}, { minAge: "72 hours" })
      assert.deepStrictEqual(offered(answer), ["1.2.4"])
      assert.strictEqual(reasons(answer)["1.2.5"], "too new")
    }))

  it.effect("what its pages do not show is not forgotten: the registry's list has the names", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      for (let n = 0; n < 350; n++) yield* world.publishOnHub("acme/tool", `nightly-${n}`, 1_000_000 + n)
      yield* world.publishOnHub("acme/tool", "1.2.3", day)
      yield* world.publishOnHub("acme/tool", "1.2.4", 1)
      yield* world.publishOnHub("acme/tool", "1.2.5", 1, {}, false)
      world.counts.manifests = 0
      const answer = yield* find(world, "acme/tool:1.2.3")
      assert.deepStrictEqual(answer.candidates.map(({ support }) => support), ["yes"])
      assert.deepStrictEqual(offered(answer), ["1.2.5"])
    }))
})

const over = (world: TestWorld, pages: typeof DockerHubTags.Service.pages) =>
  finderOver(world, undefined, undefined, Layer.succeed(DockerHubTags, { pages }))

const askTool = Effect.flatMap(UpdateFinder, (finder) => finder.find(question("acme/tool:1.2.3")))

describe("Docker Hub without its pages", () => {
  it.effect("is verified by manifests while its API gives no answer, which is not asked again at once", () => {
    const world = makeWorld()
    let asked = 0
    const down = new Transient({ service: "Docker Hub", reason: "network", message: "ECONNREFUSED" })
    const hub = over(world, () => {
      asked += 1
      return Stream.fail(down)
    })
    return Effect.gen(function*() {
      yield* world.publishOnHub("acme/tool", "1.2.3", 1)
      yield* world.publishOnHub("acme/tool", "1.2.4", 2, { platforms: ["linux/arm64"] })
      yield* world.publishOnHub("acme/tool", "1.2.5", 3)
      assert.deepStrictEqual(offered(yield* askTool), ["1.2.5"])
      assert.deepStrictEqual((yield* askTool).candidates.map(({ support }) => support), ["yes"])
      assert.strictEqual(asked, 1)
      yield* TestClock.adjust("2 minutes")
      yield* askTool
      assert.strictEqual(asked, 2)
    }).pipe(Effect.provide(hub))
  })

  it.effect("is not spent pulls on because its API asks to wait, nor waited for without end", () => {
    const world = makeWorld()
    const parked = over(world, () => Stream.fromEffect(Effect.never))
    return Effect.gen(function*() {
      const budgets = yield* RateBudgets
      yield* world.publishOnHub("acme/tool", "1.2.3", 1)
      yield* world.publishOnHub("acme/tool", "1.2.4", 2)
      yield* budgets.park({ service: "dockerhub", payer: "test" }, 3_600_000, "429")
      const failed = yield* Effect.flip(askTool)
      assert.strictEqual(failed._tag, "RATE_LIMIT")
      assert.include(failed.message, "1970-01-01T01:00:00.000Z")
      assert.strictEqual(world.counts.manifests, 0)
    }).pipe(Effect.provide(parked))
  })
})

describe("an answer that cannot be had", () => {
  const until = DateTime.unsafeMake(3_600_000)
  const limited = new RateLimit({ budget: { service: "ghcr.io", payer: "anonymous" }, until, reason: "429" })
  const broken = new Transient({ service: "ghcr.io", reason: "server", message: "502" })

  it.effect("is an error with the time to try again, never `up to date`", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      yield* publishAll(world, ["1.2.3", "1.2.4"])
      const half = Stream.concat(Stream.make("1.2.3"), Stream.fail(broken))
      const cases: ReadonlyArray<readonly [Partial<TestWorld["registry"]>, string]> = [
        [{ tags: () => Stream.fail(limited) }, "RATE_LIMIT"],
        [{ tags: () => half }, "TRANSIENT"],
        [{ manifest: () => Effect.fail(limited) }, "RATE_LIMIT"]
      ]
      for (const [fault, expected] of cases) {
        const registry = { ...world.registry, ...fault }
        const failed = yield* Effect.flip(find({ ...world, registry }, `${app}:1.2.3`))
        assert.strictEqual(failed._tag, expected)
      }
    }))

  it.effect("leaves an update standing where only its size or notes cannot be had", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      yield* publishAll(world, ["1.2.3", "1.2.4"], { index: true })
      const registry: typeof world.registry = { ...world.registry, document: () => Effect.fail(limited) }
      const answer = yield* find({ ...world, registry }, `${app}:1.2.3`)
      assert.deepStrictEqual(offered(answer), ["1.2.4"])
      assert.include(answer.warnings.join("\n"), "not known")
    }))
})

describe("a tag that says little", () => {
  it.effect("gets a warning that tells what can be done", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      yield* publishAll(world, ["latest"])
      for (const tag of ["latest", "stable", "2f653d4"]) {
        const answer = yield* find(world, `${app}:${tag}`)
        assert.include(answer.warnings.join("\n"), "digest")
        assert.isTrue(Option.isNone(answer.current))
      }
    }))

  it.effect("a floating tag is told apart, and goes to others of its kind", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      yield* publishAll(world, ["1.25", "1.25.3", "1.26", "1.26.1"])
      const answer = yield* find(world, `${app}:1.25`)
      assert.deepStrictEqual(offered(answer), ["1.26"])
      assert.isTrue(answer.floating)
    }))

  it.effect("a listing that was cut off says so", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      yield* publishAll(world, ["1.2.3", "1.2.4"])
      const without = { ...world.registry, tags: () => Stream.make("1.2.1", "1.2.2") }
      const answer = yield* find({ ...world, registry: without }, `${app}:1.2.3`)
      assert.include(Option.getOrThrow(answer.listing.cutOff), "1.2.3 is there, but not among the 2 tags")
      const removed = yield* find({ ...world, registry: without }, `${app}:1.0.0`)
      assert.deepStrictEqual(removed.listing.cutOff, Option.none())
      assert.include(removed.warnings.join(), "no tag 1.0.0")
      const full = { ...world.registry, tags: () => Stream.range(1, 1000).pipe(Stream.map((n) => `1.0.${n}`)) }
      const capped = yield* find({ ...world, registry: full }, `${app}:1.0.1000`)
      assert.include(Option.getOrThrow(capped.listing.cutOff), "there may be more")
      yield* world.publishOnHub("acme/tool", "1.2.3", 1)
      yield* world.publishOnHub("acme/tool", "1.2.4", 2)
      yield* world.publishOnHub("acme/tool", "1.2.5", 3)
      const short = { ...world.registry, tags: () => Stream.make("1.2.3", "1.2.4") }
      const counted = yield* find({ ...world, registry: short }, "acme/tool:1.2.3")
      assert.include(Option.getOrThrow(counted.listing.cutOff), "2 tags of 3")
      assert.deepStrictEqual(offered(counted), ["1.2.5", "1.2.4"])
    }))
})

describe("a pinned digest", () => {
  const both = { platforms: ["linux/amd64", "linux/arm64"], attestation: "first" }

  it.effect("of an index that stands has not moved", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { digest, images } = yield* world.publish(`${app}:latest`, both)
      const index = Option.getOrThrow((yield* find(world, `${app}:latest@${digest}`)).pinned)
      assert.deepInclude(index, { kind: "index", moved: false, changedElsewhere: false })
      assert.deepStrictEqual(world.counts.manifests, 0)
      const image = Option.getOrThrow((yield* find(world, `${app}:latest@${images["linux/amd64"]}`)).pinned)
      assert.deepInclude(image, { kind: "image", moved: false, changedElsewhere: false })
    }))

  it.effect("of an index that changed only elsewhere, or in its attestations, has not moved", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { digest } = yield* world.publish(`${app}:latest`, both)
      yield* world.publish(`${app}:latest`, { ...both, attestation: "second" })
      const signed = Option.getOrThrow((yield* find(world, `${app}:latest@${digest}`)).pinned)
      assert.deepInclude(signed, { kind: "index", moved: false, changedElsewhere: true })
      yield* world.publish(`${app}:latest`, { ...both, platforms: ["linux/amd64"] })
      const dropped = Option.getOrThrow((yield* find(world, `${app}:latest@${digest}`)).pinned)
      assert.deepInclude(dropped, { moved: false, changedElsewhere: true })
    }))

  it.effect("has moved where the platform's image is another one", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const old = yield* world.publish(`${app}:1.2.3`, both)
      const now = yield* world.publish(`${app}:1.2.3`, { ...both, layers: ["rebuilt"] })
      const answer = yield* find(world, `${app}:1.2.3@${old.digest}`)
      assert.deepStrictEqual(Option.getOrThrow(answer.pinned), {
        pinned: old.digest,
        kind: "index",
        now: now.digest,
        image: Option.fromNullable(now.images["linux/amd64"]),
        moved: true,
        changedElsewhere: false
      })
      const image = yield* find(world, `${app}:1.2.3@${old.images["linux/amd64"]}`)
      assert.deepInclude(Option.getOrThrow(image.pinned), { kind: "image", moved: true })
    }))
})

describe("a platform that was dropped", () => {
  it.effect("is looked for within a bound, and the next one is offered as unknown: that is not up to date", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      yield* world.publish(`${app}:1.0.0`, { platforms: ["linux/amd64", "linux/arm64"] })
      yield* publishAll(world, Array.from({ length: 30 }, (_, n) => `1.0.${n + 1}`))
      const answer = yield* find(world, `${app}:1.0.0`, {}, { platform: "linux/arm64" })
      assert.deepStrictEqual(answer.candidates.map(({ support, version }) => [version.text, support]), [
        ["1.0.10", "unknown"]
      ])
      assert.strictEqual(reasons(answer)["1.0.30"], "platform")
    }))
})
