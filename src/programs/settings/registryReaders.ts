/**
 * Readers for the settings of registries.
 */
import { Either, Redacted } from "effect"
import { isDockerHub } from "../../domain/ImageReference.js"
import { addressProblem } from "../../domain/ReferenceGrammar.js"
import { httpUrl } from "./readers.js"
import type { Reader } from "./Setting.js"

/** A credential that was set for a registry. */
export interface RegistryAuth {
  /** `docker.io`, `ghcr.io`, `localhost:5000`. */
  readonly registry: string
  readonly username: string
  readonly secret: Redacted.Redacted
}

/** Another address for the reads of a registry, or the way in which the registry itself is reached. */
export interface RegistryAddress {
  readonly registry: string
  readonly address: URL
}

const host = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/

const isHost = (text: string): boolean => host.test(text) && addressProblem(text) === undefined

// Hosts are the same in any case.
const canonical = (registry: string): string => {
  const lowered = registry.toLowerCase()
  return isDockerHub(lowered) ? "docker.io" : lowered
}

const parts = (text: string, between: RegExp): ReadonlyArray<string> =>
  text.split(between).filter((part) => part !== "")

// `%2C` stands for a comma, `%252C` for itself.
const withCommas = (text: string): string =>
  text.replace(/%(?:25)?2c/gi, (code) => code.length === 3 ? "," : `%${code.slice(3)}`)

const auth = (text: string): Either.Either<RegistryAuth, string> => {
  // What follows would be a part of this secret, and be sent to this host.
  if (text.includes(",")) {
    return Either.left(
      "holds a comma, which stands neither between entries nor in them; put blanks between entries, and write %2C for a " +
        "comma in a secret"
    )
  }
  // A secret may hold = and :, a host and a user may not.
  const match = /^([^=]+)=([^:]*):(.*)$/s.exec(text)
  const [, registry = "", username = "", secret = ""] = match ?? []
  return match === null || !host.test(registry) || username === "" || secret === ""
    ? Either.left("is not as expected; give host=user:secret, several with blanks between them")
    : Either.right({
      registry: canonical(registry),
      username: withCommas(username),
      secret: Redacted.make(withCommas(secret))
    })
}

/** `host=user:secret`, several with blanks between them, `%2C` for a comma. The text is never repeated. */
export const registryAuths: Reader<ReadonlyArray<RegistryAuth>> = (text) => Either.all(parts(text, /\s+/).map(auth))

const address = (text: string): Either.Either<RegistryAddress, string> => {
  const equals = text.indexOf("=")
  const registry = text.slice(0, Math.max(equals, 0))
  if (!isHost(registry)) {
    return Either.left("is not as expected; give registry=URL, such as docker.io=https://mirror.example")
  }
  return Either.map(
    httpUrl(text.slice(equals + 1)),
    (url) => ({ registry: canonical(registry), address: new URL(url) })
  )
}

/** `registry=URL`, several with commas or blanks between them. */
export const registryAddresses: Reader<ReadonlyArray<RegistryAddress>> = (text) =>
  Either.all(parts(text, /[\s,]+/).map(address))

/** The address of Docker Hub's mirror; without `https://` too. */
export const mirrorUrl: Reader<URL> = (text) =>
  Either.map(httpUrl(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`), (url) => new URL(url))

const registryName = (text: string): Either.Either<string, string> =>
  isHost(text) && (/[.:]/.test(text) || text === "localhost")
    ? Either.right(canonical(text))
    : Either.left("is not as expected; give registries by their hosts, such as docker.io,ghcr.io,quay.io")

/** Hosts of registries, several with commas or blanks between them; each once. */
export const registryNames: Reader<ReadonlyArray<string>> = (text) =>
  Either.map(Either.all(parts(text, /[\s,]+/).map(registryName)), (names) => [...new Set(names)])

const rate = (text: string): Either.Either<readonly [string, number], string> => {
  const match = /^([^=]+)=(\d+(?:\.\d+)?)$/.exec(text)
  const [, registry = "", perSecond = ""] = match ?? []
  return match !== null && isHost(registry) && Number(perSecond) > 0
    ? Either.right([canonical(registry), Number(perSecond)])
    : Either.left("is not as expected; give registry=NUMBER, such as docker.io=5,ghcr.io=10")
}

/** `registry=NUMBER`, several with commas or blanks between them. */
export const rates: Reader<Readonly<Record<string, number>>> = (text) =>
  Either.map(Either.all(parts(text, /[\s,]+/).map(rate)), (rates) => Object.fromEntries(rates))
