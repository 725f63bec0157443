/**
 * Requests to the HTTP server, as they are written, and what there is to ask it about.
 */
import { Duration, Effect, Option, Schema } from "effect"
import { request } from "node:http"
import { UtcDay } from "../../src/domain/UtcDay.js"
import { RepoDockerStore } from "../../src/services/RepoDockerStore.js"

export const tokens = { read: "read-token-of-a-test", write: "write-token-of-a-test" }

const day = Schema.decodeSync(UtcDay)

/** Two repositories and two images, one of them with a history that has a gap and a fall. */
export const seed = Effect.gen(function*() {
  const store = yield* RepoDockerStore
  yield* store.addRepositories([{ owner: "Acme", name: "App" }, { owner: "acme", name: "tool" }])
  const [claim] = yield* store.claimRepositories({ limit: 1, lease: Duration.minutes(1), interval: Duration.days(1) })
  if (claim !== undefined) {
    const probe = { repository: claim.repository, headOid: Option.none(), dockerfiles: ["Dockerfile"] as const }
    const facts = { image: "acme/app", pulls: 9_007_199_254_740_993n, stars: 3, lastUpdated: Option.some(1000) }
    yield* store.recordDiscovery([{
      claim,
      at: Date.UTC(2026, 10, 20),
      result: { _tag: "Hit", probe, facts }
    }])
  }
  yield* store.importPulls(
    [["2026-10-01", 10n], ["2026-10-02", 20n], ["2026-10-05", 50n], ["2026-10-06", 5n], ["2026-10-07", 8n]].flatMap(
      ([on, total]) =>
        typeof on === "string" && typeof total === "bigint" ? [{ image: "nginx", day: day(on), total }] : []
    ),
    false
  )
})

/** What a raw request was answered. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly body: string
}

export interface Asking {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** Sends a request with its path and method as they are written. */
export const ask = (url: string, path: string, { body, headers, method = "GET" }: Asking = {}) =>
  Effect.async<Answer>((resume) => {
    const { hostname, port } = new URL(url)
    const sent = request({ hostname, port, path, method, headers: headers ?? {}, agent: false }, (answer) => {
      const chunks: Array<Uint8Array> = []
      answer.on("data", (chunk: Uint8Array) => chunks.push(chunk))
      answer.on("end", () =>
        resume(Effect.succeed({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(chunks).toString("utf8")
        })))
    })
    sent.on("error", (error) => resume(Effect.die(error)))
    sent.end(body)
    return Effect.sync(() => sent.destroy())
  })

export const withToken = (token: string) => ({ authorization: `Bearer ${token}` })
