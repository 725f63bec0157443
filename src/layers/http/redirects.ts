/**
 * Where a redirect may lead. Credentials stay with the host that they were meant for.
 */
import type { HttpClientError, HttpClientResponse } from "@effect/platform"
import { Headers, HttpClient, HttpClientRequest } from "@effect/platform"
import { Effect, Option, Stream } from "effect"

const maxHops = 5
const sensitive = ["authorization", "cookie", "proxy-authorization"]

/** Same host and port; https may not become http. */
const sameHost = (from: URL, to: URL): boolean =>
  from.hostname === to.hostname &&
  (from.port === to.port || (from.protocol === "http:" && to.protocol === "https:")) &&
  (from.protocol === to.protocol || to.protocol === "https:")

const followable = (method: string, status: number): boolean =>
  method === "GET" || method === "HEAD"
    ? [301, 302, 303, 307, 308].includes(status)
    : status === 307 || status === 308

const nextRequest = (
  request: HttpClientRequest.HttpClientRequest,
  response: HttpClientResponse.HttpClientResponse,
  across: boolean
): Option.Option<HttpClientRequest.HttpClientRequest> => {
  const { location } = response.headers
  if (location === undefined || !followable(request.method, response.status)) return Option.none()
  if (!URL.canParse(request.url) || !URL.canParse(location, request.url)) return Option.none()
  const from = new URL(request.url)
  const to = new URL(location, from)
  if (to.protocol !== "https:" && to.protocol !== "http:") return Option.none()
  const moved = HttpClientRequest.setUrl(HttpClientRequest.setUrlParams(request, []), to)
  if (sameHost(from, to)) return Option.some(moved)
  if (!across || (from.protocol === "https:" && to.protocol === "http:")) return Option.none()
  const bare = HttpClientRequest.make(request.method)(to, { headers: Headers.remove(request.headers, sensitive) })
  return Option.some(HttpClientRequest.setBody(bare, request.body))
}

const follow = (across: boolean) => (client: HttpClient.HttpClient): HttpClient.HttpClient => {
  const loop = (
    request: HttpClientRequest.HttpClientRequest,
    response: HttpClientResponse.HttpClientResponse,
    hops: number
  ): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> =>
    Option.match(hops < maxHops ? nextRequest(request, response, across) : Option.none(), {
      onNone: () => Effect.succeed(response),
      onSome: (next) =>
        // Reading the rest frees the connection; what stands in it does not matter.
        Stream.runDrain(Stream.take(response.stream, 16)).pipe(
          Effect.catchAll(() => Effect.void),
          Effect.zipRight(client.execute(next)),
          Effect.flatMap((answer) => loop(next, answer, hops + 1))
        )
    })
  return HttpClient.transform(
    client,
    (effect, request) => Effect.flatMap(effect, (response) => loop(request, response, 0))
  )
}

/** Follows redirects that stay on the same host; others come back as they are. What `layer` does. */
export const followSameHost = follow(false)

/** Follows redirects to other hosts too, without the credentials; never from https to http. For registries. */
export const followAcrossHosts = follow(true)
