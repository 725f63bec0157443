/**
 * Who may ask GitHub: personal tokens, and an App whose installations get tokens for an hour.
 */
import { Either, Schema } from "effect"
import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from "node:crypto"
import { hex } from "../world/seed.js"

export interface PersonalToken {
  readonly token: string
  /** Points an hour. Default 5,000. */
  readonly limit?: number
}

export interface Installation {
  readonly id: number
  readonly account: string
  readonly suspended?: boolean
  /** Points an hour. Default 5,000. */
  readonly limit?: number
}

export interface AppOptions {
  /** Default 4242. */
  readonly id?: number
  readonly installations: ReadonlyArray<Installation>
  /** How long a minted token lives, in seconds. Default 3,600. */
  readonly tokenSeconds?: number
}

/** A caller whom GitHub knows. */
export interface Credential {
  /** `token:1`, `installation:101`. */
  readonly id: string
  readonly limit: number
}

/** A new pair of 2,048 bits: the private half in PEM (PKCS#8), as a person pastes it into a setting. */
export const makeKeyPair = () => {
  const pair = generateKeyPairSync("rsa", { modulusLength: 2_048 })
  const pem = pair.privateKey.export({ type: "pkcs8", format: "pem" })
  return { publicKey: createPublicKey(pair.privateKey), privateKeyPem: pem.toString() }
}

const Header = Schema.parseJson(Schema.Struct({ alg: Schema.Literal("RS256") }))
const Claims = Schema.parseJson(Schema.Struct({
  iat: Schema.Number,
  exp: Schema.Number,
  iss: Schema.Union(Schema.String, Schema.Number)
}))

const decoded = (part: string): string => Buffer.from(part, "base64url").toString("utf8")

/** Left is GitHub's message to the bearer of a bad JWT. */
const checkJwt = (jwt: string, key: KeyObject, appId: number, now: number): Either.Either<void, string> => {
  const undecodable = Either.left("A JSON web token could not be decoded")
  const [header = "", payload = "", signature = ""] = jwt.split(".")
  const claims = Schema.decodeEither(Claims)(decoded(payload))
  if (Either.isLeft(Schema.decodeEither(Header)(decoded(header))) || Either.isLeft(claims)) return undecodable
  const signed = verify("RSA-SHA256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url"))
  if (!signed) return undecodable
  const { exp, iat, iss } = claims.right
  const second = now / 1_000
  if (String(iss) !== String(appId)) return Either.left("Integration not found")
  if (iat > second + 60) {
    return Either.left(
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
    )
  }
  if (exp <= second) {
    return Either.left(
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
    )
  }
  return exp - second > 660 ? Either.left("'Expiration time' claim ('exp') is too far in the future") : Either.void
}

const defaultLimit = 5_000

/** The register of credentials. Instants are epoch milliseconds. */
export const makeCredentials = (
  tokens: ReadonlyArray<PersonalToken>,
  app: AppOptions | undefined,
  publicKey: KeyObject | undefined,
  seed: string
) => {
  const minted = new Map<string, { readonly installation: Installation; readonly expiresAt: number }>()
  const suspended = new Set((app?.installations ?? []).filter((one) => one.suspended === true).map(({ id }) => id))
  const revoked = new Set<string>()
  const serial = { next: 1 }
  const appId = app?.id ?? 4242
  const installation = (id: number): Installation | undefined => app?.installations.find((one) => one.id === id)
  const find = (token: string): { readonly credential: Credential; readonly expiresAt: number } | undefined => {
    const index = tokens.findIndex((one) => one.token === token)
    const personal = tokens[index]
    if (personal !== undefined) {
      const credential = { id: `token:${index + 1}`, limit: personal.limit ?? defaultLimit }
      return { credential, expiresAt: Infinity }
    }
    const known = minted.get(token)
    if (known === undefined) return undefined
    const { expiresAt, installation: { id, limit = defaultLimit } } = known
    return { credential: { id: `installation:${id}`, limit }, expiresAt: suspended.has(id) ? 0 : expiresAt }
  }
  return {
    appId,
    installations: app?.installations ?? [],
    installation,
    isSuspended: (id: number): boolean => suspended.has(id),
    suspend: (id: number): void => void suspended.add(id),
    /** From now on this credential (`token:1`) is a bad one; an installation can mint a new token. */
    revoke: (id: string): void => {
      revoked.add(id)
      for (const [token, { installation: { id: owner } }] of minted) {
        if (id === `installation:${owner}`) minted.delete(token)
      }
    },
    checkJwt: (jwt: string, now: number): Either.Either<void, string> =>
      publicKey === undefined ? Either.left("Integration not found") : checkJwt(jwt, publicKey, appId, now),
    mint: (of: Installation, now: number): { readonly token: string; readonly expiresAt: number } => {
      const n = serial.next++
      const token = `ghs_${hex(seed, "installation-token", String(of.id), String(n)).slice(0, 36)}`
      // GitHub names whole seconds.
      const expiresAt = Math.floor(now / 1_000 + (app?.tokenSeconds ?? 3_600)) * 1_000
      minted.set(token, { installation: of, expiresAt })
      return { token, expiresAt }
    },
    /** Who this is; undefined for bad, revoked and expired tokens. */
    authenticate: (token: string | undefined, now: number): Credential | undefined => {
      const found = token === undefined ? undefined : find(token)
      if (found === undefined || found.expiresAt <= now) return undefined
      return found.credential.id.startsWith("token:") && revoked.has(found.credential.id) ? undefined : found.credential
    },
    /** For the counters: who this is or was, and never the token itself. */
    label: (token: string | undefined): string =>
      token === undefined ? "anonymous" : token.split(".").length === 3 ? "app" : find(token)?.credential.id ?? "bad"
  }
}

export type Credentials = ReturnType<typeof makeCredentials>
