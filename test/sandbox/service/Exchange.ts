/**
 * Requests and answers of the simulated services, independent of how they travel: over a socket or in process.
 */
import type { Effect } from "effect"

/** Header names are in lower case. */
export interface Request {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  /** The service's own address as the caller wrote it, for absolute links. No trailing slash. */
  readonly origin: string
}

/** Names in lower case. */
export type Headers = Readonly<Record<string, string>>

/**
 * `cut`: the connection breaks after so many characters of the body. `goesOn`: the body does not end, because more of the
 * same comes (`endless`) or nothing more (`silence`). `Reset`: the connection breaks before an answer.
 */
export type Answer =
  | {
    readonly _tag: "Answer"
    readonly status: number
    readonly headers: Headers
    readonly body: string | Uint8Array
    readonly cut?: number
    readonly goesOn?: "endless" | "silence"
  }
  | { readonly _tag: "Reset" }

/** Takes as long as the real service would. A hanging service never ends. */
export type Handler = (request: Request) => Effect.Effect<Answer>

export const text = (status: number, body: string, contentType: string, headers: Headers = {}): Answer => ({
  _tag: "Answer",
  status,
  headers: { "content-type": contentType, ...headers },
  body
})

export const json = (status: number, body: unknown, headers: Headers = {}): Answer =>
  text(status, JSON.stringify(body), "application/json; charset=utf-8", headers)

/** The same answer with more headers. */
export const withHeaders = (answer: Answer, headers: Headers): Answer =>
  answer._tag === "Answer" ? { ...answer, headers: { ...answer.headers, ...headers } } : answer

/** The credential of `Authorization: <scheme> <credential>`, for one of these schemes (in lower case). */
export const authorization = (request: Request, ...schemes: ReadonlyArray<string>): string | undefined => {
  const match = /^(\S+)\s+(\S+)\s*$/.exec(request.headers["authorization"] ?? "")
  const scheme = match?.[1]?.toLowerCase()
  return scheme !== undefined && schemes.includes(scheme) ? match?.[2] : undefined
}
