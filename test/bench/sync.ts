/**
 * The main job against a world as slow as the real one: how many requests, how long, and is it right?
 */
import { HttpClient } from "@effect/platform"
import { Clock, Console, Duration, Effect, Layer, Option, Stream } from "effect"
import { key } from "../../src/domain/GitHubRepository.js"
import { readPrivateKey } from "../../src/layers/github/privateKey.js"
import * as HttpClientUndici from "../../src/layers/http/HttpClientUndici.js"
import { sync } from "../../src/programs/sync/Sync.js"
import { RepoDockerStore } from "../../src/services/RepoDockerStore.js"
import { installations, realistic } from "../sandbox/presets.js"
import { startSandbox } from "../sandbox/Sandbox.js"
import { embedded, once, services } from "../support/pipeline.js"

/** What the reference system did with such a world: a request for each repository. */
const reference = { graphql: 1000, hub: 116, seconds: 47.6 }

interface Figures {
  readonly name: string
  readonly graphql: number
  readonly hub: number
  readonly candidates: number
  readonly hubAtOnce: number
  readonly hubSeconds: number
  readonly seconds: number
  readonly expected: number
  readonly found: number
  readonly wrong: number
}

const run = (name: string, batchSize: number) =>
  Effect.gen(function*() {
    const sandbox = yield* startSandbox({
      world: { repositories: 1000 },
      github: { ...realistic.github, app: { installations: installations(3) } },
      dockerhub: { ...realistic.dockerhub, limit: 1_000_000 }
    })
    const client = yield* HttpClient.HttpClient
    const privateKey = yield* readPrivateKey(sandbox.github.privateKeyPem)
    const github = {
      tokens: [],
      app: { appId: String(sandbox.github.appId), privateKey, installationIds: [] },
      apiUrl: sandbox.addresses["github"] ?? "",
      batchSize,
      firstBatchSize: Math.min(25, batchSize)
    }
    return yield* Effect.gen(function*() {
      const store = yield* RepoDockerStore
      yield* store.addRepositories(sandbox.state.world.listed.map((one) => one.asked))
      const started = yield* Clock.currentTimeMillis
      const summary = yield* sync(once)
      const seconds = ((yield* Clock.currentTimeMillis) - started) / 1000
      const counts = sandbox.counters()
      const hits = yield* store.repositories({ search: Option.none() }).pipe(
        Stream.filter((row) => Option.contains(row.outcome, "hit")),
        Stream.runCollect
      )
      const truth = new Map(
        sandbox.state.world.listed.flatMap((one) =>
          one.image === undefined ? [] : [[key(one.now?.name ?? one.asked), one.image]]
        )
      )
      const wrong = [...hits].filter((row) => !row.images.includes(truth.get(key(row.repository)) ?? "?"))
      const hub = counts["dockerhub"]
      yield* Console.log(
        JSON.stringify({
          started,
          gh0: (counts.github?.firstAt ?? 0) - started,
          ghN: (counts.github?.lastAt ?? 0) - started,
          h0: (hub?.firstAt ?? 0) - started,
          hN: (hub?.lastAt ?? 0) - started,
          seconds,
          gh: counts.github?.byPath,
          ghBusy: counts.github?.busyMillis
        })
      )
      const figures: Figures = {
        name,
        graphql: counts["github"]?.byPath["POST /graphql"] ?? 0,
        hub: hub?.requests ?? 0,
        candidates: sandbox.expected.candidates,
        hubAtOnce: hub?.maxOpen ?? 0,
        hubSeconds: (hub?.busyMillis ?? 0) / 1000,
        seconds,
        expected: sandbox.expected.hits,
        found: summary.discovery.hits,
        wrong: wrong.length
      }
      return figures
    }).pipe(Effect.provide(services({ client, github, hubUrl: `${sandbox.addresses["dockerhub"]}/v2` })))
  }).pipe(
    Effect.scoped,
    Effect.provide(
      Layer.merge(embedded, HttpClientUndici.layer({ version: "bench", address: "https://example.invalid" }))
    )
  )

const line = (cells: ReadonlyArray<string | number>) =>
  cells.map((cell, n) => n === 0 ? String(cell).padEnd(28) : String(cell).padStart(12)).join("")

/** Prints the figures beside their bounds; fails where a bound is broken. */
export const syncBench = Effect.gen(function*() {
  yield* Console.log("Main job: 1,000 repositories, 3 installations, GitHub 120 ms + 3 ms an object, Hub 60 ms\n")
  const ours = yield* run("image-census", 100)
  const single = yield* run("batch size 1", 1)
  yield* Console.log(
    line(["", "GraphQL", "Hub calls", "at once", "Hub busy s", "wall s", "wall/busy", "found", "wrong"])
  )
  for (const one of [ours, single]) {
    yield* Console.log(line([
      one.name,
      one.graphql,
      one.hub,
      one.hubAtOnce,
      one.hubSeconds.toFixed(1),
      one.seconds.toFixed(1),
      (one.seconds / one.hubSeconds).toFixed(2),
      `${one.found}/${one.expected}`,
      one.wrong
    ]))
  }
  yield* Console.log(line(["reference system", reference.graphql, reference.hub, "", "", reference.seconds]))
  yield* Console.log(line(["bound", "<= 20", `<= ${ours.candidates}`, 1, "", "", "<= 1.20", "all", 0]))
  return ours.graphql <= 20 && ours.hub <= ours.candidates && ours.hubAtOnce === 1 &&
    ours.seconds <= ours.hubSeconds * 1.2 && ours.found === ours.expected && ours.wrong === 0
}).pipe(Effect.withSpan("syncBench"), Effect.timeout(Duration.minutes(5)))
