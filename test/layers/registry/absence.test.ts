/**
 * When a registry's 404 is believed: in its own words, and for a HEAD, which has none, after a GET that has.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, FastCheck, Fiber, Option, Stream, TestClock } from "effect"
import { digestOf } from "../../../src/domain/ContentDigest.js"
import { referrersTag } from "../../../src/domain/Digest.js"
import type { CensusError } from "../../../src/domain/Errors.js"
import { failureOf } from "../../../src/layers/registry/failures.js"
import { OciRegistry } from "../../../src/services/OciRegistry.js"
import { requestsTo } from "../../support/requestCounts.js"
import { imageBytes, makeStub, manifestAnswer, missing, reference, registryOver, type Told } from "./stub.js"

const bytes = imageBytes("a")
const digest = digestOf(bytes)
const one = reference("reg.example/o/n:1")
const blob = reference(`reg.example/o/n@${digest}`)

const json = (body: unknown): Told => ({
  status: 404,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body)
})

/** What registries say of what they do not have. */
const own: ReadonlyArray<readonly [string, Told]> = [
  ["distribution, GHCR, GitLab, ECR, ACR, Google", missing()],
  ["those that miss the whole repository", missing("NAME_UNKNOWN")],
  ["Quay, of a tag that ran out", missing("TAG_EXPIRED")],
  ["Harbor", missing("NOT_FOUND")],
  ["Red Hat's catalog", json({ errors: [{ code: "404", message: "Not Found" }] })],
  ["Artifactory, of a path below no registry", json({ errors: [{ status: 404, message: "File not found." }] })],
  ["one that says more", json({ errors: [{ code: "MANIFEST_UNKNOWN", message: "no", detail: { Tag: "1" } }], id: 1 })]
]

/** What others say in a registry's place, and what registries say of something else. */
const others: ReadonlyArray<readonly [string, Told, string]> = [
  ["a proxy without its backend", { status: 404, body: "404 page not found\n" }, "TRANSIENT"],
  [
    "a proxy's page",
    { status: 404, headers: { "content-type": "text/html" }, body: "<h1>Not Found</h1>" },
    "TRANSIENT"
  ],
  ["nothing", { status: 404 }, "TRANSIENT"],
  ["a gateway with JSON of its own", json({ message: "no Route matched with those values" }), "TRANSIENT"],
  ["a framework's JSON", json({ status: 404, error: "Not Found", path: "/v2/" }), "TRANSIENT"],
  ["an API of another kind", json({ errors: [{ status: "404", title: "Not Found" }] }), "TRANSIENT"],
  ["errors without a code", json({ errors: [{ message: "not found" }] }), "TRANSIENT"],
  ["no errors at all", json({ errors: [] }), "TRANSIENT"],
  ["a text in JSON", json("not found"), "TRANSIENT"],
  ["JSON that was cut off", { status: 404, body: "{\"errors\":[{\"code\":\"MANIFEST_UN" }, "TRANSIENT"],
  ["a registry without such a call", missing("UNSUPPORTED"), "TRANSIENT"],
  ["a registry that refuses", missing("DENIED"), "AUTH"],
  ["a registry that asks to wait", missing("TOOMANYREQUESTS"), "RATE_LIMIT"]
]

type Use = (registry: typeof OciRegistry.Service) => Effect.Effect<object, CensusError>

const uses: ReadonlyArray<readonly [string, Use, ReadonlyArray<string>]> = [
  ["a digest", (registry) => registry.resolve(one), ["HEAD", "GET"]],
  ["a manifest", (registry) => registry.manifest(one), ["GET"]],
  ["a blob's length", (registry) => registry.resolve(blob, "blob"), ["HEAD", "GET"]],
  ["a blob", (registry) => registry.blob(blob), ["GET"]],
  ["a document", (registry) => registry.document(blob), ["GET"]],
  ["tags", (registry) => Stream.runCollect(registry.tags(one)), ["GET"]]
]

const failing = (told: Told, use: Use) => {
  const stub = makeStub(() => told)
  return Effect.gen(function*() {
    const fiber = yield* Effect.fork(Effect.flip(Effect.flatMap(OciRegistry, use)))
    yield* TestClock.adjust("10 minutes")
    const error = yield* Fiber.join(fiber)
    return { tag: error._tag, asked: stub.asked.map(({ method }) => method) }
  }).pipe(Effect.provide(registryOver(stub.client)))
}

describe("what a registry misses", () => {
  for (const [what, use, expected] of uses) {
    it.effect.each([201, 302, 503])(
      `is not known where its words stand under HTTP %d: ${what}`,
      (status) => Effect.map(failing({ ...missing(), status }, use), ({ tag }) => assert.strictEqual(tag, "TRANSIENT"))
    )

    it.effect.each(own)(
      `is missing in the words of %s: ${what}, for ${expected.join(" and ")}`,
      ([, told]) =>
        Effect.map(failing(told, use), ({ asked, tag }) => {
          assert.strictEqual(tag, "NOT_FOUND")
          assert.deepStrictEqual(asked, expected)
        })
    )

    it.effect.each(others)(
      `is not known after the 404 of %s: ${what}`,
      ([, told, tag]) =>
        Effect.map(failing(told, use), (found) => {
          assert.strictEqual(found.tag, tag)
          if (tag !== "RATE_LIMIT") assert.deepStrictEqual(found.asked, expected)
        })
    )
  }

  it.effect("costs one GET more than a HEAD, once for all who ask together; what is there costs none", () => {
    const stub = makeStub(({ path }) => ({ ...path.endsWith("/there") ? manifestAnswer(bytes) : missing(), after: 10 }))
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const names = ["there", "gone", "gone", "there", "gone"]
      const fiber = yield* Effect.fork(Effect.forEach(
        names,
        (tag) => Effect.either(registry.resolve(reference(`counted.example/o/n:${tag}`))),
        { concurrency: "unbounded" }
      ))
      yield* TestClock.adjust("1 second")
      const found = yield* Fiber.join(fiber)
      assert.deepStrictEqual(found.map(Either.isRight), names.map((name) => name === "there"))
      assert.deepStrictEqual(
        stub.asked.map(({ method, path }) => [method, path]).toSorted(),
        [
          ["GET", "/v2/o/n/manifests/gone"],
          ["HEAD", "/v2/o/n/manifests/gone"],
          ["HEAD", "/v2/o/n/manifests/there"]
        ]
      )
      assert.deepStrictEqual(yield* requestsTo("counted.example"), { ok: 1, not_found: 2 })
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("is there where only its HEAD is not: a manifest, and a blob of which nothing more is read", () => {
    const stub = makeStub(({ method }) => method === "HEAD" ? { status: 404 } : manifestAnswer(bytes))
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      assert.strictEqual((yield* registry.resolve(one)).digest, digest)
      const { size } = yield* registry.resolve(blob, "blob")
      assert.deepStrictEqual(size, Option.some(bytes.byteLength))
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("is sent without a second question: a HEAD that asks whether to send is believed", () => {
    const stub = makeStub(({ method, path }) =>
      method === "HEAD"
        ? { status: 404 }
        : method === "POST"
        ? { status: 202, headers: { location: `${path}1` } }
        : { status: 201 }
    )
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      assert.isFalse(yield* registry.has("manifest", one))
      const source = { digest, size: bytes.byteLength, bytes: Stream.make(bytes) }
      assert.isTrue(yield* registry.pushBlob(one, source))
      assert.deepStrictEqual(stub.asked.map(({ method }) => method), ["HEAD", "HEAD", "POST", "PUT"])
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("of a write is no word of the registry either: the upload begins again", () => {
    let lost = 1
    const stub = makeStub(({ method, path }) => {
      if (method === "HEAD") return { status: 404 }
      if (method === "POST") return { status: 202, headers: { location: `${path}1` } }
      return lost-- > 0 ? { status: 404, body: "404 page not found\n" } : { status: 201 }
    })
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      assert.isTrue(
        yield* registry.pushBlob(one, { digest, size: bytes.byteLength, bytes: Stream.make(bytes) })
      )
      assert.deepStrictEqual(stub.asked.map(({ method }) => method), ["HEAD", "POST", "PUT", "POST", "PUT"])
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("has no referrers by the word on their tag, not by a page in its place", () => {
    const tag = `/v2/o/n/manifests/${referrersTag(digest)}`
    const stub = (told: Told) =>
      makeStub(({ path }) => path === tag ? told : { status: 404, body: "404 page not found" })
    const ask = (told: Told) =>
      Effect.either(Effect.flatMap(OciRegistry, (registry) => registry.referrers(blob))).pipe(
        Effect.provide(registryOver(stub(told).client))
      )
    return Effect.gen(function*() {
      assert.deepStrictEqual(yield* ask(missing()), Either.right([]))
      const page = yield* ask({ status: 404, body: "404 page not found" })
      assert.strictEqual(Either.isLeft(page) && page.left._tag, "TRANSIENT")
    })
  })
})

const failure = (body: string) =>
  failureOf({ service: "reg.example", what: "o/n", method: "GET", status: 404, body })._tag

describe("the rule for a 404", () => {
  const elsewhere = new Set(["DENIED", "UNAUTHORIZED", "TOOMANYREQUESTS", "UNAVAILABLE", "UNSUPPORTED"])

  it.prop(
    "any code in the registry's own form says that it is missing, unless it speaks of something else",
    [FastCheck.stringMatching(/^[A-Z0-9_]{1,20}$/), FastCheck.string(), FastCheck.jsonValue()],
    ([code, message, detail]) => {
      const tag = failure(JSON.stringify({ errors: [{ code, message, detail }] }))
      assert.strictEqual(tag === "NOT_FOUND", !elsewhere.has(code))
    }
  )

  it.prop("no other text and no other JSON says so", [FastCheck.string(), FastCheck.jsonValue()], ([text, value]) => {
    assert.notStrictEqual(failure(text), "NOT_FOUND")
    assert.notStrictEqual(failure(JSON.stringify(value)), "NOT_FOUND")
    assert.notStrictEqual(failure(JSON.stringify({ error: value, message: text })), "NOT_FOUND")
    assert.notStrictEqual(failure(JSON.stringify({ errors: [{ message: text, detail: value }] })), "NOT_FOUND")
  })
})
