import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, FastCheck as fc, Ref } from "effect"
import { createHash } from "node:crypto"
import { Digest } from "../../src/domain/Digest.js"
import * as Index from "../../src/domain/ImageIndex.js"
import { parseNormalized } from "../../src/domain/ImageReference.js"
import { sortManifests } from "../../src/domain/IndexOrder.js"
import * as Oci from "../../src/domain/OciDocuments.js"

const reference = (text: string) => Either.getOrThrow(parseNormalized(text))
const arch = "com.docker.official-images.bashbrew.arch"

interface Stored {
  readonly mediaType: string
  readonly digest: Digest
  readonly bytes: Uint8Array
  readonly size: number
}

const store = (mediaType: string, document: unknown): Stored => {
  const bytes = new TextEncoder().encode(JSON.stringify(document))
  const digest = Digest.make(`sha256:${createHash("sha256").update(bytes).digest("hex")}`)
  return { mediaType, digest, bytes, size: bytes.byteLength }
}

const described = ({ digest, mediaType, size }: Stored, more: object = {}) => ({ mediaType, digest, size, ...more })

const image = (
  platform: object,
  types = { config: Oci.ociConfigType, manifest: Oci.ociManifestType },
  more: object = {}
) => {
  const config = store(types.config, { ...platform, rootfs: { type: "layers", diff_ids: [] } })
  const manifest = store(types.manifest, { schemaVersion: 2, config: described(config), layers: [], ...more })
  return { config, manifest }
}

const digestOf = (number: number) => `sha256:${String(number).padStart(64, "0")}`

const synthesize = (name: string, found: Stored, objects: ReadonlyArray<Stored>) =>
  Effect.gen(function*() {
    const asked = yield* Ref.make<ReadonlyArray<string>>([])
    const get = (descriptor: Index.FoundDescriptor) =>
      Ref.update(asked, (before) => [...before, descriptor.digest]).pipe(
        Effect.zipRight(Effect.fromNullable(objects.find(({ digest }) => digest === descriptor.digest)?.bytes)),
        Effect.mapError(() => "missing" as const)
      )
    const index = yield* Index.synthesizeIndex(reference(name), found, { manifest: get, blob: get })
    return { index, asked: yield* Ref.get(asked) }
  })

describe("synthesizeIndex", () => {
  it.effect("wraps a single image, and asks only for its config", () =>
    Effect.gen(function*() {
      const { config, manifest } = image(
        { architecture: "amd64", os: "windows", "os.version": "10.0.1" },
        { config: Oci.dockerConfigType, manifest: Oci.dockerManifestType }
      )
      const { asked, index } = yield* synthesize("docker.io/library/hello-world:linux", manifest, [config])
      const name = `hello-world:linux@${manifest.digest}`
      assert.deepStrictEqual(asked, [config.digest])
      assert.strictEqual(
        JSON.stringify(index),
        JSON.stringify({
          schemaVersion: 2,
          mediaType: Oci.dockerListType,
          manifests: [{
            mediaType: Oci.dockerManifestType,
            digest: manifest.digest,
            size: manifest.size,
            annotations: { [arch]: "windows-amd64", "org.opencontainers.image.ref.name": name },
            platform: { architecture: "amd64", os: "windows", "os.version": "10.0.1" }
          }],
          annotations: { "org.opencontainers.image.ref.name": name }
        })
      )
    }))

  it.effect("completes an index: doubles, platforms, architectures, attestations, data", () =>
    Effect.gen(function*() {
      const known = image({ architecture: "arm64", os: "linux" })
      const found = image({ architecture: "arm", os: "linux" })
      const artifact = store(Oci.ociManifestType, {
        schemaVersion: 2,
        config: { mediaType: "application/vnd.oci.empty.v1+json", digest: found.config.digest, size: 2 },
        layers: []
      })
      const attest = (subject: Stored, text: string) =>
        described(store(Oci.ociManifestType, { text }), {
          platform: { architecture: "unknown", os: "unknown" },
          annotations: {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": subject.digest,
            [arch]: "lies"
          }
        })
      const index = store(Oci.ociIndexType, {
        schemaVersion: 0,
        manifests: [
          attest(known.manifest, "before its subject"),
          described(known.manifest, {
            platform: { architecture: "aarch64", os: "Linux" },
            annotations: { z: "1", [arch]: "lies", a: "2" },
            data: "e30="
          }),
          described(known.manifest, { annotations: { second: "ignored" } }),
          described(found.manifest, { platform: { architecture: "", os: "" } }),
          described(artifact, { annotations: { [arch]: "amd64" } }),
          attest(store(Oci.ociManifestType, "elsewhere"), "orphan")
        ]
      })
      const { asked, index: made } = yield* synthesize("ghcr.io/o/n", index, [found.manifest, found.config, artifact])
      assert.strictEqual(made.mediaType, Oci.ociIndexType)
      assert.strictEqual(made.schemaVersion, 2)
      assert.deepStrictEqual(made.annotations, { "org.opencontainers.image.ref.name": `ghcr.io/o/n@${index.digest}` })
      assert.deepStrictEqual(
        made.manifests.map((entry) => [entry.digest, entry.annotations[arch], entry.platform]),
        [
          [attest(known.manifest, "before its subject").digest, "arm64v8", { architecture: "unknown", os: "unknown" }],
          [known.manifest.digest, "arm64v8", { architecture: "arm64", os: "linux", variant: "v8" }],
          [found.manifest.digest, "arm32v7", { architecture: "arm", os: "linux", variant: "v7" }],
          [artifact.digest, undefined, undefined]
        ]
      )
      assert.deepStrictEqual(Object.keys(made.manifests[1]?.annotations ?? {}), [
        "a",
        arch,
        "org.opencontainers.image.ref.name",
        "z"
      ])
      assert.notProperty(made.manifests[1], "data")
      assert.sameMembers([...asked], [found.manifest.digest, found.config.digest, artifact.digest])
    }))

  it.effect("refuses what is no image, and hands on what a lookup says", () =>
    Effect.gen(function*() {
      const blob = store("application/json", {})
      assert.strictEqual((yield* Effect.flip(synthesize("a", blob, []))).toString().includes("neither an image"), true)
      const future = store(Oci.ociIndexType, { schemaVersion: 3 })
      assert.include(String(yield* Effect.flip(synthesize("a", future, []))), "schema version 3")
      const odd = store(Oci.ociIndexType, { schemaVersion: 2, mediaType: "text/plain" })
      assert.include(String(yield* Effect.flip(synthesize("a", odd, []))), "text/plain")
      assert.strictEqual(yield* Effect.flip(synthesize("a", image({}).manifest, [])), "missing")
      assert.include(String(yield* Effect.flip(synthesize("a", store(Oci.ociIndexType, "text"), []))), "cannot be read")
    }))

  const entry = fc.record({
    platform: fc.record({
      os: fc.constantFrom("linux", "windows"),
      architecture: fc.constantFrom("amd64", "arm64", "arm", "386"),
      variant: fc.constantFrom("", "v6", "v7")
    }),
    digest: fc.integer({ min: 0, max: 5 }),
    attests: fc.option(fc.integer({ min: 0, max: 5 }))
  })

  it.effect.prop(
    "asks for nothing where all platforms are known, and is stable",
    [fc.array(entry, { maxLength: 6 })],
    ([entries]) =>
      Effect.gen(function*() {
        const index = store(Oci.ociIndexType, {
          schemaVersion: 2,
          manifests: entries.map(({ attests, digest, platform }) => ({
            mediaType: Oci.ociManifestType,
            digest: digestOf(digest),
            size: 1,
            platform,
            ...(attests === null ? {} : {
              annotations: {
                "vnd.docker.reference.type": "attestation-manifest",
                "vnd.docker.reference.digest": digestOf(attests)
              }
            })
          }))
        })
        const once = yield* synthesize("a/b:c", index, [])
        assert.deepStrictEqual(once.asked, [])
        const again = yield* Index.synthesizeIndex(
          reference("a/b:c"),
          { ...store(Oci.ociIndexType, once.index), digest: index.digest },
          { manifest: () => Effect.fail("asked"), blob: () => Effect.fail("asked") }
        )
        const digests = once.index.manifests.map(({ digest }) => digest)
        assert.strictEqual(new Set(digests).size, digests.length)
        for (const made of once.index.manifests) {
          const subject = made.annotations["vnd.docker.reference.digest"]
          if (subject !== undefined) assert.isTrue(entries.some(({ digest }) => digestOf(digest) === subject))
        }
        if (entries.every(({ attests }) => attests === null)) assert.deepStrictEqual(again, once.index)
      }),
    { fastCheck: { numRuns: 40 } }
  )
})

const placed = (digest: string, os: string, architecture: string, more: object = {}) => ({
  digest,
  platform: { os, architecture, ...more }
})

describe("sortManifests", () => {
  it("lists Linux first, the usual first, the highest first, and attestations behind their subjects", () => {
    const attestation = { ...placed("z", "unknown", "unknown"), annotations: { "vnd.docker.reference.digest": "b" } }
    const given = [
      attestation,
      placed("w1", "windows", "amd64", { "os.version": "10.0.9.1" }),
      placed("w2", "windows", "amd64", { "os.version": "10.0.10.1" }),
      placed("v6", "linux", "arm", { variant: "v6" }),
      placed("v7", "linux", "arm"),
      placed("386", "linux", "386"),
      placed("b", "linux", "arm64"),
      placed("a", "linux", "amd64")
    ]
    const order = sortManifests(given).map(({ digest }) => digest)
    assert.deepStrictEqual(order, ["a", "b", "z", "386", "v7", "v6", "w2", "w1"])
    assert.deepStrictEqual(sortManifests([...given].reverse()).map(({ digest }) => digest), order)
  })
})
