/**
 * The images of the world as a registry keeps them: manifests, and configs with the labels that say where they come from.
 */
import { fullName } from "../../../src/domain/GitHubRepository.js"
import { fraction, hex } from "../world/seed.js"
import type { Published, World } from "../world/World.js"
import { makeRegistryStore, type RegistryStore } from "./store.js"

const manifestType = "application/vnd.oci.image.manifest.v1+json"
const indexType = "application/vnd.oci.image.index.v1+json"
const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))

const labelsOf = ({ label, of }: Published): Readonly<Record<string, string>> => {
  const own = `https://github.com/${fullName(of)}`
  switch (label) {
    case "own":
      return { "org.opencontainers.image.source": own, "org.opencontainers.image.title": of.name }
    case "old":
      return { "org.label-schema.vcs-url": `${own}.git` }
    case "silent":
      return { maintainer: "somebody" }
    case "other":
      return { "org.opencontainers.image.source": "https://github.com/upstream-project/base" }
  }
}

const descriptor = (mediaType: string, digest: string, size: number) => ({ mediaType, digest, size })

const pushManifest = (store: RegistryStore, image: Published, tag: string, architecture: string) => {
  const { repository } = image
  const config = bytes({
    created: "2026-01-01T00:00:00Z",
    architecture,
    os: "linux",
    config: { Labels: labelsOf(image), Env: [`VERSION=${tag}`] },
    rootfs: { type: "layers", diff_ids: [] }
  })
  const layer = bytes(hex("layer", repository, tag, architecture))
  const manifest = bytes({
    schemaVersion: 2,
    mediaType: manifestType,
    config: descriptor("application/vnd.oci.image.config.v1+json", store.putBlob(repository, config), config.length),
    layers: [
      descriptor("application/vnd.oci.image.layer.v1.tar+gzip", store.putBlob(repository, layer), layer.length)
    ]
  })
  return { manifest, size: manifest.length }
}

const push = (store: RegistryStore, image: Published, tag: string, as: ReadonlyArray<string>, index: boolean): void => {
  const { repository } = image
  const put = (content: Uint8Array, type: string) =>
    as.forEach((name) => store.putManifest(repository, name, content, type))
  const amd64 = pushManifest(store, image, tag, "amd64")
  if (!index) return put(amd64.manifest, manifestType)
  const children = [amd64, pushManifest(store, image, tag, "arm64")].map(({ manifest, size }, n) => ({
    ...descriptor(manifestType, store.putManifest(repository, `sha256:${n}`, manifest, manifestType), size),
    platform: { os: "linux", architecture: n === 0 ? "amd64" : "arm64" }
  }))
  put(bytes({ schemaVersion: 2, mediaType: indexType, manifests: children }), indexType)
}

/** What one registry keeps. Half of the images are for two platforms; `latest` is the newest version. */
export const contentOf = (world: World, registry: string): RegistryStore => {
  const store = makeRegistryStore()
  for (const image of world.published.values()) {
    if (image.registry !== registry) continue
    const index = fraction(world.seed, "platforms", `${registry}/${image.repository}`) < 0.5
    const versions = image.tags.filter((tag) => tag !== "latest")
    for (const [at, version] of versions.entries()) {
      push(store, image, version, at === versions.length - 1 ? [version, "latest"] : [version], index)
    }
  }
  return store
}
