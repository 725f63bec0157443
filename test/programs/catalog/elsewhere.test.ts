import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Ref, Stream } from "effect"
import type { FoundTag } from "../../../src/domain/CatalogImage.js"
import { digestOf } from "../../../src/domain/ContentDigest.js"
import type { ImageReference } from "../../../src/domain/ImageReference.js"
import * as OciRegistryMemory from "../../../src/layers/registry/OciRegistryMemory.js"
import { lookElsewhere } from "../../../src/programs/catalog/lookElsewhere.js"
import type { ClaimedEntry } from "../../../src/services/ImageCatalog.js"
import { OciRegistry } from "../../../src/services/OciRegistry.js"
import { name } from "../../support/catalogFindings.js"

const image = name("ghcr.io/acme/app")
const indexType = "application/vnd.oci.image.index.v1+json"
const manifestType = "application/vnd.oci.image.manifest.v1+json"
const configType = "application/vnd.oci.image.config.v1+json"

const bytesOf = (document: unknown) => new TextEncoder().encode(JSON.stringify(document))
const descriptor = (bytes: Uint8Array, mediaType: string) => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.byteLength
})
const at = (tag: string): ImageReference => ({ ...image, tag: Option.some(tag), digest: Option.none() })

const claim = (tags: ReadonlyArray<FoundTag> = []): ClaimedEntry => ({
  name: image,
  attempts: 0,
  lookedAt: Option.none(),
  refreshed: Option.none(),
  listing: Option.none(),
  missing: 0,
  tags
})

const makeRegistry = Effect.gen(function*() {
  const registry = yield* Effect.provide(OciRegistry, OciRegistryMemory.layer)
  const calls = yield* Ref.make<ReadonlyArray<string>>([])
  const count = (what: string) => Ref.update(calls, (all) => [...all, what])
  const counted = OciRegistry.of({
    ...registry,
    resolve: (reference, kind) => Effect.zipRight(count("head"), registry.resolve(reference, kind)),
    manifest: (reference) => Effect.zipRight(count("manifest"), registry.manifest(reference)),
    document: (reference) => Effect.zipRight(count("config"), registry.document(reference))
  })
  const keep = (bytes: Uint8Array) =>
    Effect.zipRight(
      registry.pushBlob(image, { digest: digestOf(bytes), size: bytes.byteLength, bytes: Stream.make(bytes) }),
      Effect.succeed(bytes)
    )
  /** A manifest for an architecture, with these labels. */
  const manifest = Effect.fnUntraced(function*(architecture: string, labels: Readonly<Record<string, string>>) {
    const config = yield* keep(bytesOf({ os: "linux", architecture, config: { Labels: labels } }))
    const layer = yield* keep(new TextEncoder().encode(`layer of ${architecture} ${JSON.stringify(labels)}`))
    return bytesOf({
      schemaVersion: 2,
      mediaType: manifestType,
      config: descriptor(config, configType),
      layers: [descriptor(layer, "application/vnd.oci.image.layer.v1.tar+gzip")]
    })
  })
  /** Points a tag to an index of two platforms and an attestation. */
  const publish = Effect.fnUntraced(function*(tag: string, labels: Readonly<Record<string, string>>) {
    const entries = yield* Effect.forEach(["amd64", "arm64"], (architecture) =>
      Effect.gen(function*() {
        const bytes = yield* manifest(architecture, labels)
        yield* registry.pushManifest({ ...image, tag: Option.none(), digest: Option.some(digestOf(bytes)) }, {
          mediaType: manifestType,
          bytes
        })
        return { ...descriptor(bytes, manifestType), platform: { os: "linux", architecture } }
      }))
    const [first] = entries
    const attestation = { ...first, platform: { os: "unknown", architecture: "unknown" } }
    const index = bytesOf({ schemaVersion: 2, mediaType: indexType, manifests: [...entries, attestation] })
    return yield* registry.pushManifest(at(tag), { mediaType: indexType, bytes: index })
  })
  const look = (tags: ReadonlyArray<FoundTag> = [], wanted = Option.some(10)) =>
    Effect.gen(function*() {
      yield* Ref.set(calls, [])
      const found = yield* Effect.provideService(lookElsewhere(wanted)(claim(tags)), OciRegistry, counted)
      const asked = yield* Ref.get(calls)
      const count = (what: string) => asked.filter((call) => call === what).length
      return { ...found, head: count("head"), manifest: count("manifest"), config: count("config") }
    })
  return { registry, publish, manifest, look }
})

const tagsOf = (found: { readonly tags: Effect.Effect.Success<ReturnType<typeof lookOf>>["tags"] }) =>
  Option.getOrThrow(found.tags).tags
const lookOf = lookElsewhere(Option.none())

describe("a look at an image elsewhere than on Docker Hub", () => {
  it.effect("reads tags, platforms, sizes and labels, and guesses nothing", () =>
    Effect.gen(function*() {
      const { look, publish } = yield* makeRegistry
      yield* publish("1.0", {})
      yield* publish("1.1", {
        "org.opencontainers.image.licenses": "MIT",
        "org.opencontainers.image.source": "https://github.com/acme/app",
        "org.opencontainers.image.description": "An app"
      })
      const found = yield* look()
      const [newest, older] = tagsOf(found)
      assert.deepStrictEqual([newest?.tag, older?.tag], ["1.1", "1.0"])
      assert.deepStrictEqual(newest?.platforms.map(({ platform }) => platform), ["linux/amd64", "linux/arm64"])
      assert.isTrue(newest?.platforms.every(({ size }) => Option.isSome(size)))
      assert.lengthOf(newest?.attestations ?? [], 1)
      const answer = Option.getOrThrow(found.image)
      assert.strictEqual(answer._tag, "Found")
      if (answer._tag === "Found") {
        assert.deepInclude(answer.found, {
          description: "An app",
          licence: Option.some("MIT"),
          source: Option.some("https://github.com/acme/app"),
          logo: Option.none()
        })
        assert.isTrue(Option.isNone(answer.counters))
      }
      assert.isTrue(Option.getOrThrow(found.tags).complete)
    }))

  it.effect("takes no size from a manifest whose lengths together are no table's", () =>
    Effect.gen(function*() {
      const { look, manifest, registry } = yield* makeRegistry
      const image: object = JSON.parse(new TextDecoder().decode(yield* manifest("amd64", {})))
      const layers = ["one", "two"].map((mark) => ({
        ...descriptor(bytesOf(mark), "application/vnd.oci.image.layer.nondistributable.v1.tar"),
        size: Number.MAX_SAFE_INTEGER
      }))
      yield* registry.pushManifest(at("1.0"), { mediaType: manifestType, bytes: bytesOf({ ...image, layers }) })
      const tags = tagsOf(yield* look())
      assert.deepStrictEqual(tags.map(({ size }) => size), [Option.none()])
    }))

  it.effect("reads nothing twice by its digest: a HEAD for each tag, and what is new", () =>
    Effect.gen(function*() {
      const { look, publish, registry } = yield* makeRegistry
      yield* publish("1.0", {})
      yield* publish("1.1", { "org.opencontainers.image.licenses": "MIT" })
      const bytes = (yield* registry.manifest(at("1.1"))).bytes
      yield* registry.pushManifest(at("latest"), { mediaType: indexType, bytes })
      const first = yield* look()
      const known = tagsOf(first)
      assert.deepStrictEqual(known.map(({ tag }) => tag), ["latest", "1.1", "1.0"])
      const again = yield* look(known)
      assert.deepStrictEqual([again.head, again.manifest, again.config], [3, 0, 0])
      assert.isTrue(Option.isNone(again.image))
      assert.deepStrictEqual(tagsOf(again), known)
      yield* publish("1.2", { a: "b" })
      const moved = yield* look(known)
      assert.deepStrictEqual([moved.head, moved.manifest], [4, 3])
    }))

  it.effect("reads a single manifest with its config, and one with neither platform nor layers", () =>
    Effect.gen(function*() {
      const { look, manifest, registry } = yield* makeRegistry
      yield* registry.pushManifest(at("one"), {
        mediaType: manifestType,
        bytes: yield* manifest("s390x", { "org.opencontainers.image.licenses": " " })
      })
      const found = yield* look()
      assert.deepStrictEqual(
        tagsOf(found).map(({ platforms }) => platforms.map(({ platform }) => platform)),
        [["linux/s390x"]]
      )
      const answer = Option.getOrThrow(found.image)
      if (answer._tag === "Found") assert.isTrue(Option.isNone(answer.found.licence))
      yield* registry.pushManifest(at("empty"), {
        mediaType: indexType,
        bytes: bytesOf({ schemaVersion: 2, manifests: [] })
      })
      assert.lengthOf(tagsOf(yield* look()), 2)
    }))

  it.effect("takes as many tags as are wanted, and a registry's 404 for its word", () =>
    Effect.gen(function*() {
      const { look, publish } = yield* makeRegistry
      assert.deepStrictEqual((yield* look()).image, Option.some({ _tag: "Gone" }))
      for (const tag of ["1.0", "1.1", "1.2", `sha256-${"a".repeat(64)}.sig`]) yield* publish(tag, {})
      const found = yield* look([], Option.some(2))
      assert.deepStrictEqual(tagsOf(found).map(({ tag }) => tag), ["1.2", "1.1"])
      assert.deepInclude(Option.getOrThrow(found.tags), { complete: true, count: 3 })
    }))
})
