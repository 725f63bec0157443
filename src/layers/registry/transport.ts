/**
 * One request to a registry, redirects followed, body unread. Knows nothing of tokens and limits.
 */
import * as HttpBody from "@effect/platform/HttpBody"
import type { ResponseError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Effect, Either, Redacted, Stream } from "effect"
import type { CensusError } from "../../domain/Errors.js"
import { Transient } from "../../domain/Errors.js"
import { authorizationSecrets, scrub } from "../../domain/scrub.js"
import { measured, type Meter, outcomeOf } from "../../domain/telemetry.js"
import { getOrMake } from "../getOrMake.js"
import { maxRedirects } from "../http/redirects.js"
import { sameOrigin } from "./addresses.js"
import type { Deadlines } from "./deadlines.js"
import { type Elsewhere, elsewhere, type Endpoint } from "./endpoints.js"
import { brokenConnection, malformed } from "./failures.js"
import type { Ways } from "./ways.js"

export type Method = "GET" | "HEAD" | "PUT" | "POST" | "PATCH" | "DELETE"

/** What is sent. A stream is run anew for each attempt. */
export type CallBody =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "stream"; readonly bytes: Stream.Stream<Uint8Array, CensusError>; readonly size: number }

/** A request as the parts of the client hand it on. */
export interface Call {
  readonly endpoint: Endpoint
  readonly method: Method
  readonly url: URL
  /** What is asked for, for messages: `ghcr.io/o/n:1.2`. */
  readonly what: string
  /** The access that it needs: `repository:o/n:pull`. */
  readonly scope: string
  /** The repository whose credential is used. */
  readonly repository: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: CallBody
  /** Milliseconds until the answer's headers must be there, where bodies are large; else the usual timeout. */
  readonly patience?: number
  /** Redirects that led here, over all registries before. */
  readonly hops?: number
}

/** An answer whose body was not read yet. */
export interface Reply {
  readonly status: number
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Empty for a HEAD. */
  readonly body: Stream.Stream<Uint8Array, ResponseError>
  /** What it is an answer to was sent with. */
  readonly sent?: Authorisation | undefined
  /** Where it came from, after redirects. */
  readonly url: URL
  /** The registry that this one sends readers to, which has to be asked as itself. `hops`: redirects until there. */
  readonly moved?: { readonly to: Elsewhere; readonly url: URL; readonly hops: number }
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Reads at most `limit` bytes of a body that only serves a message, without what was sent, and lets go of the rest. */
export const readSaying = (reply: Reply, method: Method, limit = 16_384): Effect.Effect<string> => {
  if (method === "HEAD") return Effect.succeed("")
  let room = limit
  const chunks: Array<Uint8Array> = []
  return reply.body.pipe(
    Stream.takeUntil((chunk) => {
      chunks.push(room < chunk.byteLength ? chunk.subarray(0, room) : chunk)
      room -= chunk.byteLength
      return room <= 0
    }),
    Stream.runDrain,
    // The message is made of what came; the status has said the rest.
    Effect.catchAll(() => Effect.void),
    Effect.timeoutOption("5 seconds"),
    Effect.map(() => {
      const saying = Buffer.concat(chunks).toString("utf8")
      return reply.sent === undefined
        ? saying
        : scrub(saying, authorizationSecrets(Redacted.value(reply.sent.header)))
    })
  )
}

const bodyOf = (body: CallBody | undefined): HttpBody.HttpBody => {
  if (body === undefined) return HttpBody.empty
  if (body.kind === "bytes") return HttpBody.uint8Array(body.bytes)
  return HttpBody.stream(body.bytes, "application/octet-stream", body.size)
}

/** What a call is sent with. */
export interface Authorisation {
  /** The header's value, written here and nowhere else. */
  readonly header: Redacted.Redacted
  /** Whose it is: made from a credential, or from what every stranger gets. */
  readonly of: "credential" | "stranger"
}

/** Sends a call with an authorisation. */
export type Send = (call: Call, authorisation: Authorisation | undefined) => Effect.Effect<Reply, Transient>

const headersOf = (call: Call, authorisation: Authorisation | undefined): Readonly<Record<string, string>> =>
  authorisation === undefined ? call.headers : { ...call.headers, authorization: Redacted.value(authorisation.header) }

const request = (call: Call, url: URL, headers: Readonly<Record<string, string>>) => {
  const made = HttpClientRequest.make(call.method)(url, { headers })
  // Content headers that the call names are kept: the body would bring its own.
  return call.body === undefined ? made : HttpClientRequest.setHeaders(
    HttpClientRequest.setBody(made, bodyOf(call.body)),
    call.headers
  )
}

const late = (call: Call, patience: number) => () =>
  new Transient({
    service: call.endpoint.registry,
    reason: "timeout",
    message: `${call.what}: no answer within ${patience / 1000} s`
  })

/**
 * Sends calls. Reads follow redirects, to other hosts without the authorisation, and stop before another registry;
 * writes follow only those that keep the method (307, 308). Fails with TRANSIENT: `network`, `timeout` (no headers in
 * time), `malformed` (a redirect or an address that is refused, or one redirect too many).
 */
export const makeSend = (ways: Ways, timeout: number, { calledBack, within }: Deadlines): Send => {
  const meters = new Map<string, Meter>()

  const meterOf = ({ budget }: Endpoint): Meter => getOrMake(meters, budget, () => measured(budget))

  const hop = (call: Call, url: URL, authorisation: Authorisation | undefined): Effect.Effect<Reply, Transient> => {
    const headers = headersOf(call, authorisation)
    const broken = (error: { readonly cause?: unknown; readonly reason: string }) =>
      brokenConnection(call.endpoint.registry, call.what, error)
    const { client, heads } = ways.to(call.endpoint, url)
    if (call.method === "HEAD" && heads !== undefined) {
      const { send } = heads
      return calledBack<Reply, Transient>((done) =>
        send(url, headers, (answer) =>
          done(Either.match(answer, {
            onLeft: (cause): Effect.Effect<Reply, Transient> => Effect.fail(broken({ cause, reason: "Transport" })),
            onRight: ({ headers, status }) => Effect.succeed({ status, headers, body: Stream.empty, url })
          }))), late(call, timeout))
    }
    return client.execute(request(call, url, headers)).pipe(
      Effect.mapBoth({
        onFailure: broken,
        onSuccess: ({ headers, status, stream }): Reply => ({ status, headers, body: stream, url, sent: authorisation })
      })
    )
  }

  const follow = (
    call: Call,
    url: URL,
    authorisation: Authorisation | undefined,
    hops: number
  ): Effect.Effect<Reply, Transient> => {
    const service = call.endpoint.registry
    const asker = authorisation?.of ?? "unnamed"
    return Effect.flatMap(
      meterOf(call.endpoint)(hop(call, url, authorisation), ({ status }) => outcomeOf(status, asker)),
      (reply): Effect.Effect<Reply, Transient> => {
        if (!redirects.has(reply.status)) return Effect.succeed(reply)
        const location = reply.headers["location"]
        if (location === undefined) return Effect.succeed(reply)
        const fail = (message: string) => Effect.fail(malformed(service, `${call.what}: ${message}`))
        if (!URL.canParse(location, url.href)) {
          return fail(`redirected to what is no address: ${location.slice(0, 100)}`)
        }
        const next = new URL(location, url)
        const refusal = ways.refusal(call.endpoint, call.endpoint.base, next) ?? ways.refusal(call.endpoint, url, next)
        if (refusal !== undefined) return fail(`the redirect to ${next.host} is not followed: ${refusal}`)
        if (hops >= maxRedirects) return fail(`more than ${maxRedirects} redirects, the last to ${next.host}`)
        const reads = call.method === "GET" || call.method === "HEAD"
        if (!reads && reply.status !== 307 && reply.status !== 308) {
          return fail(`HTTP ${reply.status} to ${next.host} in answer to a ${call.method}`)
        }
        const same = sameOrigin(next, url)
        const to = same || !reads ? undefined : elsewhere(call, next, ways.reach(call.endpoint))
        return Effect.zipRight(
          readSaying(reply, call.method, 4_096),
          to === undefined
            ? follow(call, next, same ? authorisation : undefined, hops + 1)
            : Effect.succeed({ ...reply, moved: { to, url: next, hops: hops + 1 } })
        )
      }
    )
  }

  // An upload or a next page may be elsewhere: what was meant for the registry does not go there.
  return (call, authorisation) => {
    const own = sameOrigin(call.url, call.endpoint.base)
    const sent = follow(call, call.url, own ? authorisation : undefined, call.hops ?? 0)
    if (call.patience !== undefined) {
      return Effect.timeoutFail(sent, { duration: call.patience, onTimeout: late(call, call.patience) })
    }
    // Of a HEAD each hop has a deadline already.
    return call.method === "HEAD" && ways.quickHeads ? sent : within(sent, late(call, timeout))
  }
}
