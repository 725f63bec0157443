/**
 * Docker Hub's accounts and their ten-minute tokens.
 */
import { Either, Schema } from "effect"
import { createHmac, timingSafeEqual } from "node:crypto"
import { authorization, type Request } from "../service/Exchange.js"

/** Someone who can log in. */
export interface Account {
  readonly username: string
  /** Password or access token. */
  readonly secret: string
}

const Claims = Schema.parseJson(Schema.Struct({ username: Schema.String, exp: Schema.Number }))

const TokenRequest = Schema.parseJson(Schema.Struct({ identifier: Schema.String, secret: Schema.String }))
const LoginRequest = Schema.parseJson(Schema.Struct({ username: Schema.String, password: Schema.String }))

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")

const equal = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Who asks, as far as the Hub can tell: `rejected` has sent a token that is expired or none of the Hub's. */
export type Caller = { readonly _tag: "Anonymous" } | { readonly _tag: "Rejected" } | {
  readonly _tag: "User"
  readonly username: string
}

export const makeAccounts = (accounts: ReadonlyArray<Account>, key: string, ttlSeconds: number) => {
  const sign = (content: string): string => createHmac("sha256", key).update(content).digest("base64url")
  const known = (username: string, secret: string): Account | undefined =>
    accounts.find((account) => account.username === username && equal(account.secret, secret))
  const mint = (account: Account, now: number): string => {
    const issued = Math.floor(now / 1_000)
    const content = `${base64url({ alg: "HS256", typ: "JWT" })}.${
      base64url({ username: account.username, iat: issued, exp: issued + ttlSeconds })
    }`
    return `${content}.${sign(content)}`
  }
  const login = (username: string, secret: string, now: number): string | undefined => {
    const account = known(username, secret)
    return account === undefined ? undefined : mint(account, now)
  }
  return {
    /** `POST /v2/auth/token`; undefined where the credentials are wrong. */
    token: (body: string, now: number): string | undefined =>
      Either.match(Schema.decodeEither(TokenRequest)(body), {
        onLeft: () => undefined,
        onRight: ({ identifier, secret }) => login(identifier, secret, now)
      }),
    /** `POST /v2/users/login`. */
    login: (body: string, now: number): string | undefined =>
      Either.match(Schema.decodeEither(LoginRequest)(body), {
        onLeft: () => undefined,
        onRight: ({ password, username }) => login(username, password, now)
      }),
    caller: (request: Request, now: number): Caller => {
      if (request.headers["authorization"] === undefined) return { _tag: "Anonymous" }
      const [header = "", claims = "", signature = ""] = (authorization(request, "bearer", "jwt") ?? "").split(".")
      if (!equal(signature, sign(`${header}.${claims}`))) return { _tag: "Rejected" }
      const read = Schema.decodeEither(Claims)(Buffer.from(claims, "base64url").toString("utf8"))
      return Either.isRight(read) && read.right.exp * 1_000 > now
        ? { _tag: "User", username: read.right.username }
        : { _tag: "Rejected" }
    }
  }
}
