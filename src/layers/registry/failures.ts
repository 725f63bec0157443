/**
 * What a registry's refusals mean: the one place where they become the four errors.
 */
import { Option, Schema } from "effect"
import { Auth, NotFound, Transient } from "../../domain/Errors.js"
import { jsonOf } from "../../domain/JsonText.js"
import { refusedIn } from "../http/guardedAgent.js"
import type { Method } from "./transport.js"

/** `{errors: [{code, message, detail}]}` (distribution-spec, "Error Codes"); every part may be missing. */
const ErrorBody = jsonOf(Schema.Struct({
  errors: Schema.Array(Schema.Struct({
    code: Schema.optional(Schema.Unknown),
    message: Schema.optional(Schema.Unknown),
    status: Schema.optional(Schema.Unknown)
  }))
}))

const decodeErrors = Schema.decodeUnknownOption(ErrorBody)

/** One error out of a registry's body. */
export interface RegistryComplaint {
  readonly code: string
  readonly message: string
  /** Artifactory writes it beside the message, and no code, where no part of it speaks for a registry. */
  readonly status?: number
}

const textOf = (value: unknown): string => typeof value === "string" ? value : ""

/** The errors that a body holds; empty for HTML, nothing, or anything else. */
export const complaintsOf = (body: string): ReadonlyArray<RegistryComplaint> =>
  Option.match(decodeErrors(body), {
    onNone: () => [],
    onSome: ({ errors }) =>
      errors.map(({ code, message, status }) => ({
        code: textOf(code),
        message: textOf(message),
        ...(typeof status === "number" ? { status } : {})
      }))
  })

const longest = 200

/** What a body says, in one line for people: its errors, else its beginning. */
export const sayingOf = (body: string): string => {
  const complaints = complaintsOf(body)
  const text = complaints.length === 0
    ? body.replace(/<[^<>]*>/g, " ")
    : complaints.map(({ code, message }) => [code, message].filter((part) => part !== "").join(": ")).join("; ")
  // oxlint-disable-next-line no-control-regex -- a terminal must not be steered by what a registry says
  const line = text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ").trim()
  return line.length > longest ? `${line.slice(0, longest)}…` : line
}

const unknownCodes: ReadonlySet<string> = new Set([
  "MANIFEST_UNKNOWN",
  "NAME_UNKNOWN",
  "BLOB_UNKNOWN",
  "BLOB_UPLOAD_UNKNOWN",
  "MANIFEST_BLOB_UNKNOWN",
  "TAG_EXPIRED"
])

// What a registry says under any status when the thing may well be there: a refusal, a limit, a call that it lacks.
const otherCodes: ReadonlySet<string> = new Set([
  "DENIED",
  "UNAUTHORIZED",
  "TOOMANYREQUESTS",
  "UNAVAILABLE",
  "UNSUPPORTED"
])

/**
 * Whether a 404 is the registry's own word that something is missing. Proxies without their backend, and the web servers
 * of registries, answer 404 too ("404 page not found", HTML, their own JSON). A registry's word is an object whose
 * `errors` each have a `code` (distribution-spec, "Error Codes"), of whatever spelling (Harbor's is NOT_FOUND) unless it
 * speaks of something else, or Artifactory's `status` 404.
 */
const saysMissing = (complaints: ReadonlyArray<RegistryComplaint>): boolean =>
  complaints.length > 0 &&
  complaints.every(({ code, status }) => code === "" ? status === 404 : !otherCodes.has(code))

/** A refusal with what is needed to tell what it means. */
export interface Refusal {
  readonly service: string
  /** What was asked for: `ghcr.io/o/n:1.2`. */
  readonly what: string
  readonly method: Method
  readonly status: number
  readonly body: string
  /** Nobody's credential was sent. */
  readonly anonymous?: boolean
}

const quoted = (body: string): string => {
  const saying = sayingOf(body)
  return saying === "" ? "" : `: ${saying}`
}

/**
 * A status other than success, 401 (see `authorisation`) and 429 (see `lanes`). A 404 in the registry's own words and
 * the codes for unknown things are definite, under a 4xx alone: a 201 to a read says nothing. 403 and DENIED are AUTH;
 * everything else is TRANSIENT, `server` from 500 on and for a write's 404 that is not the registry's own: what was to be written is sent again.
 */
export const failureOf = (
  { anonymous, body, method, service, status, what }: Refusal
): Auth | NotFound | Transient => {
  if (status >= 500) {
    return new Transient({ service, reason: "server", message: `${what}: HTTP ${status}${quoted(body)}` })
  }
  const complaints = complaintsOf(body)
  const missing = status === 404
    ? saysMissing(complaints)
    : status >= 400 && complaints.some(({ code }) => unknownCodes.has(code))
  if (missing) return new NotFound({ service, what })
  if (status === 403 || status === 401 || complaints.some(({ code }) => code === "DENIED" || code === "UNAUTHORIZED")) {
    const scope = anonymous === true ? "one" : "all"
    return new Auth({ service, scope, message: `${what} is refused, HTTP ${status}${quoted(body)}` })
  }
  const reads = method === "GET" || method === "HEAD"
  return new Transient({
    service,
    reason: status === 404 && !reads ? "server" : "malformed",
    message: `${what}: HTTP ${status}${status === 404 ? " that is not the registry's own" : ""}${quoted(body)}`
  })
}

/**
 * What the registry keeps for somebody is not what it claims to be, and the registry is well: whoever may push an image
 * could otherwise make its registry look broken to all others.
 */
export const illFormed = (service: string, message: string): Transient =>
  new Transient({ service, reason: "malformed", scope: "one", message })

/** What was sent is not what it claims to be; nothing is gained by asking again. */
export const malformed = (service: string, message: string): Transient =>
  new Transient({ service, reason: "malformed", message })

// Node's and OpenSSL's codes of a certificate that is not trusted: asking again does not mend it.
const untrusted = /CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)/

/** A connection that failed or broke. The address may carry a secret in its query, so the code alone is told. */
export const brokenConnection = (
  service: string,
  what: string,
  error: { readonly cause?: unknown; readonly reason: string }
): Transient => {
  const refused = refusedIn(error.cause)
  if (refused !== undefined) return malformed(service, `${what}: the way there is not taken: ${refused.message}`)
  const outer = error.cause
  const inner = outer instanceof Error && outer.cause instanceof Error ? outer.cause : outer
  const told = inner instanceof Error
    ? "code" in inner && typeof inner.code === "string" ? inner.code : inner.message
    : error.reason
  return untrusted.test(told)
    ? malformed(
      service,
      `${what}: the certificate is not trusted (${told}); NODE_EXTRA_CA_CERTS names a file with further authorities`
    )
    : new Transient({ service, reason: "network", message: `${what}: the connection failed (${told})` })
}
