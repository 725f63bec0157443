/**
 * The main job against a world as slow as the real one: how many requests, how long, and is it right?
 */
import { HttpClient } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Clock, Console, Effect, Layer, Option, Stream } from "effect"
import { parse } from "../../src/domain/GitHubRepository.js"
import { readPrivateKey } from "../../src/layers/github/privateKey.js"
import * as HttpClientUndici from "../../src/layers/http/HttpClientUndici.js"
import { sync } from "../../src/programs/sync/Sync.js"
import { RepoDockerStore } from "../../src/services/RepoDockerStore.js"
import { embedded, once, services } from "../support/pipeline.js"
import { startWorld } from "./remoteWorld.js"

/** What the reference system did with such a world: a request for each repository. */
const reference = { graphql: 1000, hub: 116, seconds: 47.6 }

interface Figures {
  readonly name: string
  readonly graphql: number
  readonly hub: number
  readonly candidates: number
  readonly hubAtOnce: number
  readonly hubSeconds: number
  readonly startSeconds: number
  readonly seconds: number
  readonly expected: number
  readonly found: number
  readonly wrong: number
}

const run = (name: string, batchSize: number) =>
  Effect.gen(function*() {
    const world = yield* startWorld
    const { environment } = world
    const client = yield* HttpClient.HttpClient
    const github = {
      tokens: [],
      app: {
        appId: environment.GITHUB_APP_ID,
        privateKey: yield* readPrivateKey(environment.GITHUB_APP_PRIVATE_KEY),
        installationIds: []
      },
      apiUrl: environment.GITHUB_API_URL,
      batchSize
    }
    return yield* Effect.gen(function*() {
      const store = yield* RepoDockerStore
      const truth = yield* world.truth
      yield* store.addRepositories(yield* Effect.forEach(truth.listed, (text) => parse(text)))
      const started = yield* Clock.currentTimeMillis
      const summary = yield* sync(once)
      const ended = yield* Clock.currentTimeMillis
      const { dockerhub, github } = yield* world.counters
      const hits = yield* store.repositories({ search: Option.none() }).pipe(
        Stream.filter((row) => Option.contains(row.outcome, "hit")),
        Stream.runCollect
      )
      const wrong = [...hits].filter((row) =>
        !row.images.some((image) => truth.links[image]?.includes(asked(row.url)) ?? false)
      )
      const figures: Figures = {
        name,
        graphql: github.byPath["POST /graphql"] ?? 0,
        hub: dockerhub.requests,
        candidates: truth.candidates,
        hubAtOnce: dockerhub.maxOpen,
        hubSeconds: dockerhub.busyMillis / 1000,
        startSeconds: (dockerhub.firstAt - started) / 1000,
        seconds: (ended - started) / 1000,
        expected: truth.hits,
        found: summary.discovery.hits,
        wrong: wrong.length
      }
      return figures
    }).pipe(Effect.provide(services({ client, github, hubUrl: environment.DOCKERHUB_API_BASE_URL })))
  }).pipe(
    Effect.scoped,
    Effect.provide(
      Layer.mergeAll(
        embedded,
        HttpClientUndici.layer({ version: "bench", address: "https://example.invalid" }),
        NodeContext.layer
      )
    )
  )

const asked = (url: string) => url.replace("https://github.com/", "")

const line = (cells: ReadonlyArray<string | number>) =>
  cells.map((cell, n) => n === 0 ? String(cell).padEnd(18) : String(cell).padStart(13)).join("")

const ratio = (one: Figures) => (one.seconds - one.startSeconds) / one.hubSeconds

/** Prints the figures beside their bounds; false where a bound is broken. */
export const syncBench = Effect.gen(function*() {
  yield* Console.log("Main job: 1,000 repositories, 3 installations, GitHub 120 ms + 3 ms an object, Hub 60 ms")
  yield* Console.log("(start: until the first Hub call; ratio: the wall time after it over what the Hub alone took)\n")
  const ours = yield* run("image-census", 100)
  const single = yield* run("batch size 1", 1)
  yield* Console.log(
    line(["", "GraphQL", "Hub calls", "at once", "Hub busy s", "start s", "wall s", "ratio", "found", "wrong"])
  )
  for (const one of [ours, single]) {
    yield* Console.log(line([
      one.name,
      one.graphql,
      one.hub,
      one.hubAtOnce,
      one.hubSeconds.toFixed(1),
      one.startSeconds.toFixed(1),
      one.seconds.toFixed(1),
      ratio(one).toFixed(2),
      `${one.found}/${one.expected}`,
      one.wrong
    ]))
  }
  yield* Console.log(line(["reference system", reference.graphql, reference.hub, "", "", "", reference.seconds]))
  yield* Console.log(line(["bound", "<= 20", `<= ${ours.candidates}`, 1, "", "", "", "<= 1.20", "all", 0]))
  return ours.graphql <= 20 && ours.hub <= ours.candidates && ours.hubAtOnce === 1 && ratio(ours) <= 1.2 &&
    ours.found === ours.expected && ours.wrong === 0
}).pipe(Effect.withSpan("syncBench"), Effect.timeout("5 minutes"))
