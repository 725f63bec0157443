/**
 * Redirects on the same host. Another host is followed by nobody here: what was meant for one server, a credential
 * above all, is not sent to another because the first one says so.
 */
import { HttpClient, type HttpClientError, HttpClientRequest, type HttpClientResponse } from "@effect/platform"
import { Effect, Option, Stream } from "effect"

/** Redirects that one request may lead to, over all who follow them. */
export const maxRedirects = 5

// https may not become http.
const sameHost = (from: URL, to: URL): boolean =>
  from.host === to.host && (from.protocol === to.protocol || to.protocol === "https:")

const followable = (method: string, status: number): boolean =>
  method === "GET" || method === "HEAD"
    ? [301, 302, 303, 307, 308].includes(status)
    : status === 307 || status === 308

const nextRequest = (
  request: HttpClientRequest.HttpClientRequest,
  response: HttpClientResponse.HttpClientResponse
): Option.Option<HttpClientRequest.HttpClientRequest> => {
  const { location } = response.headers
  if (location === undefined || !followable(request.method, response.status)) return Option.none()
  if (!URL.canParse(request.url) || !URL.canParse(location, request.url)) return Option.none()
  const from = new URL(request.url)
  const to = new URL(location, from)
  if (to.protocol !== "https:" && to.protocol !== "http:") return Option.none()
  return sameHost(from, to)
    ? Option.some(HttpClientRequest.setUrl(HttpClientRequest.setUrlParams(request, []), to))
    : Option.none()
}

/** Follows redirects that stay on the same host; others come back as they are. For clients that follow none. */
export const followSameHost = (client: HttpClient.HttpClient): HttpClient.HttpClient => {
  const loop = (
    request: HttpClientRequest.HttpClientRequest,
    response: HttpClientResponse.HttpClientResponse,
    hops: number
  ): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> =>
    Option.match(hops < maxRedirects ? nextRequest(request, response) : Option.none(), {
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
