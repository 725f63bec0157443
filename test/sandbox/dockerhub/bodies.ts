/**
 * Docker Hub's documents, in the shapes that it sends.
 */
import { between, hex } from "../world/seed.js"
import type { HubFacts } from "../world/World.js"

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
  categories: [],
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
  full_description: `# ${image.name}\n\n![logo](https://example.com/${image.name}.png)\n\n${image.description}\n`,
  permissions: { read: true, write: false, admin: false },
  immutable_tags_settings: { enabled: false, rules: [".*"] },
  source: null
})

/** An element of a namespace's listing. */
export const listedBody = (image: HubFacts, pulls: number) => ({ ...shared(image, pulls), affiliation: "" })

const numberOf = (...of: ReadonlyArray<string>): number => between(1_000_000, 999_999_999, "hub-id", ...of)

/** One tag, for two platforms. */
export const tagBody = (image: HubFacts, tag: string) => {
  const id = `${image.namespace}/${image.name}`
  const digest = (what: string) => `sha256:${hex("digest", id, tag, what)}`
  const size = between(1_000_000, 90_000_000, "size", id, tag)
  return {
    creator: 613_503,
    id: numberOf(id, tag),
    images: ["amd64", "arm64"].map((architecture) => ({
      architecture,
      features: "",
      variant: architecture === "arm64" ? "v8" : null,
      digest: digest(architecture),
      os: "linux",
      os_features: "",
      os_version: null,
      size,
      status: "active",
      last_pulled: image.lastUpdated,
      last_pushed: image.lastUpdated
    })),
    last_updated: image.lastUpdated,
    last_updater: 613_503,
    last_updater_username: image.namespace,
    name: tag,
    repository: numberOf(id),
    full_size: size,
    v2: true,
    tag_status: "active",
    tag_last_pulled: image.lastUpdated,
    tag_last_pushed: image.lastUpdated,
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
