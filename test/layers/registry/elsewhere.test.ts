import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Stream } from "effect"
import { digestOf } from "../../../src/domain/ContentDigest.js"
import { OciRegistry } from "../../../src/services/OciRegistry.js"
import { RateBudgets } from "../../../src/services/RateBudgets.js"
import type { RegistryCredential } from "../../../src/services/RegistryCredentials.js"
import { imageBytes, makeStub, manifestAnswer, reference, registryOver, unauthorized } from "./stub.js"

const bytes = imageBytes("a")

const credential = (id: string): RegistryCredential => ({
  kind: "basic",
  id,
  username: id,
  secret: Redacted.make(`secret of ${id}`)
})

const basicOf = (id: string): string => `Basic ${Buffer.from(`${id}:secret of ${id}`).toString("base64")}`

/** `front.example` shows the way to `back.example`, which wants tokens of its own. */
const fronted = () =>
  makeStub(({ authorization, host, path, url }) => {
    if (host === "front.example") {
      return authorization === undefined
        ? unauthorized(`Basic realm="front"`)
        : { status: 307, headers: { location: `https://back.example${path.replace("/v2/", "/v2/team/")}` } }
    }
    if (path.startsWith("/token")) {
      return { body: JSON.stringify({ token: `for ${url.searchParams.get("scope")}`.replaceAll(" ", "-") }) }
    }
    if (authorization !== "Bearer for-repository:team/o/n:pull") {
      return unauthorized(
        `Bearer realm="https://back.example/token",service="back",scope="repository:team/o/n:pull"`
      )
    }
    if (!path.includes("/tags/list")) return manifestAnswer(bytes)
    return url.searchParams.get("last") === null
      ? { headers: { link: `</v2/team/o/n/tags/list?last=a>; rel="next"` }, body: JSON.stringify({ tags: ["a"] }) }
      : { body: JSON.stringify({ tags: ["b"] }) }
  })

const front = new Map([["front.example", credential("front")]])

describe("a registry that sends readers to another", () => {
  it.effect("is followed, and the other is asked as nobody: no credential goes where it does not belong", () => {
    const stub = fronted()
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const found = yield* registry.resolve(reference("front.example/o/n:1"))
      assert.strictEqual(found.digest, digestOf(bytes))
      yield* registry.resolve(reference("front.example/o/n:2"))
      const asked = stub.asked.map(({ authorization, host, path }) => [
        host,
        path.split("?")[0],
        authorization
      ])
      const front = basicOf("front")
      const token = "Bearer for-repository:team/o/n:pull"
      assert.deepStrictEqual(asked, [
        ["front.example", "/v2/o/n/manifests/1", undefined],
        ["front.example", "/v2/o/n/manifests/1", front],
        ["back.example", "/v2/team/o/n/manifests/1", undefined],
        ["back.example", "/token", undefined],
        ["back.example", "/v2/team/o/n/manifests/1", token],
        ["front.example", "/v2/o/n/manifests/2", front],
        ["back.example", "/v2/team/o/n/manifests/2", token]
      ])
    }).pipe(Effect.provide(registryOver(stub.client, {}, front)))
  })

  // A person has a credential for `back.example`, and a stranger's registry names a private repository there.
  it.effect("never makes us use a credential for the other, and each has its own budget", () => {
    const stub = fronted()
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const budgets = yield* RateBudgets
      yield* registry.manifest(reference("front.example/o/n:1"))
      yield* Stream.runDrain(registry.tags(reference("front.example/o/n")))
      yield* Effect.either(registry.document(reference(`front.example/o/n@${digestOf(bytes)}`)))
      const there = stub.asked.filter(({ host }) => host === "back.example")
      const [first, ...rest] = there.filter(({ path }) => path.startsWith("/token"))
      assert.deepStrictEqual([first?.authorization, rest], [undefined, []])
      assert.isTrue(there.every(({ authorization }) => authorization?.startsWith("Basic") !== true))
      const spent = (yield* budgets.snapshot).map(({ key }) => [key.service, key.payer])
      assert.sameDeepMembers(spent, [["front.example", "front"], ["back.example", "anonymous"]])
    }).pipe(
      Effect.provide(registryOver(stub.client, {}, new Map([...front, ["back.example", credential("back")]])))
    )
  })

  it.effect("says that a redirect led to what is not shown", () => {
    const stub = makeStub(({ host, path }) =>
      host === "front.example"
        ? { status: 307, headers: { location: `https://back.example${path}` } }
        : unauthorized(`Basic realm="back"`)
    )
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const error = yield* Effect.flip(registry.manifest(reference("front.example/o/n:1")))
      assert.strictEqual(error._tag === "AUTH" ? error.scope : error._tag, "one")
      assert.include(error.message, "a redirect led here, which no credential follows")
      assert.isTrue(stub.asked.every(({ authorization }) => authorization === undefined))
    }).pipe(Effect.provide(registryOver(stub.client, {}, new Map([["back.example", credential("back")]]))))
  })

  it.effect("is followed with the other's own credential where it is a well-known front end of it", () => {
    const stub = makeStub(({ authorization, host, path }) => {
      if (host === "lscr.io") return { status: 307, headers: { location: `https://ghcr.io${path}` } }
      return authorization === basicOf("github") ? manifestAnswer(bytes) : unauthorized(`Basic realm="ghcr"`)
    })
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const budgets = yield* RateBudgets
      yield* registry.manifest(reference("lscr.io/linuxserver/x:1"))
      const spent = (yield* budgets.snapshot).map(({ key, requests }) => [key.service, key.payer, requests])
      assert.sameDeepMembers(spent, [["lscr.io", "anonymous", 1], ["ghcr.io", "github", 2]])
    }).pipe(Effect.provide(registryOver(stub.client, {}, new Map([["ghcr.io", credential("github")]]))))
  })

  it.effect("does not get there by a front end either", () => {
    const stub = makeStub(({ host, path }) => {
      if (host === "evil.example") {
        return { status: 307, headers: { location: "https://lscr.io/v2/me/private/manifests/1" } }
      }
      return host === "lscr.io"
        ? { status: 307, headers: { location: `https://ghcr.io${path}` } }
        : unauthorized(`Basic realm="ghcr"`)
    })
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const error = yield* Effect.flip(registry.manifest(reference("evil.example/o/n:1")))
      assert.strictEqual(error._tag, "AUTH")
      assert.deepStrictEqual(stub.asked.map(({ authorization, host }) => [host, authorization]), [
        ["evil.example", undefined],
        ["lscr.io", undefined],
        ["ghcr.io", undefined]
      ])
    }).pipe(Effect.provide(registryOver(stub.client, {}, new Map([["ghcr.io", credential("github")]]))))
  })

  it.effect("is asked with its credential by a mirror that sends back to what was meant, and for nothing else", () => {
    const stub = makeStub(({ authorization, host, path }) => {
      if (host === "mirror.example") {
        const meant = path.replace("/v2/evil/", "/v2/private/")
        return { status: 307, headers: { location: `https://reg.example${meant}` } }
      }
      return authorization === basicOf("reg") ? manifestAnswer(bytes) : unauthorized(`Basic realm="reg"`)
    })
    const mirrors = [{ registry: "reg.example", address: new URL("https://mirror.example") }]
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      yield* registry.manifest(reference("reg.example/o/n:1"))
      const error = yield* Effect.flip(registry.manifest(reference("reg.example/evil/n:1")))
      assert.strictEqual(error._tag, "AUTH")
    }).pipe(Effect.provide(registryOver(stub.client, { mirrors }, new Map([["reg.example", credential("reg")]]))))
  })

  it.effect("lists its tags there, page by page", () => {
    const stub = fronted()
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const tags = yield* Stream.runCollect(registry.tags(reference("front.example/o/n")))
      assert.deepStrictEqual([...tags], ["a", "b"])
      assert.deepStrictEqual(stub.asked.slice(-1).map(({ host, path }) => host + path), [
        "back.example/v2/team/o/n/tags/list?last=a"
      ])
    }).pipe(Effect.provide(registryOver(stub.client, {}, front)))
  })

  it.effect("a limit of the other parks the other alone", () => {
    const stub = makeStub(({ host, path }) =>
      host === "front.example"
        ? { status: 307, headers: { location: `https://back.example${path}` } }
        : { status: 429, headers: { "retry-after": "600" } }
    )
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const budgets = yield* RateBudgets
      const error = yield* Effect.flip(registry.resolve(reference("front.example/o/n:1")))
      assert.strictEqual(error._tag === "RATE_LIMIT" ? error.budget.service : "", "back.example")
      assert.strictEqual(yield* budgets.parkedUntil({ service: "front.example", payer: "anonymous" }), 0)
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("registries that send us to each other for ever are an error", () => {
    const stub = makeStub(({ host, path }) => ({
      status: 307,
      headers: { location: `https://${host === "a.example" ? "b.example" : "a.example"}${path}` }
    }))
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const error = yield* Effect.flip(registry.resolve(reference("a.example/o/n:1")))
      assert.strictEqual(error._tag, "TRANSIENT")
      assert.include(error.message, "more than 5 redirects")
      assert.strictEqual(stub.asked.length, 6)
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("has one count of redirects with all others, on the same host and elsewhere", () => {
    const asked = { total: 0 }
    const stub = makeStub(({ host, path }) => {
      asked.total++
      // Twice on the spot, then on to the next registry.
      const [registry = 0, step = 0] = (/r(\d+)s(\d+)/.exec(host + path) ?? []).slice(1).map(Number)
      const next = step < 2 ? `r${registry}s${step + 1}` : `r${registry + 1}s0`
      const to = step < 2 ? host : `reg${registry + 1}.example`
      return { status: 307, headers: { location: `https://${to}/v2/o/n/manifests/${next}` } }
    })
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const error = yield* Effect.flip(registry.resolve(reference("reg0.example/o/n:r0s0")))
      assert.include(error.message, "more than 5 redirects")
      assert.strictEqual(asked.total, 6)
    }).pipe(Effect.provide(registryOver(stub.client)))
  })

  it.effect("gets no writes with the other's credentials", () => {
    const stub = makeStub(({ host, path }) =>
      host === "front.example"
        ? { status: 307, headers: { location: `https://back.example${path}` } }
        : unauthorized(`Basic realm="back"`)
    )
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      const source = { mediaType: "application/vnd.oci.image.manifest.v1+json", bytes }
      const error = yield* Effect.flip(registry.pushManifest(reference("front.example/o/n:1"), source))
      assert.strictEqual(error._tag, "AUTH")
      assert.include(error.message, "back.example")
      assert.isTrue(stub.asked.every(({ authorization }) => authorization === undefined))
    }).pipe(Effect.provide(registryOver(stub.client, {}, new Map([["back.example", credential("back")]]))))
  })
})

const challenging = (realm: string) =>
  makeStub(({ authorization, path }) => {
    if (path.startsWith("/token")) return { body: JSON.stringify({ token: "t" }) }
    return authorization === undefined
      ? unauthorized(`Bearer realm="${realm}/token",service="x"`)
      : manifestAnswer(bytes)
  })

describe("a mirror on this machine", () => {
  const mirrors = [{ registry: "reg.example", address: new URL("http://127.0.0.1:5001") }]

  for (const [of, named] of [["the registry", "reg.example"], ["its own", "127.0.0.1:5001"]] as const) {
    it.effect(`sends a credential of ${of} to no realm off the machine`, () => {
      const stub = challenging("https://auth.example")
      return Effect.gen(function*() {
        const registry = yield* OciRegistry
        const error = yield* Effect.flip(registry.manifest(reference("reg.example/o/n:1")))
        assert.strictEqual(error._tag === "TRANSIENT" ? error.reason : error._tag, "malformed")
        assert.include(error.message, "would leave this machine")
        assert.isTrue(
          stub.asked.every(({ authorization, host }) => host === "127.0.0.1:5001" && authorization === undefined)
        )
      }).pipe(Effect.provide(registryOver(stub.client, { mirrors }, new Map([[named, credential("mine")]]))))
    })
  }

  it.effect("may have its realm here, and send strangers to another", () => {
    const [here, strangers] = [challenging("http://127.0.0.1:5002"), challenging("https://auth.example")]
    return Effect.gen(function*() {
      const read = Effect.flatMap(OciRegistry, (registry) => registry.manifest(reference("reg.example/o/n:1")))
      const credentials = new Map([["reg.example", credential("mine")]])
      yield* Effect.provide(read, registryOver(here.client, { mirrors }, credentials))
      assert.strictEqual(here.asked[1]?.authorization, basicOf("mine"))
      yield* Effect.provide(read, registryOver(strangers.client, { mirrors }))
      assert.strictEqual(strangers.asked[1]?.authorization, undefined)
    })
  })

  it.effect("takes no credential along where it sends readers to the registry", () => {
    const stub = makeStub(({ authorization, host, path }) =>
      host === "127.0.0.1:5001"
        ? { status: 307, headers: { location: `https://reg.example${path}` } }
        : authorization === undefined
        ? manifestAnswer(bytes)
        : unauthorized(`Basic realm="x"`)
    )
    return Effect.gen(function*() {
      const registry = yield* OciRegistry
      yield* registry.manifest(reference("reg.example/o/n:1"))
      assert.deepStrictEqual(stub.asked.map(({ host }) => host), ["127.0.0.1:5001", "reg.example"])
    }).pipe(Effect.provide(registryOver(stub.client, { mirrors }, new Map([["reg.example", credential("mine")]]))))
  })
})
