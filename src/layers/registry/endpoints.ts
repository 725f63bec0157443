/**
 * Where a registry is asked: reads at its mirror, if it has one, writes always at the registry itself.
 */
import { apiHost, isDockerHub } from "../../domain/ImageReference.js"
import type { Reach } from "../../domain/PrivateAddress.js"
import { isFrontEndOf } from "../../domain/PublicRegistries.js"
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
  /** How far its own address may be, where a stranger or another server named it. Default: `anywhere`. */
  readonly within?: Reach
  /** An answer of another registry led here: no credential of ours comes along, here and wherever it leads. */
  readonly led?: boolean
  /** A mirror on this machine for a registry elsewhere: its credentials do not leave the machine. */
  readonly stays?: boolean
}

/**
 * The registry itself. Plain HTTP only on this machine, or where a setting names the registry's own host with it.
 * `within` is for names that strangers wrote; an address that a person set is good anywhere.
 */
export const registryEndpoint = (
  registry: string,
  settings: ReadonlyArray<MirrorSetting>,
  within: Reach = "anywhere"
): Endpoint => {
  const host = apiHost(registry)
  const https = new URL(`https://${host}`)
  const usual = isLoopback(https.hostname) ? new URL(`http://${host}`) : https
  const told = settings.find(({ address, registry: named }) =>
    named === registry.toLowerCase() && address.hostname === usual.hostname && address.port === usual.port
  )
  const base = told?.address ?? usual
  const endpoint = { registry, base, host: base.host, budget: registry, credentialsOf: [registry] }
  return told === undefined ? { ...endpoint, within } : endpoint
}

/**
 * Where reads of a registry go. A mirror is another server: it gets the credentials that were set for its own address.
 * Only one on this machine that stands in for a registry elsewhere also gets that registry's, which then do not leave
 * the machine.
 */
export const readEndpoint = (registry: string, mirrors: ReadonlyArray<MirrorSetting>, within?: Reach): Endpoint => {
  const own = registryEndpoint(registry, mirrors, within)
  const mirror = mirrors.find((setting) => setting.registry === registry.toLowerCase())?.address
  if (mirror === undefined) return own
  const standsIn = isLoopback(mirror.hostname) && !isLoopback(own.base.hostname)
  if (mirror.href === own.base.href) return own
  return {
    registry,
    base: mirror,
    host: mirror.host,
    budget: `${registry} via ${mirror.host}`,
    credentialsOf: standsIn ? [mirror.host, registry] : [mirror.host],
    stays: standsIn
  }
}

/** A registry that another one sent us to, and the repository there. */
export interface Elsewhere {
  readonly endpoint: Endpoint
  readonly repository: string
}

const readable = /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//

/**
 * The registry at an address that an answer of another names; undefined where it is no registry's, such as a store of
 * blobs. It is asked as itself, with its own challenge and limits, and as a stranger: with a credential, whoever wrote
 * the answer would choose what our credentials open. Those for the other are used where the first is a public front end
 * of it, and where the very registry and repository that was meant is named.
 */
export const elsewhere = (
  from: { readonly endpoint: Endpoint; readonly repository: string },
  url: URL,
  within: Reach
): Elsewhere | undefined => {
  const repository = readable.exec(url.pathname)?.[1]
  if (repository === undefined) return undefined
  const registry = isDockerHub(url.host) ? "docker.io" : url.host
  const base = new URL(url.origin)
  const { endpoint } = from
  const meant = registry === endpoint.registry && repository === from.repository && endpoint.stays !== true
  // A mirror of a front end is none itself.
  const led = endpoint.led === true || !(meant || isFrontEndOf(endpoint.base.host, registry))
  return {
    repository,
    endpoint: { registry, base, host: base.host, budget: registry, credentialsOf: led ? [] : [registry], within, led }
  }
}

/** The address of a path under the endpoint: `urlOf(endpoint, "library/nginx/manifests/latest")`. */
export const urlOf = (endpoint: Endpoint, path: string): URL => {
  const prefix = endpoint.base.pathname.replace(/\/+$/, "")
  return new URL(`${endpoint.base.origin}${prefix}/v2/${path}`)
}
