import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, Fiber, Layer, Logger, Option, Redacted, Stream, TestClock } from "effect"
import { digestOf } from "../../../src/domain/ContentDigest.js"
import { familiar, parseStored } from "../../../src/domain/ImageReference.js"
import { OciRegistry } from "../../../src/services/OciRegistry.js"
import { RateBudgets } from "../../../src/services/RateBudgets.js"
import type { RegistryCredential } from "../../../src/services/RegistryCredentials.js"
import { imageBytes, makeStub, manifestAnswer, missing, reference, registryOver, unauthorized } from "./stub.js"

const bytes = imageBytes("a")

/** A registry with tokens: the challenge, the token endpoint, and what a token opens. */
const guarded = (after = 0) => {
  let issued = 0
  const stub = makeStub(({ authorization, host, path, url }) => {
    if (path.startsWith("/token")) {
      return { after, body: JSON.stringify({ token: `${url.searchParams.get("scope") ?? ""}#${++issued}` }) }
    }
    const repository = /^\/v2\/(.*)\/manifests\//.exec(path)?.[1] ?? ""
    return authorization?.startsWith(`Bearer repository:${repository}:pull#`) === true
      ? { ...manifestAnswer(bytes), after }
      : {
        ...unauthorized(`Bearer realm="https://${host}/token",service="${host}",scope="repository:${repository}:pull"`),
        after
      }
  })
  return stub
}

const basic = (id: string): RegistryCredential => ({
  kind: "basic",
  id,
  username: "u",
  secret: Redacted.make("p")
})

describe("what requests cost", () => {
  it.effect("sends nothing for a stored reference whose registry no URL can name, and does not die of it", () => {
    const stub = makeStub(() => manifestAnswer(bytes))
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      for (const text of ["256.256.256.256/library/base:1", "foo.bar:99999/x", "0x7f.1/x"]) {
        const stored = Either.getOrThrow(parseStored(text))
        const errors = yield* Effect.all([
          Effect.flip(registry.resolve(stored)),
          Effect.flip(registry.manifest(stored)),
          Effect.flip(Stream.runCollect(registry.tags(stored)))
        ])
        for (const error of errors) {
          assert.strictEqual(error._tag, "TRANSIENT")
          assert.include(error.message, "nothing can be asked")
        }
      }
      assert.deepStrictEqual(stub.asked, [])
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("N images over R registries: R challenges, a token per repository, N HEADs, nothing else", () => {
    const stub = guarded(5)
    const texts = Array.from({ length: 60 }, (_, index) => `r${index % 3}.example/o/n${index % 6}:${index}`)
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const fiber = yield* Effect.fork(
        Effect.forEach(texts, (text) => registry.resolve(reference(text)), { concurrency: 32 })
      )
      yield* TestClock.adjust("1 minute")
      const resolved = yield* Fiber.join(fiber)
      assert.isTrue(resolved.every(({ digest }) => digest === digestOf(bytes)))
      const manifests = stub.asked.filter(({ path }) => path.startsWith("/v2/"))
      const challenges = manifests.filter(({ authorization }) => authorization === undefined)
      assert.strictEqual(challenges.length, 3)
      assert.strictEqual(stub.asked.filter(({ path }) => path.startsWith("/token")).length, 6)
      assert.strictEqual(manifests.length - challenges.length, 60)
      assert.isTrue(manifests.every(({ method }) => method === "HEAD"))
    }).pipe(Effect.provide(registryOver(stub.client, { concurrency: 32 })))
  })

  it.effect("an open registry costs nothing but the HEADs, and equal ones in flight are one", () => {
    const stub = makeStub(() => ({ ...manifestAnswer(bytes), after: 10 }))
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const same = Array.from({ length: 10 }, () => reference("reg.example/o/n:1"))
      const fiber = yield* Effect.fork(
        Effect.forEach([...same, reference("reg.example/o/n:2")], (one) => registry.resolve(one), {
          concurrency: "unbounded"
        })
      )
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(fiber)).length, 11)
      assert.strictEqual(stub.asked.length, 2)
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("who waits for another's request is not harmed when that one is interrupted", () => {
    const stub = makeStub(() => ({ ...manifestAnswer(bytes), after: 1000 }))
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const first = yield* Effect.fork(registry.resolve(reference("reg.example/o/n:1")))
      const second = yield* Effect.fork(registry.resolve(reference("reg.example/o/n:1")))
      yield* TestClock.adjust("500 millis")
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(second)).digest, digestOf(bytes))
      assert.strictEqual(stub.asked.length, 2)
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("HEAD without a digest falls back to GET", () => {
    const stub = makeStub(({ method }) =>
      method === "HEAD" ? { headers: { "content-type": "text/plain" } } : { body: bytes }
    )
    return Effect.gen(function*() {
      const resolved = yield* Effect.flatMap(
        OciRegistry,
        (registry) => registry.resolve(reference("reg.example/o/n:1"))
      )
      assert.strictEqual(resolved.digest, digestOf(bytes))
      assert.deepStrictEqual(stub.asked.map(({ method }) => method), ["HEAD", "GET"])
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("tokens are renewed before they end, and 60 seconds are assumed", () => {
    const stub = guarded()
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const tokens = () => stub.asked.filter(({ path }) => path.startsWith("/token")).length
      yield* registry.resolve(reference("reg.example/o/n:1"))
      yield* TestClock.adjust("45 seconds")
      yield* registry.resolve(reference("reg.example/o/n:2"))
      assert.strictEqual(tokens(), 1)
      yield* TestClock.adjust("10 seconds")
      yield* registry.resolve(reference("reg.example/o/n:3"))
      assert.strictEqual(tokens(), 2)
      assert.strictEqual(stub.asked.filter(({ authorization }) => authorization === undefined).length, 3)
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("manifests come from the cache: by digest without a request, by tag for a HEAD", () => {
    const stub = makeStub(() => manifestAnswer(bytes))
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      yield* registry.manifest(reference("reg.example/o/n:1"))
      yield* registry.manifest(reference(`reg.example/o/n@${digestOf(bytes)}`))
      yield* registry.manifest(reference("reg.example/o/n:1"))
      assert.deepStrictEqual(stub.asked.map(({ method }) => method), ["GET", "HEAD"])
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("a missing tag is asked for again: absence is never kept", () => {
    let there = false
    const stub = makeStub(() => there ? manifestAnswer(bytes) : missing())
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const error = yield* Effect.flip(registry.resolve(reference("reg.example/o/n:1")))
      assert.strictEqual(error._tag, "NOT_FOUND")
      there = true
      assert.strictEqual((yield* registry.resolve(reference("reg.example/o/n:1"))).digest, digestOf(bytes))
    }).pipe(Effect.provide(registryOver(stub.client, { rememberTags: true })))
  })

  it.effect("within a command a tag is asked for once", () => {
    const stub = makeStub(() => manifestAnswer(bytes))
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      yield* registry.resolve(reference("reg.example/o/n:1"))
      yield* registry.resolve(reference("reg.example/o/n:1"))
      assert.strictEqual(stub.asked.length, 1)
    }).pipe(Effect.provide(registryOver(stub.client, { rememberTags: true })))
  })

  it.effect("tags are read page by page, only as far as they are wanted", () => {
    const stub = makeStub(({ url }) => {
      const last = Number(url.searchParams.get("last") ?? "0")
      return {
        headers: last < 9 ? { link: `</v2/o/n/tags/list?n=2&last=${last + 2}>; rel="next"` } : {},
        body: JSON.stringify({ tags: [`t${last}`, `t${last + 1}`] })
      }
    })
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const three = yield* Stream.runCollect(Stream.take(registry.tags(reference("reg.example/o/n")), 3))
      assert.deepStrictEqual(Chunk.toReadonlyArray(three), ["t0", "t1", "t2"])
      assert.strictEqual(stub.asked.length, 2)
      assert.strictEqual(stub.asked[0]?.path, "/v2/o/n/tags/list?n=1000")
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("a repository without tags (`tags: null`) has none", () => {
    const stub = makeStub(() => ({ body: JSON.stringify({ name: "o/n", tags: null }) }))
    return Effect.gen(function*() {
      const tags = yield* Effect.flatMap(
        OciRegistry,
        (registry) => Stream.runCollect(registry.tags(reference("reg.example/o/n")))
      )
      assert.strictEqual(tags.length, 0)
    }).pipe(Effect.provide(registryOver(stub.client)))
  })
})

describe("limits", () => {
  it.effect("a short park is waited out for everybody, and told in the budgets", () => {
    let limited = true
    const stub = makeStub(() => {
      if (!limited) {
        return {
          ...manifestAnswer(bytes),
          headers: {
            ...manifestAnswer(bytes).headers,
            "ratelimit-limit": "100;w=21600",
            "ratelimit-remaining": "20;w=21600"
          }
        }
      }
      limited = false
      return { status: 429, headers: { "retry-after": "20" } }
    })
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const budgets = yield* RateBudgets
      const first = yield* Effect.fork(registry.resolve(reference("reg.example/o/n:1")))
      yield* TestClock.adjust("10 seconds")
      const second = yield* Effect.fork(registry.resolve(reference("reg.example/o/n:2")))
      yield* TestClock.adjust("9 seconds")
      assert.strictEqual(stub.asked.length, 1)
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(first)
      yield* Fiber.join(second)
      assert.strictEqual(stub.asked.length, 3)
      const [state] = yield* budgets.snapshot
      assert.deepStrictEqual(state?.key, { service: "reg.example", payer: "anonymous" })
      assert.strictEqual(state?.limit, 100)
      assert.strictEqual(state?.remaining, 20)
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("a long park fails at once with RATE_LIMIT, and no request is made while it lasts", () => {
    const stub = makeStub(() => ({
      status: 429,
      headers: { "retry-after": "3000" },
      body: JSON.stringify({ errors: [{ code: "TOOMANYREQUESTS", message: "pull rate limit" }] })
    }))
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const error = yield* Effect.flip(registry.manifest(reference("reg.example/o/n:1")))
      assert.strictEqual(error._tag, "RATE_LIMIT")
      assert.include(error.message, "pull rate limit")
      const again = yield* Effect.flip(registry.manifest(reference("reg.example/o/n:2")))
      assert.strictEqual(again._tag, "RATE_LIMIT")
      assert.strictEqual(stub.asked.length, 1)
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("budgets are a registry's and a mirror's apart, and what remains is read without a limit too", () => {
    const stub = makeStub(({ authorization, method }) => {
      if (method === "PUT") return { status: authorization === undefined ? 401 : 201, headers: challenge }
      return { ...manifestAnswer(bytes), headers: { ...manifestAnswer(bytes).headers, "ratelimit-remaining": "7" } }
    })
    const challenge = { "www-authenticate": `Basic realm="x"` }
    const mirrors = [{ registry: "docker.io", address: new URL("https://mirror.example") }]
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const budgets = yield* RateBudgets
      const found = yield* registry.manifest(reference("nginx:1"))
      yield* registry.pushManifest(reference("nginx:2"), found)
      yield* registry.resolve(reference("reg.example/o/n:1"))
      const known = (yield* budgets.snapshot).map(({ key, remaining }) => [key.service, key.payer, remaining])
      assert.sameDeepMembers(known, [
        ["docker.io via mirror.example", "anonymous", 7],
        ["docker.io", "mine", undefined],
        ["reg.example", "anonymous", 7]
      ])
    }).pipe(Effect.provide(registryOver(stub.client, { mirrors }, new Map([["docker.io", basic("mine")]]))))
  })

  it.effect("another registry, and another credential, are not parked with it", () => {
    const stub = makeStub(({ authorization, host }) => {
      if (host === "b.example") return manifestAnswer(bytes)
      return authorization === undefined
        ? unauthorized(`Basic realm="x"`)
        : { status: 429, headers: { "retry-after": "3000" } }
    })
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const error = yield* Effect.flip(registry.resolve(reference("a.example/o/n:1")))
      assert.strictEqual(error._tag, "RATE_LIMIT")
      assert.include(error.message, "mine")
      yield* registry.resolve(reference("b.example/o/n:1"))
    }).pipe(Effect.provide(registryOver(stub.client, {}, new Map([["a.example", basic("mine")]]))))
  })

  it.effect("no more than the allowed number is in flight, and requests keep their distance", () => {
    let flying = 0
    let most = 0
    const stub = makeStub(() => {
      flying++
      most = Math.max(most, flying)
      return { ...manifestAnswer(bytes), after: 50 }
    })
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const fiber = yield* Effect.fork(
        Effect.forEach(
          Array.from({ length: 20 }, (_, index) => reference(`reg.example/o/n:${index}`)),
          (one) => Effect.tap(registry.resolve(one), () => Effect.sync(() => flying--)),
          { concurrency: "unbounded" }
        )
      )
      yield* TestClock.adjust("950 millis")
      assert.strictEqual(stub.asked.length, 10)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      assert.isAtMost(most, 3)
    }).pipe(
      Effect.provide(registryOver(stub.client, { concurrency: 3, requestsPerSecond: { "reg.example": 10 } }))
    )
  })
})

describe("mirrors and credentials", () => {
  const mirrors = [{ registry: "reg.example", address: new URL("https://mirror.example/cache") }]

  it.effect("reads go to the mirror without the registry's credential, writes to the registry with it", () => {
    const stub = makeStub(({ authorization, host, method }) => {
      if (host === "mirror.example") return manifestAnswer(bytes)
      if (authorization === undefined) return unauthorized(`Basic realm="x"`)
      return method === "PUT" ? { status: 201 } : { status: 404 }
    })
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const image = reference("reg.example/o/n:1")
      const found = yield* registry.manifest(image)
      yield* registry.pushManifest(image, found)
      assert.deepStrictEqual(
        stub.asked.map((
          { authorization, host, method, url }
        ) => [method, host + url.pathname, authorization !== undefined]),
        [
          ["GET", "mirror.example/cache/v2/o/n/manifests/1", false],
          ["PUT", "reg.example/v2/o/n/manifests/1", false],
          ["PUT", "reg.example/v2/o/n/manifests/1", true]
        ]
      )
    }).pipe(Effect.provide(registryOver(stub.client, { mirrors }, new Map([["reg.example", basic("mine")]]))))
  })

  it.effect("Docker Hub is asked at its own host, and a registry on this machine without TLS", () => {
    const stub = makeStub(() => manifestAnswer(bytes))
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      for (const text of ["nginx", "localhost:5000/x", "127.0.0.1:5001/x:1", "ghcr.io/o/n"]) {
        yield* registry.resolve(reference(text))
      }
      assert.deepStrictEqual(stub.asked.map(({ url }) => url.href), [
        "https://registry-1.docker.io/v2/library/nginx/manifests/latest",
        "http://localhost:5000/v2/x/manifests/latest",
        "http://127.0.0.1:5001/v2/x/manifests/1",
        "https://ghcr.io/v2/o/n/manifests/latest"
      ])
      assert.strictEqual(familiar(reference("nginx")), "nginx:latest")
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("a credential goes to the token endpoint and no further; the registry sees the token", () => {
    const stub = makeStub(({ authorization, host }) => {
      if (host === "auth.example") return { body: JSON.stringify({ token: "tok" }) }
      return authorization === "Bearer tok"
        ? manifestAnswer(bytes)
        : unauthorized(`Bearer realm="https://auth.example/token?x=1",service="s"`)
    })
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      yield* registry.resolve(reference("reg.example/o/n:1"))
      const token = stub.asked.find(({ host }) => host === "auth.example")
      assert.strictEqual(token?.path, "/token?x=1&service=s&scope=repository%3Ao%2Fn%3Apull")
      assert.strictEqual(token?.authorization, `Basic ${Buffer.from("u:p").toString("base64")}`)
      assert.deepStrictEqual(
        stub.asked.filter(({ host }) => host === "reg.example").map(({ authorization }) => authorization),
        [undefined, "Bearer tok"]
      )
    }).pipe(Effect.provide(registryOver(stub.client, {}, new Map([["reg.example", basic("mine")]]))))
  })

  it.effect("an identity token is exchanged with POST, a registry token is sent as it is", () => {
    const stub = makeStub(({ authorization, host }) => {
      if (host === "auth.example") return { body: JSON.stringify({ access_token: "tok", expires_in: 300 }) }
      return authorization === "Bearer tok" || authorization === "Bearer raw"
        ? manifestAnswer(bytes)
        : unauthorized(`Bearer realm="https://auth.example/token",service="s"`)
    })
    const known = new Map<string, RegistryCredential>([
      ["a.example", { kind: "identity", id: "a", secret: Redacted.make("refresh") }],
      ["b.example", { kind: "bearer", id: "b", secret: Redacted.make("raw") }]
    ])
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      yield* registry.resolve(reference("a.example/o/n:1"))
      yield* registry.resolve(reference("b.example/o/n:1"))
      const token = stub.asked.find(({ host }) => host === "auth.example")
      assert.strictEqual(token?.method, "POST")
      assert.include(Buffer.from(token?.body ?? []).toString(), "grant_type=refresh_token")
      assert.include(Buffer.from(token?.body ?? []).toString(), "refresh_token=refresh")
      assert.strictEqual(stub.asked.filter(({ host }) => host === "b.example").length, 1)
    }).pipe(Effect.provide(registryOver(stub.client, {}, known)))
  })

  it.effect("a given token that is refused is sent once", () => {
    const stub = makeStub(() => unauthorized(`Bearer realm="https://auth.example/token",service="s"`))
    const known = new Map<string, RegistryCredential>([
      ["b.example", { kind: "bearer", id: "b", secret: Redacted.make("raw") }]
    ])
    return Effect.gen(function*() {
      const error = yield* Effect.flip(
        Effect.flatMap(OciRegistry, (registry) => registry.resolve(reference("b.example/o/n:1")))
      )
      assert.strictEqual(error._tag, "AUTH")
      assert.strictEqual(stub.asked.length, 1)
    }).pipe(Effect.provide(registryOver(stub.client, {}, known)))
  })

  it.effect("a registry that wants another scope than usual is asked with that one from then on", () => {
    const wanted = "repository:prefix/o/n:pull"
    const stub = makeStub(({ authorization, host, url }) => {
      if (host === "auth.example") {
        return { body: JSON.stringify({ token: url.searchParams.getAll("scope").join("+") }) }
      }
      return authorization?.includes(wanted) === true
        ? manifestAnswer(bytes)
        : unauthorized(`Bearer realm="https://auth.example/token",service="s",scope="${wanted}"`)
    })
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      for (const tag of ["1", "2", "3"]) yield* registry.resolve(reference(`reg.example/o/n:${tag}`))
      assert.strictEqual(stub.asked.length, 1 + 1 + 3)
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("a warning of a registry is told once, and a mount that ends in trouble becomes an upload", () => {
    const stub = makeStub(({ method, path }) => {
      const headers = { warning: `299 - "this registry closes in May"`, location: "/v2/o/b/blobs/uploads/1" }
      if (method === "HEAD") return { status: 404, headers }
      if (path.includes("mount=")) return { status: 500, headers }
      if (method === "POST") return { status: 202, headers }
      return method === "PUT" ? { status: 201, headers } : { headers, body: bytes }
    })
    const said: Array<string> = []
    const logger = Logger.make(({ message }) => {
      said.push(String(message))
    })
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const to = reference("reg.example/o/b:1")
      const how = yield* registry.copyBlob(reference("reg.example/o/a:1"), to, digestOf(bytes), bytes.byteLength)
      assert.strictEqual(how, "uploaded")
      assert.deepStrictEqual(said, ["reg.example warns: this registry closes in May"])
    }).pipe(
      Effect.provide(Layer.merge(registryOver(stub.client), Logger.replace(Logger.defaultLogger, logger)))
    )
  })

  it.effect("referrers fall back to the tag where the registry has no such list", () => {
    const digest = digestOf(bytes)
    const entry = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: 3, artifactType: "a/b" }
    const list = Buffer.from(JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: [entry, { ...entry, artifactType: "c/d" }]
    }))
    const stub = makeStub(({ path }) =>
      path.includes("/referrers/")
        ? { status: 404, body: "404 page not found\n" }
        : path.endsWith(`/manifests/${digest.replace(":", "-")}`)
        ? manifestAnswer(list, "application/vnd.oci.image.index.v1+json")
        : missing()
    )
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const all = yield* registry.referrers(reference(`reg.example/o/n@${digest}`))
      const some = yield* registry.referrers(reference(`reg.example/o/n@${digest}`), { artifactType: "c/d" })
      assert.strictEqual(all.length, 2)
      assert.deepStrictEqual(some.map(({ artifactType }) => artifactType), [Option.some("c/d")])
    }).pipe(Effect.provide(registryOver(stub.client)))
  })
})
