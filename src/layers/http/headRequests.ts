/**
 * HEAD requests without what they do not need. Digests are asked for by the thousand, and their answers have no body:
 * going through the general client, with its stream, its signal and a fiber for each timeout, costs several times as much
 * as the request itself (`npm run bench registry`).
 */
import { Either } from "effect"
import type { Dispatcher } from "undici"

/** The answer to a HEAD. Names of headers are in lower case; one that came several times has its values joined. */
export interface HeadAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

/** A way to send HEADs, beside an HTTP client that sends all else. */
export interface HeadRequests {
  /**
   * Sends a HEAD and follows no redirect. `done` is called once: with the answer, or with what broke the connection.
   * What is returned cancels it; `done` is not called then. Deadlines are the caller's.
   */
  readonly send: (
    url: URL,
    headers: Readonly<Record<string, string>>,
    done: (answer: Either.Either<HeadAnswer, unknown>) => void
  ) => () => void
}

const joined = (headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>) => {
  const out: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) out[name] = typeof value === "string" ? value : value.join(", ")
  }
  return out
}

/** HEADs through undici. `userAgent` goes along with each. */
export const make = (dispatcher: Dispatcher, userAgent: string): HeadRequests => ({
  send: (url, headers, done) => {
    let abort: ((reason: Error) => void) | undefined
    let answer: HeadAnswer | undefined
    let over = false
    const end = (result: Either.Either<HeadAnswer, unknown>): void => {
      if (over) return
      over = true
      done(result)
    }
    try {
      dispatcher.dispatch({
        origin: url.origin,
        path: url.pathname + url.search,
        method: "HEAD",
        headers: { ...headers, "user-agent": userAgent },
        // Undici closes a connection after each HEAD unless it is told not to: HEADs are most of what is sent here, and an
        // answer that broke the protocol with a body would break its own connection at worst.
        reset: false,
        headersTimeout: 0,
        bodyTimeout: 0
      }, {
        onRequestStart: (controller) => {
          if (over) controller.abort(new Error("cancelled"))
          else abort = (reason) => controller.abort(reason)
        },
        onResponseStart: (_, status, headers) => {
          answer = { status, headers: joined(headers) }
        },
        onResponseEnd: () => end(Either.fromNullable(answer, () => "no answer")),
        onResponseError: (_, error) => end(Either.left(error))
      })
    } catch (error) {
      end(Either.left(error))
    }
    return () => {
      if (over) return
      over = true
      abort?.(new Error("cancelled"))
    }
  }
})
