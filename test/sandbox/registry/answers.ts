/**
 * How the simulated registries answer: one open for reading and writing, one like GHCR, one like Docker Hub's, one
 * like Quay's.
 */
import { type RegistryStore, sha256 } from "./store.js"

export interface RegistryRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly body: Uint8Array
}

export interface RegistryAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/**
 * `open`: no authorisation. `ghcr`: a token for public images, 401 at the token endpoint for missing ones, relative
 * links. `dockerhub`: a token for everybody, 401 for missing repositories, GETs of manifests are counted and limited.
 * `quay`: a token for everybody at `/v2/auth`, 401 for missing repositories, absolute links.
 */
export type RegistryKind = "open" | "ghcr" | "dockerhub" | "quay"

export interface RegistryOptions {
  readonly kind: RegistryKind
  /** Pulls in six hours, of a `dockerhub`. Default 100. */
  readonly pullLimit?: number
}

const error = (
  status: number,
  code: string,
  message: string,
  headers: RegistryAnswer["headers"] = {}
): RegistryAnswer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify({ errors: [{ code, message }] })
})

const unknownName = error(404, "NAME_UNKNOWN", "repository name not known to registry")
const digestPattern = /^sha256:[a-f0-9]{64}$/
const route = /^\/v2\/(.+?)\/(manifests|blobs|tags|referrers)\/(.*)$/

interface Children {
  readonly digests: ReadonlyArray<string>
}

const textOf = (value: unknown): ReadonlyArray<string> =>
  typeof value === "object" && value !== null && "digest" in value && typeof value.digest === "string" &&
    !("mediaType" in value && typeof value.mediaType === "string" && value.mediaType.includes("nondistributable"))
    ? [value.digest]
    : []

// A manifest that is no JSON has no children: other registries' tests push such things.
const childrenOf = (bytes: Uint8Array): Children => {
  const text = Buffer.from(bytes).toString("utf8")
  if (!text.trimStart().startsWith("{")) return { digests: [] }
  const read: unknown = JSON.parse(text)
  if (typeof read !== "object" || read === null) return { digests: [] }
  const listed = (name: "manifests" | "layers"): ReadonlyArray<unknown> => {
    const value: unknown = name in read ? Object.entries(read).find(([key]) => key === name)?.[1] : undefined
    return Array.isArray(value) ? value : []
  }
  const config: unknown = Object.entries(read).find(([key]) => key === "config")?.[1]
  return { digests: [...textOf(config), ...listed("layers").flatMap(textOf), ...listed("manifests").flatMap(textOf)] }
}

const services = {
  open: { service: "", path: "" },
  ghcr: { service: "ghcr.io", path: "/token" },
  dockerhub: { service: "registry.docker.io", path: "/token" },
  quay: { service: "quay.io", path: "/v2/auth" }
} as const satisfies Record<RegistryKind, unknown>

/** The answers of one registry. Counts what it is asked. */
export const makeAnswers = (store: RegistryStore, { kind, pullLimit = 100 }: RegistryOptions) => {
  const { counts } = store
  let pulled = 0
  let issued = 0

  const manifest = (request: RegistryRequest, name: string, reference: string): RegistryAnswer => {
    if (request.method === "PUT") return putManifest(request, name, reference)
    const found = store.manifest(name, reference)
    if (request.method === "HEAD") counts.heads++
    else if (found === undefined) counts.other++
    else counts.pulls++
    const limits: Record<string, string> = {}
    if (kind === "dockerhub") {
      if (request.method === "GET" && pulled >= pullLimit) {
        return error(429, "TOOMANYREQUESTS", "You have reached your unauthenticated pull rate limit.")
      }
      // What is missing is no pull.
      if (request.method === "GET" && found !== undefined) pulled++
      limits["ratelimit-limit"] = `${pullLimit};w=21600`
      limits["ratelimit-remaining"] = `${pullLimit - pulled};w=21600`
      limits["docker-ratelimit-source"] = "127.0.0.1"
    }
    if (store.repository(name) === undefined) return unknownName
    if (found === undefined) return error(404, "MANIFEST_UNKNOWN", "manifest unknown to registry", limits)
    return {
      status: 200,
      headers: { ...limits, "content-type": found.mediaType, "docker-content-digest": found.digest },
      body: found.bytes
    }
  }

  const putManifest = (request: RegistryRequest, name: string, reference: string): RegistryAnswer => {
    const kept = store.make(name)
    const missing = childrenOf(request.body).digests.find((digest) =>
      !kept.blobs.has(digest) && !kept.manifests.has(digest)
    )
    if (missing !== undefined) return error(400, "MANIFEST_BLOB_UNKNOWN", `blob unknown to registry: ${missing}`)
    const type = request.headers["content-type"]
    const digest = store.putManifest(name, reference, request.body, typeof type === "string" ? type : "")
    return { status: 201, headers: { "docker-content-digest": digest, location: `/v2/${name}/manifests/${digest}` } }
  }

  const finished = (name: string, bytes: Uint8Array, wanted: string | null): RegistryAnswer => {
    if (wanted === null || !digestPattern.test(wanted)) return error(400, "DIGEST_INVALID", "badly formed digest")
    if (sha256(bytes) !== wanted) return error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
    store.putBlob(name, bytes)
    return { status: 201, headers: { "docker-content-digest": wanted, location: `/v2/${name}/blobs/${wanted}` } }
  }

  const upload = ({ body, method, url }: RegistryRequest, name: string, id: string): RegistryAnswer => {
    const wanted = url.searchParams.get("digest")
    if (method === "POST") {
      const mounted = store.repository(url.searchParams.get("from") ?? "")?.blobs.get(
        url.searchParams.get("mount") ?? ""
      )
      if (mounted !== undefined) return finished(name, mounted, url.searchParams.get("mount"))
      if (wanted !== null) return finished(name, body, wanted)
      return { status: 202, headers: { location: `/v2/${name}/blobs/uploads/${store.openUpload()}`, range: "0-0" } }
    }
    if (store.upload(id) === undefined) return error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
    const length = store.append(id, body)
    if (method === "PATCH") {
      return { status: 202, headers: { location: `/v2/${name}/blobs/uploads/${id}`, range: `0-${length - 1}` } }
    }
    const all = store.upload(id) ?? new Uint8Array()
    store.closeUpload(id)
    return finished(name, all, wanted)
  }

  const blob = (name: string, digest: string): RegistryAnswer => {
    counts.other++
    const kept = store.repository(name)
    if (kept === undefined) return unknownName
    const found = kept.blobs.get(digest)
    return found === undefined ? error(404, "BLOB_UNKNOWN", "blob unknown to registry") : {
      status: 200,
      headers: { "content-type": "application/octet-stream", "docker-content-digest": digest },
      body: found
    }
  }

  const tags = (name: string, url: URL): RegistryAnswer => {
    counts.other++
    const kept = store.repository(name)
    if (kept === undefined) return unknownName
    const all = kind === "ghcr" ? [...kept.tags.keys()] : [...kept.tags.keys()].toSorted()
    const size = Math.min(Number(url.searchParams.get("n") ?? "100"), 1000)
    const last = url.searchParams.get("last")
    const from = last === null ? 0 : all.indexOf(last) + 1
    const page = all.slice(from, from + size)
    const more = from + size < all.length
    const base = kind === "quay" ? url.origin : ""
    return {
      status: 200,
      headers: {
        "content-type": "application/json",
        ...(more ? { link: `<${base}/v2/${name}/tags/list?last=${page.at(-1) ?? ""}&n=${size}>; rel="next"` } : {})
      },
      body: JSON.stringify({ name, tags: page })
    }
  }

  const token = (url: URL): RegistryAnswer => {
    counts.tokens++
    const scopes = url.searchParams.getAll("scope")
    const names = scopes.map((scope) => scope.split(":")[1] ?? "")
    const hidden = kind === "ghcr" && names.some((name) => store.repository(name) === undefined)
    if (hidden) return error(401, "UNAUTHORIZED", "authentication required")
    issued++
    return {
      status: 200,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        token: Buffer.from(JSON.stringify({ scopes, issued })).toString("base64"),
        ...(kind === "dockerhub" ? { expires_in: 300 } : {})
      })
    }
  }

  const allowed = ({ headers }: RegistryRequest, name: string): boolean => {
    const held = /^Bearer (\S+)$/.exec(typeof headers["authorization"] === "string" ? headers["authorization"] : "")
      ?.[1]
    const scopes = held === undefined ? "" : Buffer.from(held, "base64").toString("utf8")
    return scopes.includes(`repository:${name}:pull`) && (kind === "ghcr" || store.repository(name) !== undefined)
  }

  const challenge = ({ headers, url }: RegistryRequest, name: string): RegistryAnswer => {
    counts.challenges++
    const { path, service } = services[kind]
    const failed = headers["authorization"] === undefined ? "" : `,error="insufficient_scope"`
    return error(401, "UNAUTHORIZED", "authentication required", {
      "www-authenticate":
        `Bearer realm="${url.origin}${path}",service="${service}",scope="repository:${name}:pull"${failed}`
    })
  }

  return (request: RegistryRequest): RegistryAnswer => {
    counts.requests++
    const { method, url } = request
    const base = { "docker-distribution-api-version": "registry/2.0" }
    const answer = ((): RegistryAnswer => {
      if (kind !== "open" && url.pathname === services[kind].path) return token(url)
      if (url.pathname === "/v2" || url.pathname === "/v2/") {
        return kind === "open" ? { status: 200, body: "{}" } : challenge(request, "user/image")
      }
      const [, name = "", what = "", rest = ""] = route.exec(url.pathname) ??
        (/^(\/v2\/.+\/blobs\/uploads)$/.test(url.pathname) ? route.exec(`${url.pathname}/`) : null) ?? []
      if (name === "") return error(404, "UNKNOWN", "page not found")
      if (kind !== "open" && !allowed(request, name)) return challenge(request, name)
      if (what === "manifests") return manifest(request, name, rest)
      if (what === "tags") return tags(name, url)
      if (what === "referrers") return error(404, "UNSUPPORTED", "no referrers here")
      if (rest === "uploads" || rest.startsWith("uploads/")) return upload(request, name, rest.slice("uploads/".length))
      return method === "GET" || method === "HEAD" ? blob(name, rest) : error(405, "UNSUPPORTED", "not supported")
    })()
    return { ...answer, headers: { ...base, ...answer.headers } }
  }
}
