/**
 * The digest of content.
 */
import { createHash } from "node:crypto"
import { Digest, type DigestAlgorithm } from "./Digest.js"

/** The digest of bytes, as the image specification writes it. */
export const digestOf = (bytes: Uint8Array, algorithm: DigestAlgorithm = "sha256"): Digest =>
  Digest.make(`${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`)
