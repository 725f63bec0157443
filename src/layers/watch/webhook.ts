/**
 * The action `webhook`: the event as a CloudEvent in a POST, signed where there is a secret. Redirects are not followed:
 * what was allowed is the address that a person gave.
 */
import * as Headers from "@effect/platform/Headers"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Clock, Duration, Effect, Option, Redacted, Stream } from "effect"
import { cloudEventText, cloudEventType } from "../../domain/CloudEvent.js"
import { parseRetryAfter } from "../../domain/RetryAfter.js"
import { addressSecrets, scrub } from "../../domain/scrub.js"
import type { WatchEvent } from "../../domain/WatchEvent.js"
import { sign, signatureHeader } from "../../domain/WebhookSignature.js"
import type { ActionResult } from "../../services/WatchActions.js"
import { refusedIn } from "../http/guardedAgent.js"

/** How webhooks are sent. */
export interface WebhookOptions {
  readonly client: HttpClient.HttpClient
  readonly secret: Option.Option<Redacted.Redacted>
  /** For the whole exchange. */
  readonly timeout: Duration.Duration
  readonly userAgent: string
}

const keptBytes = 4096

const withoutUser = (url: URL): URL => {
  const bare = new URL(url)
  bare.username = ""
  bare.password = ""
  return bare
}

const decode = Option.liftThrowable(decodeURIComponent)
const decoded = (text: string): string => Option.getOrElse(decode(text), () => text)

const requestTo = (address: string, body: string, options: WebhookOptions, now: number) => {
  const url = new URL(address)
  const post = HttpClientRequest.post(withoutUser(url)).pipe(
    HttpClientRequest.bodyText(body, cloudEventType),
    HttpClientRequest.setHeader("user-agent", options.userAgent)
  )
  const known = url.username === "" && url.password === ""
    ? post
    : HttpClientRequest.basicAuth(post, decoded(url.username), decoded(url.password))
  return Option.match(options.secret, {
    onNone: () => known,
    onSome: (secret) => HttpClientRequest.setHeader(known, signatureHeader, sign(Redacted.value(secret), now, body))
  })
}

const secretsOf = (url: string, { secret }: WebhookOptions): ReadonlyArray<string> => [
  ...addressSecrets(url),
  ...Option.toArray(Option.map(secret, Redacted.value))
]

const failed = (result: string): ActionResult => ({
  ok: false,
  result,
  output: Option.none(),
  retryAt: Option.none()
})

const innermost = (error: unknown): unknown =>
  error instanceof Error && error.cause !== undefined ? innermost(error.cause) : error

const broken = (error: HttpClientError.HttpClientError): ActionResult => {
  const refused = refusedIn(error)
  if (refused !== undefined) return failed(`refused: ${refused.message}`)
  const cause = innermost(error)
  const code = cause instanceof Error ? "code" in cause ? String(cause.code) : cause.message : error.reason
  return failed(`the connection failed (${code})`)
}

// The beginning of the body is worth keeping; the rest is read no further.
const beginning = (
  body: Stream.Stream<Uint8Array, HttpClientError.HttpClientError>,
  secrets: ReadonlyArray<string>
) => {
  // A secret that is cut would not be found.
  const read = keptBytes + Math.max(0, ...secrets.map(({ length }) => 2 * length))
  return body.pipe(
    Stream.runFoldWhile("", (text) => text.length < read, (text, chunk) => text + Buffer.from(chunk).toString()),
    Effect.map((text) => scrub(text, secrets).slice(0, keptBytes)),
    Effect.orElseSucceed(() => "")
  )
}

const whenToRetry = (headers: Headers.Headers, now: number) =>
  Option.flatMap(Headers.get(headers, "retry-after"), (value) => parseRetryAfter(value, now))

/** Sends an event to an address. */
export const sendWebhook = Effect.fn("WatchActions.webhook")(function*(
  event: WatchEvent,
  url: string,
  options: WebhookOptions
) {
  const now = yield* Clock.currentTimeMillis
  const { client, timeout } = options
  const secrets = secretsOf(url, options)
  return yield* client.execute(requestTo(url, cloudEventText(event), options, now)).pipe(
    Effect.flatMap((response) =>
      Effect.map(beginning(response.stream, secrets), (text): ActionResult => ({
        ok: response.status >= 200 && response.status < 300,
        result: response.status >= 300 && response.status < 400
          ? `HTTP ${response.status}: redirects are not followed; give the final address`
          : `HTTP ${response.status}`,
        output: Option.liftPredicate(text, (text) => text !== ""),
        retryAt: whenToRetry(response.headers, now)
      }))
    ),
    Effect.catchTags({
      RequestError: (error) => Effect.succeed(broken(error)),
      ResponseError: (error) => Effect.succeed(broken(error))
    }),
    Effect.timeoutTo({
      duration: timeout,
      onSuccess: (result) => result,
      onTimeout: () => failed(`no answer within ${Duration.format(timeout)}`)
    })
  )
})
