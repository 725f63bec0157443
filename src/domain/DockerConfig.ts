/**
 * What Docker's `config.json` says of credentials (docker/cli, "docker login", "Credential helpers"): which entry or
 * which helper belongs to an image. Pure: reading the file and running a helper are for others.
 */
import { Either, Option, Redacted, Schema } from "effect"
import { dockerHub, isDockerHub } from "./ImageReference.js"
import { jsonOf } from "./JsonText.js"
import { Malformed } from "./Malformed.js"

/** A credential as a file or a helper has it. */
export type DockerCredential =
  | { readonly kind: "basic"; readonly username: string; readonly password: Redacted.Redacted }
  /** A refresh token, to be exchanged at the token endpoint. */
  | { readonly kind: "identity"; readonly token: Redacted.Redacted }
  /** A bearer token for the registry itself. */
  | { readonly kind: "registry"; readonly token: Redacted.Redacted }

/** The key under which Docker keeps the credential of Docker Hub, in the file as well as towards helpers. */
export const dockerHubKey = "https://index.docker.io/v1/"

const Text = Schema.optional(Schema.NullOr(Schema.String))

/** One entry of `auths`. */
export const AuthEntry = Schema.Struct({
  auth: Text,
  username: Text,
  password: Text,
  identitytoken: Text,
  registrytoken: Text
})
export type AuthEntry = typeof AuthEntry.Type

const Texts = Schema.optional(Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.String })))

/** The part of the file that is about credentials. Entries are read one by one, so that a bad one harms itself only. */
export const DockerConfig = Schema.Struct({
  auths: Schema.optional(Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.Unknown }))),
  credHelpers: Texts,
  credsStore: Text
})
export type DockerConfig = typeof DockerConfig.Type

// Neither the text nor the parser's words are quoted: both may hold a secret.
const fail = (problem: string): Either.Either<never, Malformed> =>
  Either.left(new Malformed({ what: "Docker configuration", input: "", reason: "format", message: problem }))

const decodeConfig = Schema.decodeUnknownEither(jsonOf(DockerConfig))

/** Reads the file's text. */
export const parse = (text: string): Either.Either<DockerConfig, Malformed> =>
  Either.orElse(
    decodeConfig(text),
    () => fail("it is no JSON object with auths, credHelpers and credsStore as Docker has them")
  )

const base64 = /^[A-Za-z0-9+/]*={0,2}$/

/** Reads `auth`: base64 of `user:password`; either may be empty. An empty text is no credential. */
export const decodeAuth = (
  text: string
): Either.Either<Option.Option<{ readonly username: string; readonly password: Redacted.Redacted }>, Malformed> => {
  if (text === "") return Either.right(Option.none())
  if (!base64.test(text) || text.replace(/=+$/, "").length % 4 === 1) return fail("auth is no base64")
  const decoded = Buffer.from(text, "base64").toString("utf8")
  const colon = decoded.indexOf(":")
  if (colon === -1) return fail("auth is no base64 of user:password")
  const password = Redacted.make(decoded.slice(colon + 1).replace(/\0+$/, ""))
  return Either.right(Option.some({ username: decoded.slice(0, colon), password }))
}

const present = (text: string | null | undefined): text is string => typeof text === "string" && text !== ""

const decodeEntry = Schema.decodeUnknownEither(AuthEntry)

/**
 * The credential of an entry, none for an empty one. Tokens win over passwords, and `auth` over `username` and
 * `password`, as in Docker.
 */
export const credentialOf = (entry: unknown): Either.Either<Option.Option<DockerCredential>, Malformed> => {
  const read = decodeEntry(entry)
  if (Either.isLeft(read)) return fail("an entry of auths is not as Docker has it")
  const { auth, identitytoken, password, registrytoken, username } = read.right
  if (present(identitytoken)) {
    return Either.right(Option.some({ kind: "identity", token: Redacted.make(identitytoken) }))
  }
  if (present(registrytoken)) {
    return Either.right(Option.some({ kind: "registry", token: Redacted.make(registrytoken) }))
  }
  if (present(auth)) return Either.map(decodeAuth(auth), Option.map((basic) => ({ kind: "basic", ...basic })))
  if (!present(username) && !present(password)) return Either.right(Option.none())
  return Either.right(Option.some({ kind: "basic", username: username ?? "", password: Redacted.make(password ?? "") }))
}

const HelperAnswer = jsonOf(Schema.Struct({ Username: Text, Secret: Text }))
const decodeHelperAnswer = Schema.decodeUnknownEither(HelperAnswer)

/**
 * What a helper printed for `get`: the user `<token>` means that the secret is an identity token. An answer without a
 * secret is none.
 */
export const helperCredential = (output: string): Either.Either<Option.Option<DockerCredential>, Malformed> => {
  const read = decodeHelperAnswer(output)
  if (Either.isLeft(read)) return fail("the credential helper's answer is no JSON with Username and Secret")
  const { Secret: secret, Username: username } = read.right
  if (!present(secret)) return Either.right(Option.none())
  return Either.right(Option.some(
    username === "<token>"
      ? { kind: "identity", token: Redacted.make(secret) }
      : { kind: "basic", username: username ?? "", password: Redacted.make(secret) }
  ))
}

/**
 * The host, with its port, of what people and older versions of Docker wrote as an address:
 * `https://example.com:6555/v1/` is `example.com:6555`.
 */
export const convertToHostname = (address: string): string => {
  const authority = address.replace(/^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/(?:[^/@]*@)?/, "").split("/")[0] ?? ""
  if (!address.includes("://")) return authority
  const match = /^(?:\[(.*)\]|(.*?))(?::(\d+))?$/.exec(authority)
  const host = match?.[1] ?? match?.[2] ?? authority
  const port = match?.[3]
  if (port === undefined) return host
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`
}

// Hosts are the same in any case.
const registryOf = (host: string): string => {
  const lowered = host.toLowerCase()
  return isDockerHub(lowered) ? dockerHub : lowered
}

// Where an address stands in the order of lookup: a host, or a host with the beginning of a repository's path.
const placeOf = (key: string): string => {
  const registry = registryOf(convertToHostname(key))
  const path = key.replace(/^[a-zA-Z][a-zA-Z0-9+.-]*:\/\//, "").split("/").slice(1).join("/").replace(/\/+$/, "")
  return path === "" || path === "v1" || path === "v2" ? registry : `${registry}/${path}`
}

/**
 * The places at which a credential for a repository may stand, the most specific first: `quay.io/user/image`,
 * `quay.io/user`, `quay.io`.
 */
export const lookupPlaces = (registry: string, repository = ""): ReadonlyArray<string> => {
  const parts = repository === "" ? [] : repository.split("/")
  const host = registryOf(registry)
  return Array.from({ length: parts.length + 1 }, (_, cut) => [host, ...parts.slice(0, parts.length - cut)].join("/"))
}

const best = (keys: ReadonlyArray<string>, place: string): string | undefined => {
  const same = keys.filter((key) => placeOf(key) === place)
  return same.find((key) => key === place) ?? same.find((key) => !key.startsWith("http://")) ?? same[0]
}

/**
 * The entry of `auths` for a repository: the exact key first, then older spellings with protocol and path, then the
 * longest beginning of the repository's path. An entry without a credential does not hide a more general one.
 */
export const findAuth = (
  config: DockerConfig,
  registry: string,
  repository?: string
): Either.Either<Option.Option<DockerCredential>, Malformed> => {
  const auths = new Map(Object.entries(config.auths ?? {}))
  for (const place of lookupPlaces(registry, repository)) {
    const key = best([...auths.keys()], place)
    const found = key === undefined ? Either.right(Option.none<DockerCredential>()) : credentialOf(auths.get(key))
    if (Either.isLeft(found) || Option.isSome(found.right)) return found
  }
  return Either.right(Option.none())
}

/** A helper (`docker-credential-<suffix>`), and the address to ask it about. */
export interface HelperChoice {
  readonly suffix: string
  readonly serverAddress: string
}

/** The helper that knows a registry's credential: its own, else the store of all; none where neither is set. */
export const helperFor = (config: DockerConfig, registry: string): Option.Option<HelperChoice> => {
  const helpers = new Map(Object.entries(config.credHelpers ?? {}))
  const place = placeOf(registry)
  const key = best([...helpers.keys()], place)
  const suffix = key === undefined ? config.credsStore : helpers.get(key)
  const serverAddress = place === dockerHub ? dockerHubKey : place
  return present(suffix) ? Option.some({ suffix, serverAddress }) : Option.none()
}
