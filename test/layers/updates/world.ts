/** Registries in memory with images of any kind in them, and a finder over them that counts what it asks. */
import { Duration, Effect, Either, Layer, Option, Stream } from "effect"
import { digestOf } from "../../../src/domain/ContentDigest.js"
import type { Digest } from "../../../src/domain/Digest.js"
import type { HubTag } from "../../../src/domain/HubTag.js"
import { type ImageReference, parse } from "../../../src/domain/ImageReference.js"
import * as Platform from "../../../src/domain/Platform.js"
import { parseSource } from "../../../src/domain/ReleaseNotes.js"
import { defaultPolicy, type UpdatePolicy } from "../../../src/domain/UpdatePolicy.js"
import * as Budgets from "../../../src/layers/budgets/RateBudgetsMemory.js"
import * as Hub from "../../../src/layers/dockerhub/DockerHubRegistryMemory.js"
import * as Sights from "../../../src/layers/memory/FirstSightsMemory.js"
import * as Registries from "../../../src/layers/registry/OciRegistryMemory.js"
import * as Finder from "../../../src/layers/updates/UpdateFinderRegistries.js"
import type { DockerHubTags } from "../../../src/services/DockerHubTags.js"
import { FirstSights } from "../../../src/services/FirstSights.js"
import { OciRegistry } from "../../../src/services/OciRegistry.js"
import { ReleaseProjects } from "../../../src/services/ReleaseProjects.js"
import type { UpdateQuestion } from "../../../src/services/UpdateFinder.js"
import { indexType, manifestType } from "../registry/stub.js"

const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value), "utf8")
const configType = "application/vnd.oci.image.config.v1+json"
const layerType = "application/vnd.oci.image.layer.v1.tar+gzip"

export interface ImageOptions {
  /** `linux/amd64` unless given. A single one is published without an index unless `index` says so. */
  readonly platforms?: ReadonlyArray<string>
  readonly index?: boolean
  /** Contents of layers; each string is a layer. */
  readonly layers?: ReadonlyArray<string>
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly indexAnnotations?: Readonly<Record<string, string>>
  /** What is signed about the image; another text is another attestation, and so another index. */
  readonly attestation?: string
  readonly created?: string
}

export interface Published {
  /** What the tag points to. */
  readonly digest: Digest
  readonly images: Readonly<Record<string, Digest>>
}

export const ref = (text: string): ImageReference => Either.getOrThrow(parse(text))

const entry = (digest: string, size: number, mediaType = manifestType) => ({ mediaType, digest, size })

/** The memory with a hand to publish by. */
export const makeWorld = () => {
  const registry = Registries.make()
  const hub = new Map<string, Array<HubTag>>()
  const counts = { listings: 0, heads: 0, manifests: 0, blobs: 0 }

  const blob = (reference: ImageReference, bytes: Uint8Array) =>
    registry.pushBlob(reference, { digest: digestOf(bytes), size: bytes.byteLength, bytes: Stream.make(bytes) })

  const push = (reference: ImageReference, value: unknown, mediaType: string) =>
    registry.pushManifest(reference, { bytes: json(value), mediaType })

  const one = (reference: ImageReference, platform: string, options: ImageOptions, tagged: boolean) =>
    Effect.gen(function*() {
      const { architecture, os, variant } = Either.getOrThrow(Platform.parse(platform))
      const config = json({
        os,
        architecture,
        ...(Option.isSome(variant) ? { variant: variant.value } : {}),
        created: options.created ?? "2024-05-06T07:08:09Z",
        config: { Labels: options.labels ?? {} },
        rootfs: { type: "layers", diff_ids: [] }
      })
      const layers = (options.layers ?? [`layer of ${reference.repository}`]).map((text) => Buffer.from(text))
      yield* Effect.forEach([config, ...layers], (bytes) => blob(reference, bytes))
      const manifest = {
        schemaVersion: 2,
        mediaType: manifestType,
        config: entry(digestOf(config), config.byteLength, configType),
        layers: layers.map((layer) => entry(digestOf(layer), layer.byteLength, layerType)),
        ...(options.annotations === undefined ? {} : { annotations: options.annotations })
      }
      const digest = yield* push(tagged ? reference : { ...reference, tag: Option.none() }, manifest, manifestType)
      return {
        digest,
        size: json(manifest).byteLength,
        platform: {
          os,
          architecture,
          ...Option.match(variant, { onNone: () => ({}), onSome: (variant) => ({ variant }) })
        }
      }
    })

  /** Publishes an image under a reference's tag. */
  const publish = (text: string, options: ImageOptions = {}): Effect.Effect<Published> =>
    Effect.gen(function*() {
      const reference = ref(text)
      const platforms = options.platforms ?? ["linux/amd64"]
      const indexed = options.index ?? (platforms.length > 1 || options.attestation !== undefined)
      const made = yield* Effect.forEach(platforms, (platform) => one(reference, platform, options, !indexed))
      const images = Object.fromEntries(made.map(({ digest }, n) => [platforms[n] ?? "", digest]))
      const [first] = made
      if (!indexed && first !== undefined) return { digest: first.digest, images }
      const attestations = options.attestation === undefined ? [] : [
        yield* one(reference, "unknown/unknown", { layers: [options.attestation] }, false)
      ]
      const digest = yield* push(reference, {
        schemaVersion: 2,
        mediaType: indexType,
        manifests: [
          ...made.map(({ digest, platform, size }) => ({ ...entry(digest, size), platform })),
          ...attestations.map(({ digest, size }) => ({
            ...entry(digest, size),
            platform: { os: "unknown", architecture: "unknown" },
            annotations: { "vnd.docker.reference.type": "attestation-manifest" }
          }))
        ],
        ...(options.indexAnnotations === undefined ? {} : { annotations: options.indexAnnotations })
      }, indexType)
      return { digest, images }
    }).pipe(Effect.orDie)

  /** Publishes on Docker Hub, and lists the tag there as pushed at an instant (epoch milliseconds). */
  const publishOnHub = (name: string, tag: string, pushed: number, options: ImageOptions = {}, listed = true) =>
    Effect.map(publish(`${name}:${tag}`, options), (published) => {
      const tags = hub.get(name) ?? []
      hub.set(name, tags)
      const found: HubTag = {
        name: tag,
        digest: Option.some(published.digest),
        mediaType: Option.none(),
        size: Option.none(),
        lastUpdated: Option.none(),
        lastPushed: Option.some(pushed),
        images: Object.entries(published.images).map(([platform, digest]) => ({
          platform: Either.getOrThrow(Platform.parse(platform)),
          digest: Option.some(digest),
          size: Option.none(),
          status: "active",
          lastPushed: Option.none()
        })),
        others: []
      }
      if (listed) tags.push(found)
      return published
    })

  const counted: typeof OciRegistry.Service = {
    ...registry,
    tags: (repository, options) => {
      counts.listings++
      return registry.tags(repository, options)
    },
    resolve: (reference, kind) => {
      counts.heads++
      return registry.resolve(reference, kind)
    },
    manifest: (reference) => {
      counts.manifests++
      return registry.manifest(reference)
    },
    document: (reference) => {
      counts.blobs++
      return registry.document(reference)
    }
  }

  return { registry: counted, hub, counts, publish, publishOnHub }
}

export type TestWorld = ReturnType<typeof makeWorld>

const hubImages = ({ hub }: TestWorld) =>
  [...hub].map(([image, tags]) => ({ image, pulls: 0n, stars: 0, lastUpdated: Option.none(), tags }))

// Read at every call, so that a test may publish later.
const hubOf = (world: TestWorld): Layer.Layer<DockerHubTags> =>
  Hub.layerMemory({ [Symbol.iterator]: () => hubImages(world)[Symbol.iterator]() })

/** A finder over a world. `projects`: whether releases start with `v`, by `owner/name`. */
export const finderOver = (
  world: TestWorld,
  projects: typeof ReleaseProjects.Service.startsWithV = () => Effect.succeedSome(true),
  seen: Map<string, number> = new Map(),
  hub: Layer.Layer<DockerHubTags> = hubOf(world)
) =>
  Finder.layer({ egress: "test" }).pipe(
    Layer.provide(Layer.mergeAll(
      Layer.succeed(OciRegistry, world.registry),
      hub,
      Layer.succeed(FirstSights, Sights.make(seen)),
      Layer.succeed(ReleaseProjects, { startsWithV: projects })
    )),
    Layer.provideMerge(Budgets.layer)
  )

/** A question with the usual answers to all that is not asked. */
export const question = (
  text: string,
  policy: Partial<UpdatePolicy> = {},
  more: { readonly platform?: string; readonly source?: string; readonly minAge?: Duration.DurationInput } = {}
): UpdateQuestion => ({
  reference: ref(text),
  platform: Either.getOrThrow(Platform.parse(more.platform ?? "linux/amd64")),
  policy: { ...defaultPolicy, ...policy },
  minAge: Duration.decode(more.minAge ?? 0),
  source: more.source === undefined ? Option.none() : parseSource(more.source)
})
