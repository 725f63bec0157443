/**
 * Who may: tokens, and which requests need which.
 */
import { Option } from "effect"
import { createHash, timingSafeEqual } from "node:crypto"

/** What a token lets its holder do. Who may write may read. */
export type Access = "read" | "write"

/** An entry of `IMAGE_CENSUS_API_TOKENS`: the token itself is not kept. */
export interface TokenEntry {
  readonly access: Access
  /** SHA-256 of the token, 64 lower-case hexadecimal digits. */
  readonly sha256: string
}

/** The entry for a token. */
export const entryOf = (access: Access, token: string): TokenEntry => ({
  access,
  sha256: createHash("sha256").update(token, "utf8").digest("hex")
})

const bearer = /^Bearer +([\x21-\x7e]{1,512})$/i

/**
 * What the `Authorization` header lets its sender do: none without a token, or with one that is not known. Takes as
 * long for a wrong token as for any other.
 */
export const granted = (
  entries: ReadonlyArray<TokenEntry>,
  authorization: string | undefined
): Option.Option<Access> => {
  const token = bearer.exec(authorization ?? "")?.[1]
  if (token === undefined) return Option.none()
  const hash = createHash("sha256").update(token, "utf8").digest()
  let found: Access | undefined
  for (const { access, sha256 } of entries) {
    // Every entry is compared, whichever fits.
    if (timingSafeEqual(hash, Buffer.from(sha256, "hex")) && found !== "write") found = access
  }
  return Option.fromNullable(found)
}

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i

/** Whether a bind address is reached from this machine alone. */
export const isLoopback = (host: string): boolean => loopback.test(host)

/**
 * Whether the `Host` header names this machine, for a server that listens on loopback: a page of another site whose name
 * was pointed at 127.0.0.1 may send requests here, but not with our name.
 */
export const isOwnHost = (header: string | undefined): boolean =>
  header !== undefined && isLoopback(header.replace(/:\d+$/, ""))
