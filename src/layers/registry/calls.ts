/**
 * The requests of the distribution specification, by name.
 */
import { Option } from "effect"
import { canonicalName, type ImageReference } from "../../domain/ImageReference.js"
import type { Reach } from "../../domain/PrivateAddress.js"
import type { RegistryRepository } from "../../services/OciRegistry.js"
import { getOrMake } from "../getOrMake.js"
import { type Endpoint, type MirrorSetting, readEndpoint, registryEndpoint, urlOf } from "./endpoints.js"
import { acceptManifests } from "./mediaTypes.js"
import type { Call, CallBody, Method } from "./transport.js"

/** Statuses that an operation can use. */
export const ok: ReadonlySet<number> = new Set([200])
/**
 * Answers to a HEAD that go on with a GET, besides 200: 405 and 501 are of registries that know no HEAD, and a 404 has no
 * body that shows whose word it is.
 */
export const headed: ReadonlySet<number> = new Set([200, 404, 405, 501])
export const created: ReadonlySet<number> = new Set([200, 201, 202, 204])

/** What the path names: the digest where there is one, else the tag, else `latest`. */
export const nameIn = (reference: ImageReference): string =>
  Option.getOrElse(reference.digest, () => Option.getOrElse(reference.tag, () => "latest"))

/** What a manifest is pushed to: the tag where there is one, which its digest then goes with. */
const pushedName = (reference: ImageReference): string => Option.getOrElse(reference.tag, () => nameIn(reference))

/** The reference in words: what was asked for, and nothing more. */
export const wordsFor = (reference: ImageReference): string => {
  const name = nameIn(reference)
  return `${canonicalName(reference)}${name.includes(":") ? "@" : ":"}${name}`
}

/** What reading a repository needs. */
export const pullScope = (repository: string): string => `repository:${repository}:pull`
const pushScope = (repository: string): string => `repository:${repository}:pull,push`

interface Parts {
  readonly method: Method
  readonly path: string
  readonly what: string
  readonly headers?: Readonly<Record<string, string>>
}

// Bodies are hashed as they are: nobody on the way needs to encode them.
const asIs = { "accept-encoding": "identity" } as const

const manifestPath = (reference: ImageReference): string => `manifests/${nameIn(reference)}`

/** The calls of one client; reads go to mirrors. `within`: how far the registries' own addresses may be. */
export const makeCalls = (mirrors: ReadonlyArray<MirrorSetting>, within?: Reach) => {
  const mirrored = new Map<string, Endpoint>()
  const own = new Map<string, Endpoint>()

  const reading = ({ registry, repository }: RegistryRepository, { headers, method, path, what }: Parts): Call => {
    const endpoint = getOrMake(mirrored, registry, () => readEndpoint(registry, mirrors, within))
    return {
      endpoint,
      method,
      url: urlOf(endpoint, `${repository}/${path}`),
      what,
      scope: pullScope(repository),
      repository,
      headers: { ...asIs, ...headers }
    }
  }

  const writing = (
    { registry, repository }: RegistryRepository,
    { headers, method, path, what }: Parts,
    body?: CallBody
  ): Call => {
    const endpoint = getOrMake(own, registry, () => registryEndpoint(registry, mirrors, within))
    return {
      endpoint,
      method,
      url: urlOf(endpoint, `${repository}/${path}`),
      what,
      scope: pushScope(repository),
      repository,
      headers: { ...asIs, ...headers },
      ...(body === undefined ? {} : { body })
    }
  }

  return {
    reading,
    writing,
    readManifest: (method: "GET" | "HEAD", reference: ImageReference): Call =>
      reading(reference, {
        method,
        path: manifestPath(reference),
        what: wordsFor(reference),
        headers: { accept: acceptManifests }
      }),
    writtenManifest: (reference: ImageReference): Call =>
      writing(reference, {
        method: "HEAD",
        path: `manifests/${pushedName(reference)}`,
        what: wordsFor(reference),
        headers: { accept: acceptManifests }
      }),
    putManifest: (reference: ImageReference, mediaType: string, bytes: Uint8Array): Call =>
      writing(
        reference,
        {
          method: "PUT",
          path: `manifests/${pushedName(reference)}`,
          what: wordsFor(reference),
          headers: { "content-type": mediaType }
        },
        { kind: "bytes", bytes }
      )
  }
}

export type Calls = ReturnType<typeof makeCalls>
