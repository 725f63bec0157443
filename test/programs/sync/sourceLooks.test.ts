import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Option, Stream } from "effect"
import { digestOf } from "../../../src/domain/ContentDigest.js"
import { parseNormalized } from "../../../src/domain/ImageReference.js"
import * as Documents from "../../../src/domain/OciDocuments.js"
import type { ClaimedSource, SourceResult } from "../../../src/domain/RegistryCheck.js"
import { sourceKey } from "../../../src/domain/Verification.js"
import * as GitHubProbeMemory from "../../../src/layers/github/GitHubProbeMemory.js"
import * as OciRegistryMemory from "../../../src/layers/registry/OciRegistryMemory.js"
import * as Breaker from "../../../src/programs/sync/breaker.js"
import { makeSourceLook } from "../../../src/programs/sync/sourceLooks.js"
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
    const read = yield* makeSourceLook(registry, yield* Breaker.make("ghcr.io"))
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
      assert.deepStrictEqual(yield* ends(push), ["Silent", 2])
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
