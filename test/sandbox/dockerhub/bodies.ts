/**
 * Docker Hub's documents, in the shapes that it sends.
 */
import { between, hex } from "../world/seed.js"
import type { HubFacts, HubTagFacts } from "../world/World.js"

const mediaTypes = ["application/vnd.oci.image.index.v1+json"]

const shared = (image: HubFacts, pulls: number) => ({
  name: image.name,
  namespace: image.namespace,
  repository_type: "image",
  status: 1,
  status_description: "active",
  description: image.description,
  is_private: false,
  star_count: image.stars,
  pull_count: pulls,
  last_updated: image.lastUpdated,
  last_modified: image.lastUpdated,
  date_registered: image.registered,
  media_types: mediaTypes,
  content_types: ["image"],
  categories: (image.categories ?? []).map((name) => ({
    name,
    slug: name.toLowerCase().replace(/[^a-z0-9]+/g, "-")
  })),
  storage_size: 25_000_000
})

/** `GET …/repositories/{name}`. */
export const repositoryBody = (image: HubFacts, pulls: number) => ({
  user: image.namespace,
  ...shared(image, pulls),
  is_automated: false,
  collaborator_count: 0,
  affiliation: null,
  hub_user: image.namespace,
  has_starred: false,
  full_description: image.fullDescription ??
    `# ${image.name}\n\n![logo](https://example.com/${image.name}.png)\n\n${image.description}\n`,
  permissions: { read: true, write: false, admin: false },
  immutable_tags_settings: { enabled: false, rules: [".*"] },
  source: null
})

/** An element of a namespace's listing. */
export const listedBody = (image: HubFacts, pulls: number) => ({ ...shared(image, pulls), affiliation: "" })

const numberOf = (...of: ReadonlyArray<string>): number => between(1_000_000, 999_999_999, "hub-id", ...of)

/** One tag with its platforms, and the attestation that buildkit adds for the first of them. */
export const tagBody = (image: HubFacts, tag: HubTagFacts) => {
  const id = `${image.namespace}/${image.name}`
  const digest = (what: string) => `sha256:${hex("digest", id, tag.name, what, String(tag.revision))}`
  const size = between(1_000_000, 90_000_000, "size", id, tag.name)
  const entry = (platform: string, os: string, bytes: number) => {
    const [architecture = "", variant] = platform.split("/")
    return {
      architecture,
      features: "",
      variant: variant ?? null,
      digest: digest(platform),
      os,
      os_features: "",
      os_version: null,
      size: bytes,
      status: "active",
      last_pulled: tag.pushed,
      last_pushed: tag.pushed
    }
  }
  return {
    creator: 613_503,
    id: numberOf(id, tag.name),
    images: [
      ...tag.architectures.map((platform) => entry(platform, "linux", size)),
      entry("unknown", "unknown", 1_700)
    ],
    last_updated: tag.pushed,
    last_updater: 613_503,
    last_updater_username: image.namespace,
    name: tag.name,
    repository: numberOf(id),
    full_size: size,
    v2: true,
    tag_status: "active",
    tag_last_pulled: tag.pushed,
    tag_last_pushed: tag.pushed,
    media_type: mediaTypes[0],
    content_type: "image",
    digest: digest("index")
  }
}

export const notFound = { message: "object not found", errinfo: {} }
export const pastTheEnd = { message: "httperror 404: object not found", errinfo: {} }
export const walled = {
  message: "pagination offset too large for anonymous requests; sign in to page further",
  errinfo: {}
}
export const rateLimited = { detail: "Rate limit exceeded", error: false }
export const wrongLogin = { detail: "Incorrect authentication credentials" }
export const unauthorized = { message: "unauthorized", errinfo: {} }
export const forbidden = { message: "access to the resource is forbidden", errinfo: {} }
