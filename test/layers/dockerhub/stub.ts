/**
 * A Docker Hub out of a function, over a stub HttpClient on TestClock.
 */
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Clock, Effect, Layer } from "effect"
import * as RateBudgetsMemory from "../../../src/layers/budgets/RateBudgetsMemory.js"
import { type DockerHubOptions, layer } from "../../../src/layers/dockerhub/DockerHubRegistryHttp.js"

export type Reply =
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  | "hang"
  | "reset"
  | "cut"

export interface Sent {
  readonly at: number
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
  readonly body: string
}

export const json = (status: number, document: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  body: JSON.stringify(document),
  headers: { "content-type": "application/json", ...headers }
})

export const repositoryDocument = (name: string, more: Readonly<Record<string, unknown>> = {}) => ({
  name: name.slice(name.indexOf("/") + 1),
  namespace: name.slice(0, name.indexOf("/")),
  is_private: false,
  star_count: 3,
  pull_count: 275,
  last_updated: "2017-11-02T07:47:35.758489Z",
  ...more
})

const broken = (first: string) =>
  new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(first)),
    pull: (controller) => controller.error(new Error("socket closed"))
  })

const bodyText = (request: HttpClientRequest.HttpClientRequest): string =>
  request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""

/** Every call takes `latency` milliseconds; `sent` grows, `most` is how many calls were under way at once. */
export const makeStub = (reply: (sent: Sent, index: number) => Reply, latency = 60) => {
  const sent: Array<Sent> = []
  const calls = { now: 0, most: 0 }
  const client = HttpClient.make((request, url) =>
    Effect.gen(function*() {
      const call: Sent = {
        at: yield* Clock.currentTimeMillis,
        method: request.method,
        url: url.href,
        authorization: request.headers["authorization"],
        body: bodyText(request)
      }
      const answer = reply(call, sent.push(call) - 1)
      if (latency > 0) yield* Effect.sleep(latency)
      if (answer === "hang") return yield* Effect.never
      if (answer === "reset") {
        return yield* new HttpClientError.RequestError({
          request,
          reason: "Transport",
          cause: Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })
        })
      }
      const response = answer === "cut"
        ? new Response(broken("{\"name\":"), { status: 200 })
        : new Response(answer.body, { status: answer.status, headers: answer.headers ?? {} })
      return HttpClientResponse.fromWeb(request, response)
    }).pipe(Effect.ensuring(Effect.sync(() => calls.now -= 1)), (effect) =>
      Effect.suspend(() => {
        calls.now += 1
        calls.most = Math.max(calls.most, calls.now)
        return effect
      }))
  )
  return { sent, calls, client }
}

/** The registry over such a Hub, with budgets in memory, which are part of the layer's output. */
export const hubLayer = (client: HttpClient.HttpClient, options: Partial<DockerHubOptions> = {}) =>
  layer({ baseUrl: "http://hub.test/v2/", egress: "here", ...options }).pipe(
    Layer.provideMerge(RateBudgetsMemory.layer),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
  )
