/**
 * Digests of content: `algorithm:hex`, as the OCI image specification registers them (image-spec, descriptor.md,
 * "Digests") and as go-digest checks them.
 */
import { Either, Schema } from "effect"
import { Malformed } from "./Malformed.js"

/** Characters of the hexadecimal form, for each algorithm that we can verify. */
const hexLengths = { sha256: 64, sha384: 96, sha512: 128 } as const

/** The algorithms that we can verify. Registries use sha256; sha512 is registered too, sha384 is met in the wild. */
export type DigestAlgorithm = keyof typeof hexLengths

const isAlgorithm = (text: string): text is DigestAlgorithm => Object.hasOwn(hexLengths, text)

// The grammar for algorithms that we do not know; it tells "unsupported" from "not a digest at all".
const anyDigest = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/

const problemOf = (text: string): { readonly reason: Malformed["reason"]; readonly message: string } | undefined => {
  const colon = text.indexOf(":")
  if (colon <= 0 || colon === text.length - 1) {
    return { reason: "format", message: "a digest is written algorithm:hex" }
  }
  const algorithm = text.slice(0, colon)
  const hex = text.slice(colon + 1)
  if (!isAlgorithm(algorithm)) {
    return anyDigest.test(text)
      ? { reason: "unsupported", message: `the digest algorithm ${algorithm} is not supported` }
      : { reason: "format", message: "a digest is written algorithm:hex" }
  }
  if (hex.length !== hexLengths[algorithm]) {
    return {
      reason: "length",
      message: `a ${algorithm} digest has ${hexLengths[algorithm]} hexadecimal digits, not ${hex.length}`
    }
  }
  return /^[a-f0-9]+$/.test(hex)
    ? undefined
    : { reason: "format", message: "a digest is written with lower-case hexadecimal digits" }
}

/** `sha256:…`, `sha384:…` or `sha512:…` of the right length, in lower-case hexadecimal. */
export const Digest = Schema.String.pipe(
  Schema.filter((text) => {
    const problem = problemOf(text)
    return problem === undefined || problem.message
  }),
  Schema.brand("Digest")
)
export type Digest = typeof Digest.Type

const isDigest = Schema.is(Digest)

/**
 * Reads a digest. Fails with reason `format` (no digest at all, or other than lower-case hexadecimal), `length`, or
 * `unsupported` (a well-formed digest of an algorithm that we cannot verify).
 */
export const parse = (text: string): Either.Either<Digest, Malformed> => {
  if (isDigest(text)) return Either.right(text)
  const { message, reason } = problemOf(text) ?? { reason: "format", message: "not a digest" }
  return Either.left(new Malformed({ what: "digest", input: text, reason, message: `${message}: "${text}"` }))
}

/** The part before the colon. */
export const algorithmOf = (digest: Digest): DigestAlgorithm => {
  const algorithm = digest.slice(0, digest.indexOf(":"))
  return isAlgorithm(algorithm) ? algorithm : "sha256"
}

/** The part after the colon. */
export const hexOf = (digest: Digest): string => digest.slice(digest.indexOf(":") + 1)

/**
 * The tag under which a registry without the referrers API keeps the referrers of a digest (distribution-spec 1.1,
 * "Referrers Tag Schema"): algorithm and hexadecimal joined by a dash, the latter cut to 64 characters.
 */
export const referrersTag = (digest: Digest): string => `${algorithmOf(digest)}-${hexOf(digest).slice(0, 64)}`
