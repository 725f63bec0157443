/**
 * What a registry's refusals mean: the one place where they become the four errors.
 */
import { Option, Schema } from "effect"
import { Auth, NotFound, Transient } from "../../domain/Errors.js"

/** `{errors: [{code, message, detail}]}` (distribution-spec, "Error Codes"); every part may be missing. */
const ErrorBody = Schema.parseJson(Schema.Struct({
  errors: Schema.Array(Schema.Struct({
    code: Schema.optional(Schema.Unknown),
    message: Schema.optional(Schema.Unknown)
  }))
}))

const decodeErrors = Schema.decodeUnknownOption(ErrorBody)

/** One error out of a registry's body. */
export interface RegistryComplaint {
  readonly code: string
  readonly message: string
}

const textOf = (value: unknown): string => typeof value === "string" ? value : ""

/** The errors that a body holds; empty for HTML, nothing, or anything else. */
export const complaintsOf = (body: string): ReadonlyArray<RegistryComplaint> =>
  Option.match(decodeErrors(body), {
    onNone: () => [],
    onSome: ({ errors }) => errors.map(({ code, message }) => ({ code: textOf(code), message: textOf(message) }))
  })

const longest = 200

/** What a body says, in one line for people: its errors, else its beginning. */
export const sayingOf = (body: string): string => {
  const complaints = complaintsOf(body)
  const text = complaints.length === 0
    ? body.replace(/<[^>]*>/g, " ")
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

/** A refusal with what is needed to tell what it means. */
export interface Refusal {
  readonly service: string
  /** What was asked for: `ghcr.io/o/n:1.2`. */
  readonly what: string
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
 * A status other than success, 401 (see `authorisation`) and 429 (see `lanes`). 404 and the codes for unknown things
 * are definite; 403 and DENIED are AUTH; everything else is TRANSIENT, `server` from 500 on.
 */
export const failureOf = ({ anonymous, body, service, status, what }: Refusal): Auth | NotFound | Transient => {
  if (status >= 500) {
    return new Transient({ service, reason: "server", message: `${what}: HTTP ${status}${quoted(body)}` })
  }
  const codes = complaintsOf(body).map(({ code }) => code)
  if (status === 404 || codes.some((code) => unknownCodes.has(code))) return new NotFound({ service, what })
  if (status === 403 || status === 401 || codes.some((code) => code === "DENIED" || code === "UNAUTHORIZED")) {
    const scope = anonymous === true ? "one" : "all"
    return new Auth({ service, scope, message: `${what} is refused, HTTP ${status}${quoted(body)}` })
  }
  return new Transient({ service, reason: "malformed", message: `${what}: HTTP ${status}${quoted(body)}` })
}

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
