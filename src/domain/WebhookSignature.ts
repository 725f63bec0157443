/**
 * How a webhook proves from whom it comes: `t=<seconds>,v1=<hex>`, the HMAC-SHA256 of `<seconds>.<body>` with the shared
 * secret. The time is signed too, so that an old request cannot be sent again later.
 */
import { createHmac, timingSafeEqual } from "node:crypto"

/** The header that carries it. */
export const signatureHeader = "x-image-census-signature"

const mac = (secret: string, seconds: number, body: string): Buffer =>
  createHmac("sha256", secret).update(`${seconds}.${body}`).digest()

/** The header's value for a body that is sent at an instant (epoch milliseconds). */
export const sign = (secret: string, epochMillis: number, body: string): string => {
  const seconds = Math.floor(epochMillis / 1000)
  return `t=${seconds},v1=${mac(secret, seconds, body).toString("hex")}`
}

/**
 * Whether a header is the signature of this body, made within `tolerance` (milliseconds, 5 minutes unless given) of an
 * instant. For receivers.
 */
export const verify = (
  secret: string,
  header: string,
  body: string,
  epochMillis: number,
  tolerance = 300_000
): boolean => {
  const match = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header.trim())
  if (match === null) return false
  const seconds = Number(match[1])
  return Math.abs(epochMillis - seconds * 1000) <= tolerance &&
    timingSafeEqual(mac(secret, seconds, body), Buffer.from(match[2] ?? "", "hex"))
}
