import { assert, describe, it } from "@effect/vitest"
import { Clock, DateTime, Effect, Either, Layer, Option, Stream } from "effect"
import { digestOf } from "../../../src/domain/ContentDigest.js"
import { type CensusError, RateLimit, Transient } from "../../../src/domain/Errors.js"
import { type ImageReference, parseNormalized } from "../../../src/domain/ImageReference.js"
import * as Documents from "../../../src/domain/OciDocuments.js"
import type { ClaimedSource, SourceResult } from "../../../src/domain/RegistryCheck.js"
import { sourceKey } from "../../../src/domain/Verification.js"
import * as GitHubProbeMemory from "../../../src/layers/github/GitHubProbeMemory.js"
import * as OciRegistryMemory from "../../../src/layers/registry/OciRegistryMemory.js"
import * as Breaker from "../../../src/programs/sync/breaker.js"
import { makeSourceLook } from "../../../src/programs/sync/sourceLooks.js"
import { GitHubProbe } from "../../../src/services/GitHubProbe.js"
import type { OciRegistry } from "../../../src/services/OciRegistry.js"

type Registry = OciRegistry["Type"]
type Texts = Readonly<Record<string, string>>

const source = "org.opencontainers.image.source"
const bytesOf = (document: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(document))
const reference = (name: string, tag: string) => ({
  ...Either.getOrThrow(parseNormalized(name)),
  tag: tag === "" ? Option.none<string>() : Option.some(tag)
})

interface Pushed {
  readonly labels?: Texts
  readonly annotations?: Texts
  readonly architecture?: string
  readonly configType?: string
}

/** Pushes an image of one platform; without a tag it is a child of an index. */
const pushImage = (registry: Registry, name: string, tag: string, image: Pushed = {}) =>
  Effect.gen(function*() {
    const { annotations, architecture = "amd64", configType = Documents.ociConfigType, labels = {} } = image
    const config = bytesOf({
      architecture,
      os: "linux",
      config: { Labels: labels },
      rootfs: { type: "layers", diff_ids: [] }
    })
    const digest = digestOf(config)
    yield* registry.pushBlob(reference(name, ""), { digest, size: config.byteLength, bytes: Stream.make(config) })
    const manifest = bytesOf({
      schemaVersion: 2,
      mediaType: Documents.ociManifestType,
      config: { mediaType: configType, digest, size: config.byteLength },
      layers: [],
      ...(annotations === undefined ? {} : { annotations })
    })
    yield* registry.pushManifest(
      { ...reference(name, tag), digest: tag === "" ? Option.some(digestOf(manifest)) : Option.none() },
      { mediaType: Documents.ociManifestType, bytes: manifest }
    )
    return {
      mediaType: Documents.ociManifestType,
      digest: digestOf(manifest),
      size: manifest.byteLength,
      platform: { os: "linux", architecture }
    }
  })

const pushIndex = (
  registry: Registry,
  name: string,
  tag: string,
  manifests: ReadonlyArray<unknown>,
  annotations?: Texts
) =>
  registry.pushManifest(reference(name, tag), {
    mediaType: Documents.ociIndexType,
    bytes: bytesOf({
      schemaVersion: 2,
      mediaType: Documents.ociIndexType,
      manifests,
      ...(annotations === undefined ? {} : { annotations })
    })
  })

const name = "ghcr.io/acme/app"
const claim: ClaimedSource = {
  image: name,
  registry: "ghcr.io",
  attempts: 0,
  digest: Option.none(),
  claimants: ["acme/app"]
}

const files = { headOid: Option.none<string>(), dockerfiles: [] }
const world = GitHubProbeMemory.layer([
  ["acme/app", { repository: { owner: "Acme", name: "App" }, ...files }],
  ["acme/before", { repository: { owner: "Acme", name: "App" }, ...files }],
  ["upstream/base", { repository: { owner: "upstream", name: "base" }, ...files }]
])

const look = (registry: Registry, over: Partial<ClaimedSource> = {}) =>
  Effect.gen(function*() {
    const read = yield* makeSourceLook(registry, Breaker.makeGuards("verification"))
    return yield* read({ ...claim, ...over })
  }).pipe(Effect.provide(world))

const named = (name: string): Pushed => ({ labels: { [source]: `https://github.com/${name}` } })

const saying = (result: SourceResult | { readonly _tag: "Deferred" }) =>
  result._tag === "Says" ? `${result.tag}: ${sourceKey(result.label.source)}` : result._tag

/** What a look at these contents of a registry ends in, and how many manifests it took. */
const ends = <E>(push: (registry: Registry) => Effect.Effect<unknown, E>, over: Partial<ClaimedSource> = {}) =>
  Effect.gen(function*() {
    const registry = OciRegistryMemory.make()
    yield* push(registry)
    const { pulls, result } = yield* look(registry, over)
    return [saying(result), pulls] as const
  })

describe("a look at what an image says of its origin", () => {
  it.effect("reads the config's label with one manifest", () =>
    Effect.gen(function*() {
      const labels = { [source]: "https://github.com/Acme/App" }
      assert.deepStrictEqual(
        yield* ends((registry) => pushImage(registry, name, "latest", { labels })),
        ["latest: github.com/acme/app", 1]
      )
    }))

  it.effect("reads one platform of an index, and never an attestation", () =>
    Effect.gen(function*() {
      const push = Effect.fnUntraced(function*(registry: Registry) {
        const attestation = yield* pushImage(registry, name, "", {
          labels: { [source]: "https://github.com/no/attestation" }
        })
        const arm = yield* pushImage(registry, name, "", {
          architecture: "arm64",
          labels: { [source]: "https://github.com/arm/only" }
        })
        const intel = yield* pushImage(registry, name, "", { labels: { [source]: "https://github.com/acme/app" } })
        yield* pushIndex(registry, name, "latest", [
          {
            ...attestation,
            platform: { os: "unknown", architecture: "unknown" },
            annotations: { "vnd.docker.reference.type": "attestation-manifest" }
          },
          arm,
          intel
        ])
      })
      assert.deepStrictEqual(yield* ends(push), ["latest: github.com/acme/app", 2])
    }))

  it.effect("takes annotations where the config says nothing", () =>
    Effect.gen(function*() {
      const annotations = { [source]: "https://github.com/acme/app" }
      assert.deepStrictEqual(
        yield* ends((registry) => pushImage(registry, name, "latest", { annotations })),
        ["latest: github.com/acme/app", 1]
      )
      const push = Effect.fnUntraced(function*(registry: Registry) {
        yield* pushIndex(registry, name, "latest", [yield* pushImage(registry, name, "")], annotations)
      })
      assert.deepStrictEqual(yield* ends(push), ["latest: github.com/acme/app", 2])
    }))

  it.effect("takes the annotations of an index's descriptor, which official images have", () =>
    Effect.gen(function*() {
      const annotations = { [source]: "https://github.com/acme/app.git#0123456789:mainline/debian" }
      const push = Effect.fnUntraced(function*(registry: Registry) {
        const child = yield* pushImage(registry, name, "")
        yield* pushIndex(registry, name, "latest", [{ ...child, annotations }], {
          [source]: "https://github.com/no/body"
        })
      })
      assert.deepStrictEqual(yield* ends(push), ["latest: github.com/acme/app", 2])
    }))

  it.effect("is silent where nothing names a repository", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* ends((registry) => pushImage(registry, name, "latest")), ["Silent", 1])
    }))

  it.effect("reads the highest release where there is no latest", () =>
    Effect.gen(function*() {
      const push = Effect.fnUntraced(function*(registry: Registry) {
        for (const tag of ["1.9.0", "1.10.0", "2.0.0-rc.1", "edge"]) {
          yield* pushImage(registry, name, tag, { labels: { [source]: "https://github.com/acme/app", tag } })
        }
      })
      assert.deepStrictEqual(yield* ends(push), ["1.10.0: github.com/acme/app", 2])
    }))

  it.effect("takes nothing for said where there is nothing to read", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* ends(() => Effect.void))[0], "Unreadable")
      assert.deepStrictEqual((yield* ends((registry) => pushIndex(registry, name, "latest", [])))[0], "Unreadable")
    }))

  it.effect("asks for no manifest where the digest is that of the last time", () =>
    Effect.gen(function*() {
      const registry = OciRegistryMemory.make()
      const { digest } = yield* pushImage(registry, name, "latest")
      const { pulls, result } = yield* look(registry, { digest: Option.some(digest) })
      assert.deepStrictEqual([result._tag, pulls], ["Unchanged", 0])
    }))

  it.effect("does not take what was inherited from the base for the image's own", () =>
    Effect.gen(function*() {
      const inherited = { [source]: "https://github.com/upstream/base" }
      const push = Effect.fnUntraced(function*(registry: Registry) {
        yield* pushImage(registry, "docker.io/upstream/base", "3", { labels: inherited })
        yield* pushImage(registry, name, "latest", {
          labels: { ...inherited, "org.opencontainers.image.base.name": "docker.io/upstream/base:3" }
        })
      })
      assert.deepStrictEqual(yield* ends(push), ["Silent", 1])
      assert.deepStrictEqual(
        yield* ends((registry) => pushImage(registry, name, "latest", { labels: inherited })),
        ["latest: github.com/upstream/base", 1]
      )
    }))

  it.effect("follows a name that the repository had before it was known here", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* ends((registry) => pushImage(registry, name, "latest", named("acme/before"))),
        ["latest: github.com/acme/app", 1]
      )
      // Of a repository that GitHub does not know, the name stays.
      assert.deepStrictEqual(
        yield* ends((registry) => pushImage(registry, name, "latest", named("gone/away"))),
        ["latest: github.com/gone/away", 1]
      )
    }))
})

const base = "org.opencontainers.image.base.name"

/** Images of which each names a base, and a look at each with guards that they share. */
const looking = (registry: Registry) =>
  Effect.map(
    makeSourceLook(registry, Breaker.makeGuards("verification")),
    (read) => (image: string, labels: Texts = {}) =>
      Effect.zipRight(
        pushImage(registry, image, "latest", { labels: { [source]: "https://github.com/acme/app", ...labels } }),
        read({ ...claim, image })
      )
  )

/** A registry of which everything outside of `ghcr.io` fails in a way, and what was asked for there. */
const troubled = (failure: CensusError) => {
  const registry = OciRegistryMemory.make()
  const asked: Array<string> = []
  const fail = (reference: ImageReference) =>
    Effect.suspend(() => {
      asked.push(reference.registry)
      return Effect.fail(failure)
    })
  const namedBy: Registry["namedBy"] = (image) => ({ ...registry.namedBy(image), manifest: fail, document: fail })
  return { registry: { ...registry, namedBy }, asked }
}

const inTrouble = new Transient({ service: "docker.io", reason: "server", message: "HTTP 503" })

describe("names in the labels of images", () => {
  const strange = [
    "127.0.0.1:5000/x:1",
    "localhost/x:1",
    "localhost:5000/x:1",
    "10.0.0.9/library/base:1",
    "169.254.169.254/latest/meta-data:1",
    "[::1]:5000/x:1",
    "[fd00:ec2::254]/x:1",
    "evil.example/x:1",
    "256.256.256.256/library/base:1",
    "foo.bar:99999/x:1",
    "0x7f.1/x:1",
    "xn--a.example/x:1"
  ]

  for (const named of strange) {
    it.effect(`are not asked for at ${named}: then the base is not known`, () =>
      Effect.gen(function*() {
        const { asked, registry } = troubled(inTrouble)
        const read = yield* looking(registry)
        const { result } = yield* read(name, { [base]: named })
        assert.strictEqual(saying(result), "latest: github.com/acme/app")
        assert.deepStrictEqual(asked, [])
      }).pipe(Effect.provide(world)))
  }

  it.effect("are asked for at the registry of the image itself, and at those that everybody knows", () =>
    Effect.gen(function*() {
      const labels = { [source]: "https://github.com/acme/app" }
      for (const at of ["ghcr.io/acme/base", "quay.io/acme/base", "own.example/acme/base"]) {
        const registry = OciRegistryMemory.make()
        yield* pushImage(registry, at, "1", { labels })
        const read = yield* looking(registry)
        const image = at.startsWith("own") ? "own.example/acme/app" : name
        assert.strictEqual(saying((yield* read(image, { [base]: `${at}:1` })).result), "Silent", at)
      }
    }).pipe(Effect.provide(world)))

  it.effect("are read at the registry of the image itself where they could not be for an image elsewhere", () =>
    Effect.gen(function*() {
      const registry = OciRegistryMemory.make()
      yield* pushImage(registry, "quay.io/acme/base", "1", { labels: { [source]: "https://github.com/acme/app" } })
      // What another image sends us to goes no further than the internet, and this name does.
      const namedBy: Registry["namedBy"] = (image) => {
        const reads = registry.namedBy(image)
        return image.registry === "quay.io" ? reads : { ...reads, manifest: () => Effect.fail(inTrouble) }
      }
      const read = yield* looking({ ...registry, namedBy })
      const labels = { [base]: "quay.io/acme/base:1" }
      assert.strictEqual((yield* read("ghcr.io/stranger/app", labels)).result._tag, "Deferred")
      assert.strictEqual(saying((yield* read("quay.io/acme/app", labels)).result), "Silent")
    }).pipe(Effect.provide(world)))

  it.effect("cost the image's registry nothing where they fail: theirs is left alone then", () =>
    Effect.gen(function*() {
      const { asked, registry } = troubled(inTrouble)
      const read = yield* looking(registry)
      for (const index of [1, 2, 3, 4, 5]) {
        const { basePulls, pulls, result } = yield* read(`ghcr.io/acme/built-${index}`, {
          [base]: `docker.io/acme/base:${index}`
        })
        assert.strictEqual(
          result._tag === "Deferred" ? result.reason : "",
          index > 3 ? "verification at docker.io keeps failing" : "server: HTTP 503"
        )
        assert.deepStrictEqual([pulls, basePulls], [1, { registry: "docker.io", pulls: index > 3 ? 0 : 1 }])
      }
      assert.strictEqual(asked.length, 3)
      // Images without such a base are read as before.
      assert.strictEqual(saying((yield* read("ghcr.io/acme/plain")).result), "latest: github.com/acme/app")
    }).pipe(Effect.provide(world)))

  it.effect("put the image off until their registry wants to be asked again, and nobody waits", () =>
    Effect.gen(function*() {
      const until = 20_000
      const { registry } = troubled(
        new RateLimit({
          budget: { service: "docker.io", payer: "anonymous" },
          until: DateTime.unsafeMake(until),
          reason: "429"
        })
      )
      const read = yield* looking(registry)
      const { result } = yield* read(name, { [base]: "alpine:3" })
      assert.isTrue(result._tag === "Deferred" && result.notBefore >= until)
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
    }).pipe(Effect.provide(world)))

  it.effect("of repositories cost the image's registry nothing where GitHub fails", () =>
    Effect.gen(function*() {
      const down = new Transient({ service: "github", reason: "server", message: "HTTP 502" })
      const github = Layer.succeed(
        GitHubProbe,
        GitHubProbe.of({ ...(yield* GitHubProbe), probe: () => Effect.fail(down) })
      )
      const read = yield* Effect.provide(looking(OciRegistryMemory.make()), github)
      for (const index of [1, 2, 3, 4]) {
        const { result } = yield* read(`ghcr.io/acme/other-${index}`, { [source]: "https://github.com/acme/before" })
        assert.strictEqual(result._tag, "Deferred")
      }
      assert.strictEqual(saying((yield* read("ghcr.io/acme/plain")).result), "latest: github.com/acme/app")
    }).pipe(Effect.provide(world)))

  it.effect("of one base are asked for once, however many images are built on it", () =>
    Effect.gen(function*() {
      const registry = OciRegistryMemory.make()
      yield* pushImage(registry, "docker.io/acme/base", "1", { labels: { [source]: "https://github.com/acme/app" } })
      const read = yield* looking(registry)
      const pulls = yield* Effect.forEach([1, 2, 3], (index) =>
        Effect.map(
          read(`ghcr.io/acme/built-${index}`, { [base]: "docker.io/acme/base:1" }),
          ({ basePulls, result }) => [
            saying(result),
            basePulls?.pulls
          ]
        ))
      assert.deepStrictEqual(pulls, [["Silent", 1], ["Silent", 0], ["Silent", 0]])
    }).pipe(Effect.provide(world)))
})
