/**
 * The private key of a GitHub App, as people keep it: the PEM file's text, the same with `\n` for line ends, or base64
 * of either.
 */
import { Effect, Redacted } from "effect"
import { createPrivateKey } from "node:crypto"
import { SettingsError } from "../../domain/Errors.js"

const unfold = (text: string): string => text.trim().replace(/\\r/g, "").replace(/\\n/g, "\n").replace(/\r\n/g, "\n")

const pemOf = (text: string): string => {
  const direct = unfold(text)
  if (direct.includes("-----BEGIN")) return direct
  const compact = direct.replace(/\s+/g, "")
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(compact) ? unfold(Buffer.from(compact, "base64").toString("utf8")) : direct
}

/**
 * Reads an RSA private key and returns it as PKCS#8 PEM. Fails with one line that never shows the key.
 * @param setting the setting that held it, for the error.
 */
export const parsePrivateKey = (
  value: Redacted.Redacted,
  setting = "GITHUB_APP_PRIVATE_KEY"
): Effect.Effect<Redacted.Redacted, SettingsError> =>
  Effect.try({
    try: () => createPrivateKey(pemOf(Redacted.value(value))),
    catch: () =>
      new SettingsError({
        setting,
        message: "is no private key; give the App's PEM file as text, or base64 of it"
      })
  }).pipe(
    Effect.filterOrFail(
      (key) => key.asymmetricKeyType === "rsa",
      () => new SettingsError({ setting, message: "is no RSA key; GitHub Apps have RSA keys" })
    ),
    Effect.map((key) => Redacted.make(key.export({ type: "pkcs8", format: "pem" }).toString()))
  )
