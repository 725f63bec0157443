/**
 * What reading workflows and looking at more registries finds beyond the name guess, in a world with the proportions of
 * the census; and what it costs.
 */
import { HttpClient } from "@effect/platform"
import { Console, Effect, Layer, Stream } from "effect"
import { key } from "../../src/domain/GitHubRepository.js"
import { parseNormalized } from "../../src/domain/ImageReference.js"
import * as LinkStoreMemory from "../../src/layers/memory/LinkStoreMemory.js"
import * as RepoDockerStoreMemory from "../../src/layers/memory/RepoDockerStoreMemory.js"
import { emptyTables } from "../../src/layers/memory/store/tables.js"
import * as QuayApiHttp from "../../src/layers/quay/QuayApiHttp.js"
import * as ContentCacheMemory from "../../src/layers/registry/ContentCacheMemory.js"
import * as OciRegistryHttp from "../../src/layers/registry/OciRegistryHttp.js"
import * as RegistryCredentialsMemory from "../../src/layers/registry/RegistryCredentialsMemory.js"
import { discover } from "../../src/programs/sync/Discover.js"
import { sync } from "../../src/programs/sync/Sync.js"
import { LinkStore, type StoredLink } from "../../src/services/LinkStore.js"
import { RepoDockerStore } from "../../src/services/RepoDockerStore.js"
import { registryServices } from "../sandbox/registry/services.js"
import { makeSimulation } from "../sandbox/Simulation.js"
import { once, services, tokens } from "../support/pipeline.js"

const everywhere = ["docker.io", "ghcr.io", "quay.io"]
const bounds = { coverage: 2, firstRequests: 60, secondRequests: 12 }

/** A world of 1,000 repositories, stores in memory, and the whole pipeline between them. */
const makeCensus = Effect.gen(function*() {
  const simulation = yield* makeSimulation({
    world: { repositories: 1_000 },
    dockerhub: { limit: 1_000_000 },
    more: registryServices({ pullLimit: 100_000 })
  })
  const { client, counters, github, resetCounters, state } = simulation
  const tables = emptyTables()
  const store = RepoDockerStoreMemory.make("bench", tables)
  const links = LinkStoreMemory.make("bench", tables)
  const provided = (files: boolean) =>
    Layer.mergeAll(OciRegistryHttp.layer(), QuayApiHttp.layer()).pipe(
      Layer.provideMerge(RegistryCredentialsMemory.layer()),
      Layer.provideMerge(ContentCacheMemory.layer()),
      Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
      Layer.provideMerge(services({ client, github: { ...tokens(github.tokens), files } })),
      Layer.merge(Layer.succeed(RepoDockerStore, store)),
      Layer.merge(Layer.succeed(LinkStore, links))
    )
  const repositories = state.world.listed.map(({ asked }) => asked)
  yield* store.addRepositories(repositories)
  const run = (registries: ReadonlyArray<string>, files: boolean) =>
    Effect.gen(function*() {
      resetCounters()
      yield* sync({ ...once, registries, verifyPullsPerDay: files ? 1_000 : 0 })
      return counters()
    }).pipe(Effect.scoped, Effect.provide(provided(files)))
  const again = Effect.gen(function*() {
    resetCounters()
    yield* discover(repositories, once.lease, { registries: everywhere })
    return counters()
  }).pipe(Effect.provide(provided(true)))
  const found = Effect.map(Stream.runCollect(links.links({})), (all) => [...all])
  return { world: state.world, run, again, found }
})

type World = Effect.Effect.Success<typeof makeCensus>["world"]

const publishedAs = (world: World, { image }: StoredLink) => {
  const reference = parseNormalized(image)
  return reference._tag === "Right"
    ? world.published.get(`${reference.right.registry}/${reference.right.repository}`)
    : undefined
}

const isTrue = (world: World, link: StoredLink): boolean => {
  const published = publishedAs(world, link)
  return published !== undefined && key(published.of) === key(link.repository)
}

const requests = (
  counts: Readonly<Record<string, { readonly requests: number }>>,
  ...services: ReadonlyArray<string>
) => services.reduce((sum, service) => sum + (counts[service]?.requests ?? 0), 0)

/** Prints the figures beside their bounds; false where a bound is broken. */
export const coverageBench = Effect.gen(function*() {
  const guess = yield* makeCensus
  const guessCounts = yield* guess.run(["docker.io"], false)
  const guessed = (yield* guess.found).filter((link) => isTrue(guess.world, link))

  const census = yield* makeCensus
  const counts = yield* census.run(everywhere, true)
  const found = yield* census.found
  const right = found.filter((link) => isTrue(census.world, link))
  const verified = found.filter(({ verification }) => verification.state === "verified")
  const lies = verified.filter((link) => !isTrue(census.world, link))
  const second = yield* census.again

  const ratio = right.length / Math.max(1, guessed.length)
  const published = [...census.world.published.values()].length
  const first = requests(counts, "github")
  const later = requests(second, "github")
  const at = everywhere.map((registry) => `${registry} ${right.filter((link) => link.registry === registry).length}`)
  const asked = ["dockerhub", ...everywhere].map((service) => `${service} ${requests(counts, service)}`)
  yield* Console.log([
    `coverage: 1,000 repositories of which 66 publish from Actions; ${published} images in all`,
    `  by the name guess alone   ${guessed.length} images, ${requests(guessCounts, "github")} requests to GitHub`,
    `  by everything             ${right.length} images (${at.join(", ")}): ${
      ratio.toFixed(1)
    } times as many (bound: ${bounds.coverage})`,
    `  links that are not true   ${
      found.length - right.length
    }; verified ${verified.length}, of which false ${lies.length} (bound: 0)`,
    `  requests to GitHub        ${first} (bound: ${bounds.firstRequests}), at the second check of what has not changed ${later} (bound: ${bounds.secondRequests})`,
    `  requests elsewhere        ${asked.join(", ")}`
  ].join("\n"))
  return ratio >= bounds.coverage && lies.length === 0 && first <= bounds.firstRequests &&
    later <= bounds.secondRequests
}).pipe(Effect.withSpan("coverageBench"), Effect.timeout("5 minutes"))
