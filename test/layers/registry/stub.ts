/** Registries made of a function: what a test answers to each request, and what was asked. */
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Effect, Either, Layer, Stream } from "effect"
import { digestOf } from "../../../src/domain/ContentDigest.js"
import { type ImageReference, parse } from "../../../src/domain/ImageReference.js"
import * as Budgets from "../../../src/layers/budgets/RateBudgetsMemory.js"
import * as CacheMemory from "../../../src/layers/registry/ContentCacheMemory.js"
import * as OciRegistryHttp from "../../../src/layers/registry/OciRegistryHttp.js"
import type { OciRegistryOptions } from "../../../src/layers/registry/options.js"
import * as CredentialsMemory from "../../../src/layers/registry/RegistryCredentialsMemory.js"
import type { RegistryCredential } from "../../../src/services/RegistryCredentials.js"

export interface Asked {
  readonly method: string
  readonly url: URL
  readonly host: string
  readonly path: string
  readonly authorization: string | undefined
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

export interface Told {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>
  /** The connection breaks instead of an answer. */
  readonly breaks?: boolean
  /** Milliseconds (of the test's clock) until the answer. */
  readonly after?: number
}

const bodyOf = (request: HttpClientRequest.HttpClientRequest): Effect.Effect<Uint8Array> => {
  if (request.body._tag === "Uint8Array") return Effect.succeed(request.body.body)
  if (request.body._tag !== "Stream") return Effect.succeed(new Uint8Array())
  return Effect.map(Stream.runCollect(Stream.orDie(request.body.stream)), (chunks) => Buffer.concat([...chunks]))
}

/** A world of hosts behind one function, with a memory of what was asked. */
export const makeStub = (answer: (asked: Asked) => Told) => {
  const asked: Array<Asked> = []
  const client = HttpClient.make((request, url) =>
    Effect.gen(function*() {
      const one: Asked = {
        method: request.method,
        url,
        host: url.host,
        path: `${url.pathname}${url.search}`,
        authorization: request.headers["authorization"],
        headers: request.headers,
        body: yield* bodyOf(request)
      }
      asked.push(one)
      const told = answer(one)
      if (told.after !== undefined) yield* Effect.sleep(told.after)
      if (told.breaks === true) {
        return yield* new HttpClientError.RequestError({
          request,
          reason: "Transport",
          cause: new Error("socket hang up")
        })
      }
      const status = told.status ?? 200
      const empty = request.method === "HEAD" || status === 204 || status === 304
      const body = told.body instanceof Uint8Array ? new Uint8Array(told.body) : told.body ?? ""
      return HttpClientResponse.fromWeb(
        request,
        new Response(empty ? null : body, { status, headers: { ...told.headers } })
      )
    })
  )
  return { client, asked }
}

export const reference = (text: string): ImageReference => Either.getOrThrow(parse(text))

/** The client over a stub, with an empty cache and budgets of its own. */
export const registryOver = (
  client: HttpClient.HttpClient,
  options: OciRegistryOptions = {},
  credentials: ReadonlyMap<string, RegistryCredential> = new Map()
) =>
  OciRegistryHttp.layer(options).pipe(
    Layer.provideMerge(Layer.mergeAll(
      Layer.succeed(HttpClient.HttpClient, client),
      Budgets.layer,
      CacheMemory.layer(),
      CredentialsMemory.layer(credentials)
    ))
  )

export const indexType = "application/vnd.oci.image.index.v1+json"
export const manifestType = "application/vnd.oci.image.manifest.v1+json"

const encoder = new TextEncoder()

/** An image manifest that differs by its mark. */
export const imageBytes = (mark: string): Uint8Array => {
  const config = encoder.encode(JSON.stringify({ architecture: "amd64", os: "linux", mark }))
  return encoder.encode(JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: {
      mediaType: "application/vnd.oci.image.config.v1+json",
      digest: digestOf(config),
      size: config.byteLength
    },
    layers: []
  }))
}

/** The answer to a manifest request, as registries give it. */
export const manifestAnswer = (bytes: Uint8Array, mediaType = manifestType): Told => ({
  headers: {
    "content-type": mediaType,
    "docker-content-digest": digestOf(bytes),
    "content-length": String(bytes.byteLength)
  },
  body: bytes
})

/** A 404 as registries give it. */
export const missing = (code = "MANIFEST_UNKNOWN"): Told => ({
  status: 404,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ errors: [{ code, message: "unknown to registry" }] })
})

export const unauthorized = (challenge: string): Told => ({
  status: 401,
  headers: { "www-authenticate": challenge, "content-type": "application/json" },
  body: JSON.stringify({ errors: [{ code: "UNAUTHORIZED", message: "authentication required" }] })
})
