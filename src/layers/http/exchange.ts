/**
 * One request, one whole answer: the shared way to the outside for clients that read small documents.
 */
import type { HttpClient, HttpClientError } from "@effect/platform"
import { HttpClientRequest } from "@effect/platform"
import type { Headers } from "@effect/platform/Headers"
import { Duration, Effect, Option, Predicate, Schema, Stream } from "effect"
import { Transient } from "../../domain/Errors.js"
import { authorizationSecrets, scrub } from "../../domain/scrub.js"
import { type Asker, measured, type Outcome, outcomeOf } from "../../domain/telemetry.js"
import { acceptedEncodings, decodeBody } from "./decode.js"
import { refusedIn } from "./guardedAgent.js"

/** An answer whose body was read to its end. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** The body as it was meant: decoded from its Content-Encoding. For digests. */
  readonly bytes: Uint8Array
  /** The same as text; of a refusal (a status from 400 on) without the secrets that the request was sent with. */
  readonly body: string
}

export interface ExchangeOptions {
  /** Who is asked; stands in errors. */
  readonly service: string
  /** The name of its budgets, by which requests are counted. Default: the service's. */
  readonly budget?: string
  /** What came of a request where its status alone, which says `usual`, does not tell: a 403 may be a limit. */
  readonly outcome?: (answer: Answer, usual: Outcome) => Outcome
  /** For the whole exchange, body included. Default 30 s. */
  readonly timeout?: Duration.Duration
  /** A longer body is refused, whether it was long on the wire or became so when decoded. Default 16 MiB. */
  readonly maxBytes?: number
}

const defaultTimeout = Duration.seconds(30)
const defaultMaxBytes = 16 * 1024 * 1024

// The address may carry a secret in its query, so messages name the host and the path alone.
const where = (request: HttpClientRequest.HttpClientRequest): string => {
  const url = URL.canParse(request.url) ? new URL(request.url) : undefined
  return url === undefined ? request.method : `${request.method} ${url.host}${url.pathname}`
}

const Fields = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown }))

// The secrets among the fields of a body, a form or JSON.
const fieldSecrets = ({ body }: HttpClientRequest.HttpClientRequest): ReadonlyArray<string> => {
  if (body._tag !== "Uint8Array") return []
  const text = Buffer.from(body.body).toString("utf8")
  const fields = Option.match(Schema.decodeOption(Fields)(text), {
    onNone: (): ReadonlyArray<[string, unknown]> => [...new URLSearchParams(text)],
    onSome: (fields) => Object.entries(fields)
  })
  return fields.filter(([name]) => /password|secret|token/i.test(name)).map(([, value]) => value).filter(
    Predicate.isString
  )
}

// What a service says of a refusal becomes a message, and it may repeat what it was sent.
const secretsOf = (request: HttpClientRequest.HttpClientRequest, credential: "credential" | undefined) => [
  ...authorizationSecrets(request.headers["authorization"] ?? ""),
  ...credential === undefined ? [] : fieldSecrets(request)
]

const causeText = (error: HttpClientError.HttpClientError): string => {
  const cause = error.cause
  if (!(cause instanceof Error)) return error.reason
  const inner = cause.cause instanceof Error ? cause.cause : cause
  return "code" in inner && typeof inner.code === "string" ? inner.code : inner.message
}

/** Sends a request; `credential` where one of ours is in it elsewhere than in the Authorization header. */
export type Exchange = (
  request: HttpClientRequest.HttpClientRequest,
  credential?: "credential"
) => Effect.Effect<Answer, Transient>

/**
 * Sends a request and reads the answer to its end, whatever its status. Fails only with TRANSIENT: `timeout` when the
 * whole exchange took too long, `network` when the connection failed or broke, `malformed` when the body was longer
 * than allowed or is not what its Content-Encoding says. Made once for a service, as it holds the service's meter.
 */
export const exchange = (client: HttpClient.HttpClient, options: ExchangeOptions): Exchange => {
  const { maxBytes = defaultMaxBytes, service, timeout = defaultTimeout } = options
  const meter = measured(options.budget ?? service)
  const outcome = options.outcome ?? ((_: Answer, usual: Outcome) => usual)
  const metered = (asker: Asker) => (request: Effect.Effect<Answer, Transient>) =>
    meter(request, (answer) => outcome(answer, outcomeOf(answer.status, asker)))
  return (request, credential) => {
    const fail = (reason: Transient["reason"], message: string) =>
      new Transient({ service, reason, message: `${where(request)}: ${message}` })
    const asking = request.headers["accept-encoding"] === undefined
      ? HttpClientRequest.setHeader(request, "accept-encoding", acceptedEncodings)
      : request
    return client.execute(asking).pipe(
      Effect.flatMap((response) =>
        response.stream.pipe(
          Stream.runFoldEffect({ size: 0, chunks: new Array<Uint8Array>() }, (state, chunk) => {
            state.chunks.push(chunk)
            const size = state.size + chunk.byteLength
            return size > maxBytes
              ? Effect.fail(fail("malformed", `the body is longer than ${maxBytes} bytes`))
              : Effect.succeed({ size, chunks: state.chunks })
          }),
          Effect.flatMap(({ chunks }) =>
            decodeBody(Buffer.concat(chunks), response.headers["content-encoding"], maxBytes)
          ),
          Effect.map((bytes): Answer => {
            const body = Buffer.from(bytes).toString("utf8")
            const { headers, status } = response
            return { status, headers, bytes, body: status < 400 ? body : scrub(body, secretsOf(request, credential)) }
          })
        )
      ),
      Effect.catchTags({
        RequestError: (error) => {
          const refused = refusedIn(error.cause)
          // What may not be connected to may not be the next time either.
          return Effect.fail(
            refused === undefined ? fail("network", causeText(error)) : fail("malformed", refused.message)
          )
        },
        ResponseError: (error) => Effect.fail(fail("network", causeText(error))),
        Undecodable: (error) => Effect.fail(fail("malformed", error.message))
      }),
      Effect.timeoutFail({
        duration: timeout,
        onTimeout: () => fail("timeout", `no whole answer within ${Duration.format(timeout)}`)
      }),
      metered(request.headers["authorization"] === undefined ? credential ?? "stranger" : "credential"),
      Effect.withSpan("exchange", { attributes: { service } })
    )
  }
}
