/**
 * The private key of a GitHub App, as people keep it: the PEM file's text, the same with `\n` for line ends, or base64
 * of either.
 */
import { Either, Redacted } from "effect"
import { createPrivateKey } from "node:crypto"

const unfold = (text: string): string => text.trim().replace(/\\r/g, "").replace(/\\n/g, "\n").replace(/\r\n/g, "\n")

const pemOf = (text: string): string => {
  const direct = unfold(text)
  if (direct.includes("-----BEGIN")) return direct
  const compact = direct.replace(/\s+/g, "")
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(compact) ? unfold(Buffer.from(compact, "base64").toString("utf8")) : direct
}

/** Reads an RSA private key and returns it as PKCS#8 PEM. Left says what was wrong and what would be right, without the key. */
export const readPrivateKey = (text: string): Either.Either<Redacted.Redacted, string> =>
  Either.try({
    try: () => createPrivateKey(pemOf(text)),
    catch: () => "is no private key; give the App's PEM file as text, or base64 of it"
  }).pipe(
    Either.filterOrLeft(
      (key) => key.asymmetricKeyType === "rsa",
      () => "is no RSA key; GitHub Apps have RSA keys"
    ),
    Either.map((key) => Redacted.make(key.export({ type: "pkcs8", format: "pem" }).toString()))
  )
