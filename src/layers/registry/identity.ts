/**
 * Who asks which server.
 */
import { Option, Redacted } from "effect"
import type { RegistryCredential } from "../../services/RegistryCredentials.js"
import type { Endpoint } from "./endpoints.js"
import type { Lane } from "./lanes.js"

/** A server and a credential: what is learned of a server is learned for one credential. */
export interface Identity {
  readonly endpoint: Endpoint
  readonly credential: Option.Option<RegistryCredential>
  readonly lane: Lane
}

/** Who pays where no credential is sent. */
export const anonymous = "anonymous"

/** The credential's name in budgets and messages. */
export const payerOf = (credential: Option.Option<RegistryCredential>): string =>
  Option.match(credential, { onNone: () => anonymous, onSome: ({ id }) => id })

/** A header's value, redacted until it is written. */
export const authorisationHeader = (scheme: "Basic" | "Bearer", secret: string): Redacted.Redacted =>
  Redacted.make(`${scheme} ${secret}`)

/** `Basic` of RFC 7617. */
export const basicHeader = (username: string, secret: Redacted.Redacted): Redacted.Redacted =>
  authorisationHeader("Basic", Buffer.from(`${username}:${Redacted.value(secret)}`, "utf8").toString("base64"))
