/**
 * The simulated services with spoilt answers: what a client makes of them, on a clock that jumps from wake-up to wake-up.
 */
import { HttpClient, HttpClientError, HttpClientResponse } from "@effect/platform"
import { Cause, Chunk, Effect, Exit, FastCheck as fc, Fiber, Option, Stream } from "effect"
import type { CensusError } from "../../src/domain/Errors.js"
import { makeSettlingClock } from "../support/settlingClock.js"
import { type Spoiling, spoiling, spoilt } from "./documents.js"
import { must } from "./Target.js"
import { anyText } from "./texts.js"

/** How one answer is spoilt; every part may be left as it is. */
export interface AnswerSpoiling {
  readonly status: number | undefined
  /** `hang`: no answer; `reset`: the connection breaks; `cut`: it breaks within the body; `endless`: the body goes on. */
  readonly ends: "well" | "hang" | "reset" | "cut" | "endless"
  readonly body: Spoiling | string | undefined
  readonly headers: ReadonlyArray<readonly [string, string]>
}

// What a header may hold on the wire; Node refuses the rest by itself.
const headerText = anyText.map((text) => text.replace(/[^\t\u0020-\u007e\u00a0-\u00ff]/g, "").trim().slice(0, 2_000))

const headerNames = [
  "content-type",
  "content-encoding",
  "content-length",
  "retry-after",
  "x-ratelimit-remaining",
  "x-ratelimit-reset",
  "ratelimit-remaining",
  "link",
  "location",
  "www-authenticate",
  "docker-content-digest",
  "warning",
  "etag"
]

/** A registry of the person's own, for which there is a credential, and which was not asked for. */
export const privateRegistry = "registry.private.example"

const headerValue = fc.oneof(
  fc.constantFrom(
    "0",
    "-1",
    "3",
    "1e9",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "gzip",
    "br, gzip",
    "identity",
    "text/html",
    "application/json",
    "http://127.0.0.1:1/v2/",
    "//169.254.169.254/",
    "</v2/x/tags/list>; rel=\"next\"",
    "<http://localhost/>; rel=next",
    "Bearer realm=\"http://10.0.0.1/token\",service=\"a\"",
    "Bearer realm=\"https://ghcr.io/token\",service=\"ghcr.io\",scope=\"repository:a/b:pull\"",
    `https://${privateRegistry}/v2/acme/app/manifests/latest`,
    `Bearer realm="https://${privateRegistry}/token",service="${privateRegistry}",scope="repository:acme/app:pull"`,
    "Basic",
    "Bearer",
    `sha256:${"0".repeat(64)}`
  ),
  headerText
)

/** How answers are spoilt, in the order of the requests; those behind the last are left as they are. */
export const answerSpoilings: fc.Arbitrary<ReadonlyArray<AnswerSpoiling>> = fc.array(
  fc.record({
    status: fc.oneof(
      { weight: 3, arbitrary: fc.constant(undefined) },
      {
        weight: 2,
        arbitrary: fc.constantFrom(200, 201, 204, 206, 300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 405, 406, 410)
      },
      { weight: 1, arbitrary: fc.constantFrom(416, 418, 429, 451, 500, 502, 503, 504, 520, 599) }
    ),
    ends: fc.oneof(
      { weight: 9, arbitrary: fc.constant("well" as const) },
      { weight: 1, arbitrary: fc.constantFrom("hang" as const, "reset" as const, "cut" as const, "endless" as const) }
    ),
    body: fc.oneof(
      { weight: 1, arbitrary: fc.constant(undefined) },
      { weight: 4, arbitrary: spoiling },
      {
        weight: 2,
        arbitrary: fc.oneof(
          fc.constantFrom(
            "",
            "404 page not found\n",
            "<html><body>502 Bad Gateway</body></html>",
            "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest unknown\"}]}",
            "{\"errors\":[{\"code\":\"DENIED\",\"message\":{\"deep\":[]}}]}",
            "{\"errors\":null}",
            "{\"message\":\"Bad credentials\"}",
            "{\"message\":\"object not found\"}",
            "null",
            "[]"
          ),
          anyText
        )
      }
    ),
    headers: fc.array(fc.tuple(fc.constantFrom(...headerNames), headerValue), { maxLength: 3 })
  }),
  { minLength: 1, maxLength: 6 }
)

/** An answer as it was given. */
export interface Given {
  readonly method: string
  readonly url: string
  readonly status: number
  readonly body: string
}

/** A request as it was sent, whether it was answered or not. */
export interface Asked {
  readonly url: URL
  readonly authorization: string | undefined
}

/** More than any reader may take of one answer. */
const flood = 96 * 1024 * 1024

const parsed = (text: string): Option.Option<unknown> => {
  try {
    return Option.some(JSON.parse(text))
  } catch {
    return Option.none()
  }
}

const spoiltBody = (text: string, how: Spoiling | string | undefined): string => {
  if (how === undefined) return text
  if (typeof how === "string") return how
  return Option.match(parsed(text), { onNone: () => text, onSome: (document) => spoilt(document, how) })
}

/** A client of the world that spoils its answers, and what was given. */
export const spoiltClient = (client: HttpClient.HttpClient, spoilings: ReadonlyArray<AnswerSpoiling>) => {
  const given: Array<Given> = []
  const asked: Array<Asked> = []
  const spoiling = HttpClient.make((request, url) =>
    Effect.gen(function*() {
      const how = spoilings[asked.length]
      asked.push({ url, authorization: request.headers["authorization"] })
      must(asked.length < 5_000, "one question became 5,000 requests")
      const broken = () => new HttpClientError.RequestError({ request, reason: "Transport", description: "reset" })
      if (how?.ends === "hang") return yield* Effect.never
      if (how?.ends === "reset") return yield* broken()
      const answer = yield* client.execute(request)
      const text = yield* answer.text
      const body = spoiltBody(text, how?.body)
      const status = how?.status ?? answer.status
      const headers = new Headers({ ...answer.headers })
      headers.delete("content-length")
      for (const [name, value] of how?.headers ?? []) headers.set(name, value)
      given.push({ method: request.method, url: url.href, status, body })
      const response = HttpClientResponse.fromWeb(request, new Response(null, { status, headers }))
      const bytes = Buffer.from(request.method === "HEAD" || status === 204 || status === 304 ? "" : body)
      const cut = new HttpClientError.ResponseError({ request, response, reason: "Decode", description: "cut" })
      let sent = 0
      const more = Effect.sync(() => {
        sent += 65_536
        must(sent < flood, "the body of an answer is read without a limit")
        return Buffer.alloc(65_536, "a")
      })
      // A web stream would be read in real time, in which the clock of the case would run on.
      const stream = how?.ends === "cut"
        ? Stream.concat(Stream.make(bytes.subarray(0, bytes.length / 2)), Stream.fail(cut))
        : how?.ends === "endless"
        ? Stream.concat(Stream.make(bytes), Stream.repeatEffect(more))
        : Stream.fromChunk(Chunk.of(bytes))
      return Object.defineProperty(response, "stream", { value: stream })
    })
  )
  return { client: spoiling, given, asked }
}

const opening = Date.UTC(2026, 2, 1, 9)

/**
 * Runs a question to its end, however long that takes on its clock; at most a day, for some wait as long as nobody gives
 * them a credential. Dies of every defect: the four errors are the only ways to fail.
 */
export const ended = <A>(
  question: Effect.Effect<A, CensusError>
): Effect.Effect<Exit.Exit<Option.Option<A>, CensusError>> =>
  Effect.gen(function*() {
    const { clock, join } = makeSettlingClock(opening)
    const fiber = yield* Effect.fork(
      question.pipe(Effect.timeoutOption("1 day"), Effect.exit, Effect.withClock(clock))
    )
    const exit = yield* join(fiber, "25 hours").pipe(Effect.onError(() => Fiber.interruptFork(fiber)))
    if (Exit.isFailure(exit) && Option.isNone(Cause.failureOption(exit.cause))) {
      return yield* Effect.dieMessage(Cause.pretty(exit.cause))
    }
    return exit
  })

/** Whether a question ended in NOT_FOUND. */
export const isNotFound = <A>(exit: Exit.Exit<A, CensusError>): boolean =>
  Exit.isFailure(exit) && Option.exists(Cause.failureOption(exit.cause), ({ _tag }) => _tag === "NOT_FOUND")

/** The answer's body as JSON, where it is an object. */
export const objectIn = ({ body }: Given): Readonly<Record<string, unknown>> | undefined => {
  const value = Option.getOrUndefined(parsed(body))
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined
}
