import { HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { makeSimulation } from "../Simulation.js"
import { registryServices } from "./services.js"

const Token = Schema.Struct({ token: Schema.String })
const Quay = Schema.Struct({
  namespace: Schema.String,
  stats: Schema.Array(Schema.Struct({ date: Schema.String, count: Schema.Number }))
})

const simulation = Effect.gen(function*() {
  const { client, state } = yield* makeSimulation({ world: { repositories: 1_000 }, more: registryServices() })
  const get = (url: string, token = "") =>
    client.execute(
      HttpClientRequest.get(url).pipe(
        token === "" ? (request) => request : HttpClientRequest.bearerToken(token)
      )
    )
  const tokenAt = (url: string) =>
    Effect.flatMap(get(url), (response) => Effect.flatMap(response.json, Schema.decodeUnknown(Token)))
  const some = (registry: string) =>
    [...state.world.published.values()].find((image) => image.registry === registry)?.repository ?? ""
  return { get, tokenAt, some, statusOf: (url: string, token?: string) => Effect.map(get(url, token), (a) => a.status) }
})

describe("the sandbox's registries", () => {
  it.effect("GHCR lets everybody see what is public, and says 401 for the rest", () =>
    Effect.gen(function*() {
      const { some, statusOf, tokenAt } = yield* simulation
      const name = some("ghcr.io")
      const { token } = yield* tokenAt(`https://ghcr.io/token?service=ghcr.io&scope=repository:${name}:pull`)
      assert.strictEqual(yield* statusOf(`https://ghcr.io/v2/${name}/manifests/latest`), 401)
      assert.strictEqual(yield* statusOf(`https://ghcr.io/v2/${name}/manifests/latest`, token), 200)
      assert.strictEqual(yield* statusOf("https://ghcr.io/token?service=ghcr.io&scope=repository:no/body:pull"), 401)
    }))

  it.effect("Quay counts what was done with an image on each of 91 days, and hides what is not there", () =>
    Effect.gen(function*() {
      const { get, some, statusOf, tokenAt } = yield* simulation
      const name = some("quay.io")
      const url = `https://quay.io/api/v1/repository/${name}?includeTags=false&includeStats=true`
      const { namespace, stats } = yield* Effect.flatMap(
        Effect.flatMap(get(url), ({ json }) => json),
        Schema.decodeUnknown(Quay)
      )
      assert.strictEqual(namespace, name.split("/")[0])
      assert.strictEqual(stats.length, 91)
      // The clock of a test stands at the beginning of 1970.
      assert.strictEqual(stats.at(-1)?.date, "1970-01-01")
      assert.strictEqual(yield* statusOf("https://quay.io/api/v1/repository/no/body"), 401)
      const { token } = yield* tokenAt(`https://quay.io/v2/auth?service=quay.io&scope=repository:${name}:pull`)
      assert.strictEqual(yield* statusOf(`https://quay.io/v2/${name}/manifests/latest`, token), 200)
      const none = yield* tokenAt("https://quay.io/v2/auth?service=quay.io&scope=repository:no/body:pull")
      assert.strictEqual(yield* statusOf("https://quay.io/v2/no/body/manifests/latest", none.token), 401)
    }))
})
