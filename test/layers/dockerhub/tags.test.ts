import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, FastCheck, Fiber, Option, Stream, TestClock } from "effect"
import { format } from "../../../src/domain/Platform.js"
import { readTags } from "../../../src/layers/dockerhub/tagWire.js"
import { DockerHubTags } from "../../../src/services/DockerHubTags.js"
import { makeSimulation } from "../../sandbox/Simulation.js"
import { iso } from "../../sandbox/world/time.js"
import { hubLayer, json, makeStub, type Reply } from "./stub.js"

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const day = 86_400_000

const image = (architecture: string | null, os: string | null, more: Readonly<Record<string, unknown>> = {}) => ({
  architecture,
  features: "",
  variant: null,
  digest: digest("a"),
  os,
  os_features: "",
  os_version: null,
  size: 25_529_703,
  status: "active",
  last_pulled: "2026-01-09T19:20:49.733138382Z",
  last_pushed: "2017-11-02T07:47:36Z",
  ...more
})

const tag = (name: unknown, more: Readonly<Record<string, unknown>> = {}) => ({
  name,
  full_size: 25_529_703,
  last_updated: "2017-11-02T07:47:35.374523Z",
  tag_last_pushed: "2017-11-02T07:47:35.374523Z",
  media_type: "application/vnd.oci.image.index.v1+json",
  images: [image("amd64", "linux")],
  ...more
})

const page = (results: ReadonlyArray<unknown>, count = results.length, next: string | null = null) => ({
  count,
  next,
  previous: null,
  results
})

const first = (entry: unknown) =>
  Option.getOrThrow(Option.fromNullable(Option.getOrThrow(readTags(page([entry]))).tags[0]))

describe("a page of tags", () => {
  it("is read with platforms in their normal form, attestations apart", () => {
    const read = first(tag("1.27", {
      digest: digest("b"),
      images: [
        image("amd64", "linux"),
        image("arm64", "linux", { variant: "v8", digest: digest("c") }),
        image("arm", "linux", { variant: "v6" }),
        image("amd64", "windows", { os_version: "10.0.17763.1" }),
        image("unknown", "unknown", { digest: digest("d"), size: 1_700 })
      ]
    }))
    assert.deepStrictEqual(read.images.map(({ platform }) => format(platform)), [
      "linux/amd64",
      "linux/arm64",
      "linux/arm/v6",
      "windows/amd64"
    ])
    assert.strictEqual(read.digest.pipe(Option.getOrThrow), digest("b"))
    assert.deepStrictEqual(read.lastPushed, Option.some(1_509_608_855_374))
    assert.lengthOf(read.others, 1)
    assert.deepStrictEqual(read.images[3]?.platform.osVersion, Option.some("10.0.17763.1"))
  })

  it("takes the only manifest's digest where the tag names none, and none of several", () => {
    assert.strictEqual(first(tag("a")).digest.pipe(Option.getOrThrow), digest("a"))
    assert.isTrue(Option.isNone(first(tag("a", { images: [image("amd64", "linux"), image("arm64", "linux")] })).digest))
  })

  const odd: ReadonlyArray<readonly [string, Readonly<Record<string, unknown>>]> = [
    ["null dates", { last_updated: null, tag_last_pushed: null }],
    ["dates that are none", { last_updated: "never", tag_last_pushed: 7 }],
    ["no dates", { last_updated: undefined, tag_last_pushed: undefined }],
    ["an empty list of images", { images: [] }],
    ["no images", { images: undefined }],
    ["images of null", { images: null }],
    ["an object in place of images", { images: { architecture: "amd64" } }],
    ["images that are none", { images: [null, 7, "x", []] }],
    ["images of nulls", { images: [image(null, null, { digest: null, size: null, status: null, last_pushed: null })] }],
    ["a digest that is none", { digest: "sha256:xyz" }],
    ["a negative size", { full_size: -1 }],
    ["a size in words", { full_size: "big", media_type: 7 }]
  ]
  for (const [name, more] of odd) {
    it(`survives ${name}`, () => {
      const read = Option.getOrThrow(readTags(page([tag("a", more), tag("b")])))
      assert.deepStrictEqual(read.tags.map(({ name }) => name), ["a", "b"])
      assert.strictEqual(read.nameless, 0)
    })
  }

  it("keeps a tag of 128 odd characters, and leaves out what is no tag", () => {
    const longest = `_${".-_".repeat(42)}x`
    const names = [longest, `${longest}y`, "", "a/b", "a b", ".a", "-a", "a\u0000", "ä", null, 7]
    const read = Option.getOrThrow(readTags(page(names.map((name) => tag(name)))))
    assert.deepStrictEqual([read.tags.map(({ name }) => name), read.nameless], [[longest], names.length - 1])
    assert.lengthOf(longest, 128)
  })

  it("is refused where it is another document", () => {
    for (const document of [null, {}, [], { count: 1 }, { count: -1, results: [] }, { results: [] }, "x"]) {
      assert.isTrue(Option.isNone(readTags(document)))
    }
  })

  it.prop(
    "is read from anything without a failure",
    { results: FastCheck.array(FastCheck.object()) },
    ({ results }) => {
      const read = Option.getOrThrow(readTags(page(results)))
      assert.strictEqual(read.tags.length + read.nameless, results.length)
    }
  )
})

/** All pages of a listing. */
const pagesOf = (name: string, pageSize?: number) =>
  Effect.gen(function*() {
    const tags = yield* DockerHubTags
    const fiber = yield* Effect.fork(
      Effect.either(Stream.runCollect(tags.pages(name, pageSize === undefined ? {} : { pageSize })))
    )
    yield* TestClock.adjust("5 minutes")
    return Either.map(yield* Fiber.join(fiber), Chunk.toReadonlyArray)
  })

const dated = (name: string, at: number) => tag(name, { last_updated: iso(at) })

/** Serves a listing of so many tags, newest first, as the Hub pages it. */
const listing = (count: number, oldestFirst = false) => (url: string): Reply => {
  const query = new URL(url).searchParams
  const [number, size] = [Number(query.get("page")), Number(query.get("page_size"))]
  const all = Array.from({ length: count }, (_, i) => dated(`t${i}`, day * (count - i + 1)))
  const ordered = oldestFirst === (query.get("ordering") === "last_updated") ? all.reverse() : all
  const offset = (number - 1) * size
  return json(200, page(ordered.slice(offset, offset + size), count, offset + size < count ? "http://x/" : null))
}

describe("DockerHubTags", () => {
  it.effect("pages on demand to the end, and proves that it was the end", () => {
    const stub = makeStub(({ url }) => listing(250)(url))
    return Effect.gen(function*() {
      const pages = Either.getOrThrow(yield* pagesOf("nginx"))
      assert.deepStrictEqual(pages.map(({ complete, count, tags, walled }) => [tags.length, count, complete, walled]), [
        [100, 250, false, false],
        [100, 250, false, false],
        [50, 250, true, false]
      ])
      assert.strictEqual(
        stub.sent[1]?.url,
        "http://hub.test/v2/namespaces/library/repositories/nginx/tags?page_size=100&page=2&ordering=last_updated"
      )
      const tags = yield* DockerHubTags
      yield* Effect.zipRight(Effect.fork(Stream.runHead(tags.pages("nginx"))), TestClock.adjust("1 second"))
      assert.lengthOf(stub.sent, 4)
    }).pipe(Effect.provide(hubLayer(stub.client)))
  })

  it.effect("asks for the other order where the oldest came first, and remembers that", () => {
    const stub = makeStub(({ url }) => listing(250, true)(url))
    return Effect.gen(function*() {
      const pages = Either.getOrThrow(yield* pagesOf("a/b"))
      assert.strictEqual(pages[0]?.tags[0]?.name, "t0")
      assert.lengthOf(stub.sent, 4)
      yield* pagesOf("a/c")
      assert.lengthOf(stub.sent, 7)
    }).pipe(Effect.provide(hubLayer(stub.client)))
  })

  it.effect("ends at the anonymous wall, told or not", () => {
    const stub = makeStub(({ url }) => listing(1_500)(url))
    const early = makeStub(({ url }) =>
      url.includes("page=2")
        ? json(403, { message: "pagination offset too large for anonymous requests; sign in to page further" })
        : listing(700)(url)
    )
    return Effect.gen(function*() {
      const pages = Either.getOrThrow(yield* Effect.provide(pagesOf("a/b"), hubLayer(stub.client)))
      assert.deepStrictEqual([pages.length, pages.at(-1)?.walled, pages.at(-1)?.complete], [10, true, false])
      const less = Either.getOrThrow(yield* Effect.provide(pagesOf("a/b"), hubLayer(early.client)))
      assert.deepStrictEqual(less.map(({ tags, walled }) => [tags.length, walled]), [[100, false], [0, true]])
    })
  })

  const untrue: ReadonlyArray<readonly [string, (url: string) => Reply, number]> = [
    ["a page that repeats", () => json(200, page([tag("a"), tag("b")], 300, "http://x/")), 2],
    ["an end that comes too early", () => json(200, page([tag("a")], 3)), 1],
    ["an entry without a name", () => json(200, page([tag("a"), tag(null)], 2)), 1],
    [
      "a count that changes on the way",
      (url) => url.includes("page=1") ? listing(150)(url) : json(200, page([tag("x")], 101)),
      2
    ],
    [
      "a second page that is not there",
      (url) => url.includes("page=1") ? listing(150)(url) : json(404, { message: "object not found" }),
      2
    ]
  ]
  for (const [name, reply, calls] of untrue) {
    it.effect(`${name} proves nothing, and does not fail`, () => {
      const stub = makeStub(({ url }) => reply(url))
      return Effect.gen(function*() {
        const pages = Either.getOrThrow(yield* pagesOf("a/b"))
        assert.isFalse(pages.some(({ complete }) => complete))
        assert.isAbove(pages[0]?.tags.length ?? 0, 0)
        assert.lengthOf(stub.sent, calls)
      }).pipe(Effect.provide(hubLayer(stub.client)))
    })
  }

  const faults: ReadonlyArray<readonly [string, string, Reply, string]> = [
    ["no such image", "a/b", json(404, { message: "httperror 404: object not found", errinfo: {} }), "NOT_FOUND"],
    ["a limit", "a/b", json(429, { detail: "Rate limit exceeded", error: false }), "RATE_LIMIT"],
    ["another document", "a/b", json(200, { message: "x" }), "TRANSIENT"],
    ["an outage", "a/b", json(503, {}), "TRANSIENT"],
    ["a name that leads elsewhere", "a/..", json(200, page([])), "TRANSIENT"]
  ]
  for (const [name, asked, reply, expected] of faults) {
    it.effect(`${name} is ${expected}`, () =>
      Effect.gen(function*() {
        const error = Either.getOrThrow(Either.flip(yield* pagesOf(asked)))
        assert.strictEqual(error._tag, expected)
      }).pipe(Effect.provide(hubLayer(makeStub(() => reply).client))))
  }

  it.effect("reads the sandbox's tags as they are pushed and deleted", () =>
    Effect.gen(function*() {
      const { client, state } = yield* makeSimulation({
        world: { repositories: 1, official: { names: ["nginx"], tags: 12 } }
      })
      yield* TestClock.setTime(Date.parse("2026-11-21T00:00:00Z"))
      const names = Effect.map(
        pagesOf("nginx"),
        (pages) => Either.getOrThrow(pages).flatMap(({ tags }) => tags.map(({ name }) => name))
      )
      yield* Effect.gen(function*() {
        assert.deepStrictEqual((yield* names).slice(0, 3), ["latest", "1.11.0", "1.10.0"])
        yield* state.pushTag("library/nginx", "1.10.0")
        yield* state.deleteTag("library/nginx", "latest")
        yield* state.pushTag("library/nginx", "2.0.0", ["amd64"])
        assert.deepStrictEqual((yield* names).slice(0, 3), ["2.0.0", "1.10.0", "1.11.0"])
      }).pipe(Effect.provide(hubLayer(client, { baseUrl: "https://hub.docker.com/v2" })))
    }))
})
