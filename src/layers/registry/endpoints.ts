/**
 * Where a registry is asked: reads at its mirror, if it has one, writes always at the registry itself.
 */
import { apiHost, isDockerHub } from "../../domain/ImageReference.js"
import { isLoopback } from "./addresses.js"

/** An address that a person set for the reads of a registry. */
export interface MirrorSetting {
  /** `docker.io`, `ghcr.io`, `localhost:5000`. */
  readonly registry: string
  /** `https://mirror.example` or `http://127.0.0.1:5001`, with a path where the mirror has one. */
  readonly address: URL
}

/** Where requests go. */
export interface Endpoint {
  /** The registry that is meant: `docker.io`. */
  readonly registry: string
  /** Without a slash at its end; `/v2/…` follows. */
  readonly base: URL
  /** The host as messages name it, which those who are asked at the same place share. */
  readonly host: string
  /** Whose limits these are, in budgets: `docker.io`, or `docker.io via mirror.example`. */
  readonly budget: string
  /** The name under which credentials are looked up. None are ever sent where they were not meant for. */
  readonly credentialsOf: ReadonlyArray<string>
}

/** The registry itself. Plain HTTP only on this machine, or where a setting names the registry's own host with it. */
export const registryEndpoint = (registry: string, settings: ReadonlyArray<MirrorSetting>): Endpoint => {
  const host = apiHost(registry)
  const https = new URL(`https://${host}`)
  const usual = isLoopback(https.hostname) ? new URL(`http://${host}`) : https
  const told = settings.find(({ address, registry: named }) =>
    named === registry && address.hostname === usual.hostname && address.port === usual.port
  )
  const base = told?.address ?? usual
  return { registry, base, host: base.host, budget: registry, credentialsOf: [registry] }
}

/**
 * Where reads of a registry go. A mirror is another server: it gets the credentials that were set for its own address.
 * Only one on this machine that stands in for a registry elsewhere also gets that registry's, which then do not leave
 * the machine.
 */
export const readEndpoint = (registry: string, mirrors: ReadonlyArray<MirrorSetting>): Endpoint => {
  const own = registryEndpoint(registry, mirrors)
  const mirror = mirrors.find((setting) => setting.registry === registry)?.address
  if (mirror === undefined) return own
  const standsIn = isLoopback(mirror.hostname) && !isLoopback(own.base.hostname)
  if (mirror.href === own.base.href) return own
  return {
    registry,
    base: mirror,
    host: mirror.host,
    budget: `${registry} via ${mirror.host}`,
    credentialsOf: standsIn ? [mirror.host, registry] : [mirror.host]
  }
}

/** A registry that another one sent us to, and the repository there. */
export interface Elsewhere {
  readonly endpoint: Endpoint
  readonly repository: string
}

const readable = /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//

/**
 * The registry at an address that a redirect names; undefined where it is no registry's, such as a store of blobs. It
 * is asked as itself: with its own challenge, credentials and limits, never with those of the registry before it.
 */
export const elsewhere = (url: URL): Elsewhere | undefined => {
  const repository = readable.exec(url.pathname)?.[1]
  if (repository === undefined) return undefined
  const registry = isDockerHub(url.host) ? "docker.io" : url.host
  const base = new URL(url.origin)
  return { repository, endpoint: { registry, base, host: base.host, budget: registry, credentialsOf: [registry] } }
}

/** The address of a path under the endpoint: `urlOf(endpoint, "library/nginx/manifests/latest")`. */
export const urlOf = (endpoint: Endpoint, path: string): URL => {
  const prefix = endpoint.base.pathname.replace(/\/+$/, "")
  return new URL(`${endpoint.base.origin}${prefix}/v2/${path}`)
}
