/**
 * Three registries with versions of many images, Docker Hub's API beside the first, and GitHub's releases: every answer
 * takes as long as it is told to.
 */
import { DateTime, Effect, type Scope } from "effect"
import { createServer } from "node:http"
import { setTimeout as delay } from "node:timers/promises"
import { type RunningRegistry, startRegistry } from "../sandbox/registry/server.js"
import { sha256 } from "../sandbox/registry/store.js"

const indexType = "application/vnd.oci.image.index.v1+json"
const manifestType = "application/vnd.oci.image.manifest.v1+json"
const configType = "application/vnd.oci.image.config.v1+json"
const layerType = "application/vnd.oci.image.layer.v1.tar+gzip"

const day = 86_400_000

/** An image of the world and the version of it that runs. */
export interface Running {
  readonly registry: "docker.io" | "ghcr.io" | "quay.io"
  readonly repository: string
  readonly tag: string
  /** Is there something newer? */
  readonly newer: boolean
}

const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))

const architectures = ["amd64", "arm64"] as const

/** `{digest, images}` of a version, pushed into a registry. */
const push = ({ store }: RunningRegistry, repository: string, tag: string) => {
  const images = architectures.map((architecture) => {
    const config = json({
      os: "linux",
      architecture,
      created: "2026-01-01T00:00:00Z",
      config: { Labels: { "org.opencontainers.image.source": `https://github.com/${repository}` } },
      rootfs: { type: "layers", diff_ids: [] }
    })
    const layers = [
      `${repository} base ${architecture}`.repeat(40),
      `${repository} ${tag} ${architecture}`.repeat(9)
    ]
      .map((text) => Buffer.from(text))
    const descriptor = (bytes: Uint8Array, mediaType: string) => ({
      mediaType,
      digest: store.putBlob(repository, bytes),
      size: bytes.byteLength
    })
    const manifest = json({
      schemaVersion: 2,
      mediaType: manifestType,
      config: descriptor(config, configType),
      layers: layers.map((layer) => descriptor(layer, layerType))
    })
    const digest = sha256(manifest)
    store.putManifest(repository, digest, manifest, manifestType)
    return { architecture, digest, size: manifest.byteLength }
  })
  const index = json({
    schemaVersion: 2,
    mediaType: indexType,
    manifests: images.map(({ architecture, digest, size }) => ({
      mediaType: manifestType,
      digest,
      size,
      platform: { os: "linux", architecture }
    }))
  })
  return { digest: store.putManifest(repository, tag, index, indexType), images }
}

interface HubEntry {
  readonly name: string
  readonly body: unknown
}

type Answer = { readonly status: number; readonly body: unknown }

/** A server of JSON on a free port, slow by `latency` milliseconds; counts what it is asked. */
const startJson = (
  answer: (path: string, query: URLSearchParams) => Answer,
  latency: number
): Effect.Effect<{ readonly url: string; readonly count: () => number }, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<{ readonly url: string; readonly count: () => number; readonly close: Effect.Effect<void> }>(
        (resume) => {
          let requests = 0
          const server = createServer((request, response) => {
            requests++
            const url = new URL(request.url ?? "/", "http://localhost")
            const { body, status } = answer(url.pathname, url.searchParams)
            void delay(latency).then(() => {
              response.writeHead(status, { "content-type": "application/json" })
              response.end(JSON.stringify(body))
            })
          })
          server.keepAliveTimeout = 60_000
          server.listen(0, "127.0.0.1", () => {
            const address = server.address()
            const port = typeof address === "object" && address !== null ? address.port : 0
            resume(Effect.succeed({
              url: `http://127.0.0.1:${port}`,
              count: () => requests,
              close: Effect.async<void>((closed) => {
                server.closeAllConnections()
                server.close(() => closed(Effect.void))
              })
            }))
          })
        }
      ),
      ({ close }) => close
    ),
    ({ count, url }) => ({ count, url })
  )

/** Versions 1.0.0 to 1.9.9 of an image, `latest`, and its `-alpine` forms. */
const versions = Array.from({ length: 100 }, (_, n) => `1.${Math.floor(n / 10)}.${n % 10}`)

/** Starts the world. Every third image is up to date. */
export const startUpdatesWorld = (counts: Readonly<Record<Running["registry"], number>>, latency: number) =>
  Effect.gen(function*() {
    const registries = {
      "docker.io": yield* startRegistry({ kind: "dockerhub", pullLimit: 1_000, latency }),
      "ghcr.io": yield* startRegistry({ kind: "ghcr", latency }),
      "quay.io": yield* startRegistry({ kind: "open", latency })
    }
    const hub = new Map<string, Array<HubEntry>>()
    const running = new Array<Running>()
    for (const registry of ["docker.io", "ghcr.io", "quay.io"] as const) {
      for (let n = 0; n < counts[registry]; n++) {
        const repository = `acme/${registry.replace(/\..*$/, "")}-${n}`
        const entries = new Array<HubEntry>()
        const newer = n % 3 !== 0
        running.push({ registry, repository, tag: newer ? "1.7.3" : "1.9.9", newer })
        for (const [index, version] of versions.entries()) {
          for (const tag of [version, `${version}-alpine`]) {
            const { digest, images } = push(registries[registry], repository, tag)
            const pushed = DateTime.formatIso(DateTime.unsafeMake(Date.UTC(2026, 0, 1) + index * day))
            entries.unshift({
              name: tag,
              body: {
                name: tag,
                digest,
                tag_last_pushed: pushed,
                last_updated: pushed,
                tag_status: "active",
                content_type: "image",
                full_size: 1_000,
                images: images.map((image) => ({
                  architecture: image.architecture,
                  os: "linux",
                  digest: image.digest,
                  size: 1_000,
                  status: "active"
                }))
              }
            })
          }
        }
        if (registry === "docker.io") hub.set(repository, entries)
      }
    }
    const hubApi = yield* startJson((path, query) => {
      const [, namespace, name] = /^\/v2\/namespaces\/([^/]+)\/repositories\/([^/]+)\/tags\/?$/.exec(path) ?? []
      const all = hub.get(`${namespace}/${name}`)
      if (all === undefined) return { status: 404, body: { message: "object not found", errinfo: {} } }
      const size = Math.min(Number(query.get("page_size") ?? 10), 100)
      const from = (Number(query.get("page") ?? 1) - 1) * size
      const next = from + size < all.length ? "http://hub/next" : null
      return {
        status: 200,
        body: { count: all.length, next, previous: null, results: all.slice(from, from + size).map(({ body }) => body) }
      }
    }, latency)
    const github = yield* startJson((path) =>
      /^\/repos\/[^/]+\/[^/]+\/releases$/.test(path)
        ? { status: 200, body: [{ tag_name: "v1.9.9" }, { tag_name: "v1.9.8" }] }
        : { status: 404, body: { message: "Not Found" } }, latency)
    return { running, registries, hubApi, github }
  })
