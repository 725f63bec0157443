import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Redacted, Stream, TestClock } from "effect"
import { gzipSync } from "node:zlib"
import { digestOf } from "../../../src/domain/ContentDigest.js"
import type { OciRegistryOptions } from "../../../src/layers/registry/options.js"
import { OciRegistry } from "../../../src/services/OciRegistry.js"
import type { RegistryCredential } from "../../../src/services/RegistryCredentials.js"
import {
  type Asked,
  imageBytes,
  indexType,
  makeStub,
  manifestAnswer,
  manifestType,
  reference,
  registryOver,
  type Told,
  unauthorized
} from "./stub.js"

const secretOf = (registry: string): RegistryCredential => ({
  kind: "basic",
  id: `test:${registry}`,
  username: "user",
  secret: Redacted.make("s3cret")
})

const bearer = (realm: string, scope = "repository:o/n:pull") =>
  `Bearer realm="${realm}",service="reg.example",scope="${scope}"`

const credentials = new Map([["reg.example", secretOf("reg.example")]])

/** Runs a call on a world, with the clock running, and gives its error's tag and message. */
const failing = <A>(
  answer: (asked: Asked) => Told,
  use: (registry: typeof OciRegistry.Service) => Effect.Effect<A, { readonly _tag: string; readonly message: string }>,
  known = credentials,
  options: OciRegistryOptions = {}
) => {
  const stub = makeStub(answer)
  return Effect.gen(function*() {
    const registry = yield* OciRegistry
    const fiber = yield* Effect.fork(Effect.flip(use(registry)))
    yield* TestClock.adjust("10 minutes")
    const error = yield* Fiber.join(fiber)
    return { error, asked: stub.asked }
  }).pipe(Effect.provide(registryOver(stub.client, options, known)))
}

const resolve = (text: string) => (registry: typeof OciRegistry.Service) => registry.resolve(reference(text))
const manifest = (text: string) => (registry: typeof OciRegistry.Service) => registry.manifest(reference(text))

const carried = (asked: ReadonlyArray<Asked>, host: string) =>
  asked.filter((one) => one.host === host && one.authorization !== undefined)

describe("faults of registries", () => {
  it.effect("a token endpoint that is down is TRANSIENT after bounded retries", () =>
    Effect.gen(function*() {
      const { asked, error } = yield* failing(
        ({ host }) =>
          host === "auth.example" ? { status: 503, body: "down" } : unauthorized(bearer("https://auth.example/token")),
        resolve("reg.example/o/n:1")
      )
      assert.strictEqual(error._tag, "TRANSIENT")
      assert.include(error.message, "auth.example/token")
      assert.include(error.message, "503")
      assert.strictEqual(asked.filter(({ host }) => host === "auth.example").length, 4)
    }))

  it.effect("a token that ended early is renewed once, and the call succeeds", () => {
    let issued = 0
    const bytes = imageBytes("a")
    const stub = makeStub(({ authorization, host }) => {
      if (host === "auth.example") return { body: JSON.stringify({ token: `t${++issued}`, expires_in: 300 }) }
      const good = authorization === (stub.asked.length > 4 ? "Bearer t2" : "Bearer t1")
      return good ? manifestAnswer(bytes) : unauthorized(bearer("https://auth.example/token"))
    })
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      yield* registry.resolve(reference("reg.example/o/n:1"))
      yield* registry.resolve(reference("reg.example/o/n:2"))
      const resolved = yield* registry.resolve(reference("reg.example/o/n:3"))
      assert.strictEqual(resolved.digest, digestOf(bytes))
      assert.strictEqual(issued, 2)
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("401 for ever ends as AUTH after one renewal", () =>
    Effect.gen(function*() {
      let tokens = 0
      const { asked, error } = yield* failing(
        ({ host }) =>
          host === "auth.example"
            ? { body: JSON.stringify({ access_token: `t${++tokens}` }) }
            : unauthorized(`${bearer("https://auth.example/token")},error="invalid_token"`),
        resolve("reg.example/o/n:1")
      )
      assert.strictEqual(error._tag, "AUTH")
      assert.strictEqual(tokens, 2)
      assert.isAtMost(asked.length, 5)
      assert.notInclude(error.message, "s3cret")
    }))

  it.effect("a missing repository at a registry that says 401 costs one token", () =>
    Effect.gen(function*() {
      let tokens = 0
      const { asked, error } = yield* failing(
        ({ host }) =>
          host === "auth.example"
            ? { body: JSON.stringify({ token: `t${++tokens}` }) }
            : unauthorized(`${bearer("https://auth.example/token")},error="insufficient_scope"`),
        resolve("reg.example/o/n:1"),
        new Map()
      )
      assert.strictEqual(error._tag, "AUTH")
      assert.strictEqual(tokens, 1)
      assert.strictEqual(asked.length, 3)
    }))

  it.effect("a truncated body is TRANSIENT and names both lengths", () =>
    Effect.gen(function*() {
      const bytes = imageBytes("a")
      const { error } = yield* failing(
        () => ({ ...manifestAnswer(bytes), body: bytes.subarray(0, 50) }),
        manifest("reg.example/o/n:1")
      )
      assert.strictEqual(error._tag, "TRANSIENT")
      assert.include(error.message, "50 bytes")
      assert.include(error.message, `${bytes.byteLength}`)
    }))

  it.effect("a wrong digest names both", () =>
    Effect.gen(function*() {
      const wanted = digestOf(imageBytes("wanted"))
      const given = imageBytes("given")
      const { asked, error } = yield* failing(
        () => ({ headers: { "content-type": manifestType }, body: given }),
        manifest(`reg.example/o/n@${wanted}`)
      )
      assert.strictEqual(error._tag, "TRANSIENT")
      assert.include(error.message, wanted)
      assert.include(error.message, digestOf(given))
      assert.strictEqual(asked.length, 1)
    }))

  it.effect("a tag's body that is not what Docker-Content-Digest says names both", () =>
    Effect.gen(function*() {
      const said = digestOf(imageBytes("said"))
      const given = imageBytes("given")
      const { error } = yield* failing(
        () => ({ headers: { "content-type": manifestType, "docker-content-digest": said }, body: given }),
        manifest("reg.example/o/n:1")
      )
      assert.include(error.message, said)
      assert.include(error.message, digestOf(given))
    }))

  it.effect("a media type that the body denies names both", () =>
    Effect.gen(function*() {
      const { error } = yield* failing(
        () => manifestAnswer(imageBytes("a"), indexType),
        manifest("reg.example/o/n:1")
      )
      assert.include(error.message, indexType)
      assert.include(error.message, manifestType)
    }))

  it.effect("a 5 GiB Content-Length is refused before the body is read", () =>
    Effect.gen(function*() {
      let pulled = 0
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          pulled++
          controller.enqueue(new Uint8Array(65_536))
        }
      })
      const { error } = yield* failing(
        () => ({ headers: { "content-type": manifestType, "content-length": "5368709120" }, body }),
        manifest("reg.example/o/n:1")
      )
      assert.strictEqual(error._tag, "TRANSIENT")
      assert.include(error.message, "5368709120")
      assert.include(error.message, "4194304")
      assert.isAtMost(pulled, 4)
    }))

  it.effect("a body without end is cut off at the limit", () =>
    Effect.gen(function*() {
      let pulled = 0
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          pulled++
          controller.enqueue(new Uint8Array(1_048_576))
        }
      })
      const { error } = yield* failing(
        () => ({ headers: { "content-type": manifestType }, body }),
        manifest("reg.example/o/n:1")
      )
      assert.include(error.message, "at most 4194304")
      assert.isAtMost(pulled, 8)
    }))

  it.effect("a gzip bomb is cut off at the limit", () =>
    Effect.gen(function*() {
      const bomb = gzipSync(new Uint8Array(64 * 1024 * 1024))
      const stub = makeStub(() => ({
        headers: { "content-type": manifestType, "content-encoding": "gzip" },
        body: bomb
      }))
      const error = yield* Effect.flip(Effect.flatMap(OciRegistry, manifest("reg.example/o/n:1"))).pipe(
        Effect.provide(registryOver(stub.client))
      )
      assert.strictEqual(error._tag, "TRANSIENT")
      assert.include(error.message, "4194304")
    }))

  for (
    const realm of [
      "http://169.254.169.254/latest/meta-data/",
      "https://169.254.169.254/token",
      "https://[::ffff:169.254.169.254]/token",
      "https://2852039166/token",
      "https://127.0.0.1:9000/token",
      "https://localhost/token",
      "https://[::1]/token",
      "https://metadata.google.internal/token",
      "http://auth.example/token",
      "ftp://auth.example/token"
    ]
  ) {
    it.effect(`a challenge that points at ${realm} is refused, and nothing goes there`, () =>
      Effect.gen(function*() {
        const { asked, error } = yield* failing(() => unauthorized(bearer(realm)), resolve("reg.example/o/n:1"))
        assert.strictEqual(error._tag, "TRANSIENT")
        assert.include(error.message, "refused")
        assert.deepStrictEqual(asked.map(({ host }) => host), ["reg.example"])
        assert.strictEqual(carried(asked, "reg.example").length, 0)
      }))
  }

  it.effect("a registry on this machine may have its token endpoint here", () =>
    Effect.gen(function*() {
      const bytes = imageBytes("a")
      const stub = makeStub(({ authorization, host }) =>
        host === "127.0.0.1:5002"
          ? { body: JSON.stringify({ token: "t" }) }
          : authorization === "Bearer t"
          ? manifestAnswer(bytes)
          : unauthorized(bearer("http://127.0.0.1:5002/token"))
      )
      const resolved = yield* Effect.flatMap(OciRegistry, resolve("127.0.0.1:5001/o/n:1")).pipe(
        Effect.provide(registryOver(stub.client))
      )
      assert.strictEqual(resolved.digest, digestOf(bytes))
    }))

  for (const status of [301, 302, 307, 308]) {
    it.effect(`${status} to another host is followed without the authorisation`, () =>
      Effect.gen(function*() {
        const bytes = imageBytes("a")
        const stub = makeStub(({ authorization, host, url }) => {
          if (host === "cdn.example") return manifestAnswer(bytes)
          if (authorization === undefined) return unauthorized(`Basic realm="x"`)
          return { status, headers: { location: `https://cdn.example${url.pathname}` } }
        })
        const found = yield* Effect.flatMap(OciRegistry, manifest("reg.example/o/n:1")).pipe(
          Effect.provide(registryOver(stub.client, {}, credentials))
        )
        assert.strictEqual(found.digest, digestOf(bytes))
        assert.strictEqual(carried(stub.asked, "cdn.example").length, 0)
        assert.isAbove(carried(stub.asked, "reg.example").length, 0)
      }))
  }

  it.effect("a redirect to a metadata address, to this machine or out of TLS is not followed", () =>
    Effect.gen(function*() {
      for (const location of ["http://169.254.169.254/x", "https://127.0.0.1/x", "http://reg2.example/x"]) {
        const { asked, error } = yield* failing(
          () => ({ status: 307, headers: { location } }),
          manifest("reg.example/o/n:1")
        )
        assert.strictEqual(error._tag, "TRANSIENT")
        assert.include(error.message, "not followed")
        assert.deepStrictEqual(asked.map(({ host }) => host), ["reg.example"])
      }
    }))

  it.effect("redirects in a circle end", () =>
    Effect.gen(function*() {
      const { asked, error } = yield* failing(
        ({ url }) => ({ status: 307, headers: { location: `https://reg.example${url.pathname}x` } }),
        manifest("reg.example/o/n:1")
      )
      assert.include(error.message, "more than 5 redirects")
      assert.strictEqual(asked.length, 6)
    }))

  it.effect("an endless tag listing is an error, and so is one that turns in a circle", () =>
    Effect.gen(function*() {
      let page = 0
      const endless = yield* failing(
        () => ({
          headers: { link: `</v2/o/n/tags/list?last=${page}>; rel="next"` },
          body: JSON.stringify({ name: "o/n", tags: [`t${page++}`] })
        }),
        (registry) => Stream.runDrain(registry.tags(reference("reg.example/o/n"))),
        credentials,
        { maxTagPages: 20 }
      )
      assert.strictEqual(endless.error._tag, "TRANSIENT")
      assert.include(endless.error.message, "has not ended after 20 pages")
      const circle = yield* failing(
        () => ({
          headers: { link: `</v2/o/n/tags/list?last=a>; rel="next"` },
          body: JSON.stringify({ tags: [`t${page++}`] })
        }),
        (registry) => Stream.runDrain(registry.tags(reference("reg.example/o/n")))
      )
      assert.include(circle.error.message, "leads back")
      assert.strictEqual(circle.asked.length, 2)
      const stuck = yield* failing(
        () => ({
          headers: { link: `</v2/o/n/tags/list?last=${page++}>; rel="next"` },
          body: JSON.stringify({ tags: ["a", "b"] })
        }),
        (registry) => Stream.runDrain(registry.tags(reference("reg.example/o/n")))
      )
      assert.include(stuck.error.message, "repeats")
    }))

  it.effect("a next page on another host is not asked for", () =>
    Effect.gen(function*() {
      const { asked, error } = yield* failing(
        ({ authorization }) =>
          authorization === undefined ? unauthorized(`Basic realm="x"`) : {
            headers: { link: `<https://evil.example/v2/o/n/tags/list?last=a>; rel="next"` },
            body: JSON.stringify({ tags: ["a"] })
          },
        (registry) => Stream.runDrain(registry.tags(reference("reg.example/o/n")))
      )
      assert.strictEqual(error._tag, "TRANSIENT")
      assert.include(error.message, "evil.example")
      assert.isFalse(asked.some(({ host }) => host === "evil.example"))
    }))

  it.effect("a 200 that is a web page is no manifest", () =>
    Effect.gen(function*() {
      const { error } = yield* failing(
        () => ({ headers: { "content-type": "text/html" }, body: "<html>log in</html>" }),
        manifest("reg.example/o/n:1")
      )
      assert.strictEqual(error._tag, "TRANSIENT")
    }))

  it.effect("server errors and broken connections are retried, and then TRANSIENT", () =>
    Effect.gen(function*() {
      for (const told of [{ status: 502 }, { breaks: true }]) {
        const { asked, error } = yield* failing(() => told, resolve("reg.example/o/n:1"))
        assert.strictEqual(error._tag, "TRANSIENT")
        assert.strictEqual(asked.length, 4)
      }
    }))

  it.effect("a registry in trouble is asked again when it says, and not at all where that is long", () =>
    Effect.gen(function*() {
      const times: Array<number> = []
      for (const seconds of [20, 3_000]) {
        const stub = makeStub(() => ({ status: 503, headers: { "retry-after": `${seconds}` } }))
        yield* Effect.gen(function*() {
          const registry = yield* OciRegistry
          const fiber = yield* Effect.fork(Effect.flip(registry.resolve(reference("reg.example/o/n:1"))))
          yield* TestClock.adjust("19 seconds")
          times.push(stub.asked.length)
          yield* TestClock.adjust("10 minutes")
          assert.strictEqual((yield* Fiber.join(fiber))._tag, "TRANSIENT")
          times.push(stub.asked.length)
        }).pipe(Effect.provide(registryOver(stub.client)))
      }
      assert.deepStrictEqual(times, [1, 4, 1, 1])
    }))

  it.effect("a small blob that stops in the middle is a timeout and is asked for again", () => {
    const bytes = new TextEncoder().encode("a small blob")
    let asked = 0
    const stub = makeStub(() => {
      asked += 1
      const headers = { "content-length": String(bytes.byteLength) }
      if (asked > 1) return { headers, body: bytes }
      return { headers, body: new ReadableStream({ start: (controller) => controller.enqueue(bytes.subarray(0, 3)) }) }
    })
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const fiber = yield* Effect.fork(registry.blob(reference(`reg.example/o/n@${digestOf(bytes)}`)))
      yield* TestClock.adjust("5 minutes")
      const blob = yield* Fiber.join(fiber)
      const chunks = yield* Stream.runCollect(blob.bytes)
      assert.deepStrictEqual(Buffer.concat([...chunks]), Buffer.from(bytes))
      assert.strictEqual(asked, 2)
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("a silent registry is a timeout", () =>
    Effect.gen(function*() {
      const { error } = yield* failing(() => ({ after: 3_600_000 }), resolve("reg.example/o/n:1"))
      assert.strictEqual(error._tag, "TRANSIENT")
      assert.include(error.message, "30 s")
    }))

  it.effect("403 is AUTH, and at once", () =>
    Effect.gen(function*() {
      const denied = yield* failing(
        () => ({ status: 403, body: JSON.stringify({ errors: [{ code: "DENIED", message: "no" }] }) }),
        manifest("reg.example/o/n:1")
      )
      assert.strictEqual(denied.error._tag, "AUTH")
      assert.strictEqual(denied.asked.length, 1)
    }))

  it.effect("interruption reaches the request", () =>
    Effect.gen(function*() {
      const stub = makeStub(() => ({ after: 3_600_000 }))
      const fiber = yield* Effect.flatMap(OciRegistry, resolve("reg.example/o/n:1")).pipe(
        Effect.provide(registryOver(stub.client)),
        Effect.fork
      )
      yield* TestClock.adjust("1 second")
      const exit = yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.isInterrupted(exit))
    }))
})
