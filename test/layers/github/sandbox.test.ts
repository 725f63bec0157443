import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Layer, Option } from "effect"
import { dockerfilePaths } from "../../../src/domain/Candidates.js"
import * as RateBudgetsMemory from "../../../src/layers/budgets/RateBudgetsMemory.js"
import * as GitHubProbeHttp from "../../../src/layers/github/GitHubProbeHttp.js"
import { readPrivateKey } from "../../../src/layers/github/privateKey.js"
import * as HttpClientUndici from "../../../src/layers/http/HttpClientUndici.js"
import { GitHubProbe } from "../../../src/services/GitHubProbe.js"
import { installations } from "../../sandbox/presets.js"
import { type RunningSandbox, startSandbox } from "../../sandbox/Sandbox.js"

const probeOf = (sandbox: RunningSandbox) =>
  Effect.map(
    readPrivateKey(sandbox.appEnvironment["GITHUB_APP_PRIVATE_KEY"] ?? ""),
    (privateKey) =>
      GitHubProbeHttp.layer({
        tokens: [],
        app: { appId: sandbox.appEnvironment["GITHUB_APP_ID"] ?? "", privateKey, installationIds: [] },
        apiUrl: `${sandbox.environment["GITHUB_API_URL"]}/`
      }).pipe(
        Layer.provide(RateBudgetsMemory.layer),
        Layer.provide(HttpClientUndici.layer({ version: "1.0.0", address: "https://example.com" }))
      )
  )

/** Probes the whole list and compares every answer with the truth. */
const probeEverything = (sandbox: RunningSandbox) =>
  Effect.gen(function*() {
    const { probe } = yield* GitHubProbe
    yield* Effect.forEach(sandbox.state.world.listed, ({ asked, now }) =>
      Effect.map(Effect.either(probe(asked)), (result) => {
        const found = Either.match(result, {
          onLeft: (error) =>
            error._tag,
          onRight: ({ dockerfiles, headOid, repository }) => ({
            dockerfiles,
            headOid: Option.getOrUndefined(headOid),
            repository
          })
        })
        const truth = now === undefined ? "NOT_FOUND" : {
          dockerfiles: dockerfilePaths.filter((path) => now.files.has(path)),
          headOid: now.headOid,
          repository: now.name
        }
        assert.deepStrictEqual(found, truth)
      }), { concurrency: 400, discard: true })
  })

describe("GitHubProbe against the sandbox", () => {
  it.scopedLive("sees repositories as they are, in few requests of three installations", () =>
    Effect.gen(function*() {
      const sandbox = yield* startSandbox({
        world: { repositories: 300 },
        github: { app: { installations: installations(3) } }
      })
      yield* Effect.provide(probeEverything(sandbox), yield* probeOf(sandbox))
      const counts = sandbox.counters()["github"]
      const graphql = Object.entries(counts?.byPath ?? {}).filter(([path]) => path.endsWith("/graphql"))
      assert.strictEqual(graphql.length, 1)
      assert.isAtMost(graphql[0]?.[1] ?? Infinity, 10)
      // Besides: the list of installations, and a token for each.
      assert.strictEqual((counts?.requests ?? 0) - (graphql[0]?.[1] ?? 0), 4)
    }))
})
