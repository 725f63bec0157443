import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import { digestOf } from "../../../src/domain/ContentDigest.js"
import type { CensusError } from "../../../src/domain/Errors.js"
import * as Budgets from "../../../src/layers/budgets/RateBudgetsMemory.js"
import * as HttpClientUndici from "../../../src/layers/http/HttpClientUndici.js"
import * as CacheMemory from "../../../src/layers/registry/ContentCacheMemory.js"
import * as OciRegistryHttp from "../../../src/layers/registry/OciRegistryHttp.js"
import type { OciRegistryOptions } from "../../../src/layers/registry/options.js"
import * as CredentialsMemory from "../../../src/layers/registry/RegistryCredentialsMemory.js"
import { OciRegistry } from "../../../src/services/OciRegistry.js"
import { countingPort, proxying, resolving, serving } from "../../support/outside.js"
import { imageBytes, manifestType, reference } from "./stub.js"

type Registry = OciRegistry["Type"]

const program = { version: "0.0.0", address: "https://example.org" }

/** The client as the program has it, over sockets. */
const over = (http: Partial<HttpClientUndici.HttpClientOptions>, options: OciRegistryOptions = {}) =>
  OciRegistryHttp.layer({ retries: 0, ...options }).pipe(
    Layer.provide(Layer.mergeAll(
      HttpClientUndici.layer({ ...program, ...http }),
      Budgets.layer,
      CacheMemory.layer(),
      CredentialsMemory.layer(new Map())
    ))
  )

const names = {
  "registry.example": ["8.8.8.8"],
  "cdn.example": ["8.8.4.4", "2606:4700::1111"],
  "loop.example": ["127.0.0.1"],
  "private.example": ["10.0.0.9"],
  "meta.example": ["169.254.169.254"],
  "ula.example": ["fd12::1"],
  "two-faced.example": ["8.8.8.8", "192.168.0.1"],
  "ghcr.io": ["8.8.8.8"],
  "quay.io": ["10.0.0.9"],
  "harbor.example": ["10.0.0.9"]
}

const resolve = resolving(names)

const literals = [
  "127.0.0.1",
  "localhost",
  "0.0.0.0",
  "[::1]",
  "[::ffff:127.0.0.1]",
  "2130706433",
  "10.0.0.9",
  "192.168.0.1",
  "172.16.0.1",
  "100.64.0.1",
  "100.100.100.200",
  "169.254.169.254",
  "[fe80::1]",
  "[fd00:ec2::254]",
  "[fd12::1]",
  "metadata.google.internal"
]

const refusedNames = ["loop.example", "private.example", "meta.example", "ula.example", "two-faced.example"]

const json = { "content-type": "application/json" }

// A registry that sends us to a host, in every way in which a registry can.
const sendingTo = (host: () => string) => (request: IncomingMessage, response: ServerResponse): void => {
  const url = request.url ?? ""
  const base = `https://${host()}`
  request.resume()
  if (url.includes("/realm/")) {
    response.writeHead(401, { ...json, "www-authenticate": `Bearer realm="${base}/token",service="x"` }).end("{}")
  } else if (request.method === "POST") response.writeHead(202, { location: `${base}/upload` }).end()
  else if (url.includes("/page/")) {
    response.writeHead(200, { ...json, link: `<${base}/v2/page/x/tags/list?last=a>; rel="next"` })
      .end(JSON.stringify({ tags: ["a"] }))
  } else if (url.includes("/store/")) response.writeHead(307, { location: `${base}/blob?signature=x` }).end()
  else response.writeHead(307, { location: `${base}/v2/o/n/manifests/1` }).end()
}

const bytes = imageBytes("a")
const digest = digestOf(bytes)

const ways: Readonly<Record<string, (registry: Registry, host: string) => Effect.Effect<void, CensusError>>> = {
  "a redirect of a GET": (registry, host) => Effect.asVoid(registry.manifest(reference(`${host}/o/x:1`))),
  "a redirect of a HEAD": (registry, host) => Effect.asVoid(registry.resolve(reference(`${host}/o/x:1`))),
  "a redirect to a store": (registry, host) => Effect.asVoid(registry.document(reference(`${host}/store/x@${digest}`))),
  "a realm": (registry, host) => Effect.asVoid(registry.manifest(reference(`${host}/realm/x:1`))),
  "an upload's place": (registry, host) =>
    Effect.asVoid(registry.pushBlob(reference(`${host}/push/x`), {
      digest,
      size: bytes.byteLength,
      bytes: Stream.make(bytes)
    })),
  "a next page": (registry, host) => Stream.runDrain(registry.tags(reference(`${host}/page/x`)))
}

describe("where a registry on the internet sends us", () => {
  for (const [way, ask] of Object.entries(ways)) {
    it.scopedLive(`${way} leads to no address that is not public, by none of its names`, () =>
      Effect.gen(function*() {
        const target = { host: "" }
        const { asked, proxy } = yield* proxying(sendingTo(() => target.host))
        const endpoints = [{ registry: "registry.example", address: new URL("http://registry.example") }]
        const layer = over({ lookup: resolve, proxy: { http: proxy, https: proxy } }, { mirrors: endpoints })
        yield* Effect.gen(function*() {
          const registry = yield* OciRegistry
          for (const host of [...literals, ...refusedNames]) {
            target.host = host
            const error = yield* Effect.flip(ask(registry, "registry.example"))
            assert.strictEqual(error._tag === "TRANSIENT" ? error.reason : error._tag, "malformed", host)
          }
          assert.isAtLeast(asked.length, 1)
          assert.deepStrictEqual([...new Set(asked)], ["registry.example:80"])
          // What is on the internet is asked, and what only the proxy can resolve is the proxy's to judge.
          for (const host of ["cdn.example", "known-to-the-proxy.example"]) {
            target.host = host
            yield* Effect.flip(ask(registry, "registry.example"))
            assert.strictEqual(asked.includes(`${host}:443`), way !== "a next page", host)
          }
        }).pipe(Effect.provide(layer))
      }))
  }
})

describe("where a registry of one's own sends us", () => {
  it.scopedLive("is this machine as well where it is here, but never a metadata service, whatever its name", () =>
    Effect.gen(function*() {
      const target = { host: "" }
      const host = new URL(yield* serving(sendingTo(() => target.host))).host
      const here = yield* countingPort
      yield* Effect.gen(function*() {
        const registry = yield* OciRegistry
        for (const address of ["169.254.169.254", "meta.example", "[fd00:ec2::254]", "100.100.100.200"]) {
          for (const [way, ask] of Object.entries(ways)) {
            target.host = address
            const error = yield* Effect.flip(ask(registry, host))
            assert.strictEqual(error._tag === "TRANSIENT" ? error.reason : error._tag, "malformed", `${way} ${address}`)
          }
        }
        target.host = `loop.example:${here.port}`
        yield* Effect.flip(registry.manifest(reference(`${host}/o/x:1`)))
        assert.strictEqual(here.counted.connections, 1)
      }).pipe(Effect.provide(over({ lookup: resolve })))
    }))
})

describe("where a label sends us", () => {
  it.scopedLive("is a registry that everybody knows or a person configured, and no address of this machine or its networks", () =>
    Effect.gen(function*() {
      const here = yield* countingPort
      const own = `loop.example:${here.port}`
      const seen: Array<string> = []
      const lookup: typeof resolve = (host, options, callback) => {
        seen.push(host)
        resolve(host, options, callback)
      }
      yield* Effect.gen(function*() {
        const registry = yield* OciRegistry
        const named = registry.namedBy(reference("ghcr.io/acme/app"))
        const hosts = [`127.0.0.1:${here.port}`, `localhost:${here.port}`, `[::1]:${here.port}`]
        for (const host of [...hosts, "evil.example", `elsewhere.example:${here.port}`, "cdn.example"]) {
          const error = yield* Effect.flip(named.manifest(reference(`${host}/o/x:1`)))
          assert.strictEqual(error._tag === "AUTH" ? error.scope : error._tag, "one", host)
        }
        assert.deepStrictEqual(seen, [])
        // Names that are asked for are held to the internet when they are resolved.
        for (const host of [own, "quay.io"]) {
          const error = yield* Effect.flip(named.manifest(reference(`${host}/o/x:1`)))
          assert.strictEqual(error._tag === "TRANSIENT" ? error.reason : error._tag, "malformed", host)
          assert.match(error.message, /in a (?:loopback|private) network/)
        }
        assert.strictEqual(here.counted.connections, 0)
        // A person may ask for it.
        yield* Effect.flip(registry.manifest(reference(`${own}/o/x:1`)))
        assert.strictEqual(here.counted.connections, 1)
      }).pipe(Effect.provide(over({ lookup }, { configured: [own, `127.0.0.1:${here.port}`] })))
    }))

  it.scopedLive("is the mirror that a person set for the registry, wherever it is", () =>
    Effect.gen(function*() {
      const address = new URL(
        yield* serving((request, response) => {
          request.resume()
          response.writeHead(200, { "content-type": manifestType }).end(bytes)
        })
      )
      yield* Effect.gen(function*() {
        const registry = yield* OciRegistry
        const found = yield* registry.namedBy(reference("ghcr.io/acme/app")).manifest(reference("alpine:3"))
        assert.strictEqual(found.digest, digest)
      }).pipe(Effect.provide(over({ lookup: resolve }, { mirrors: [{ registry: "docker.io", address }] })))
    }))
})
