import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Stream } from "effect"
import { key } from "../../../src/domain/GitHubRepository.js"
import { parseNormalized } from "../../../src/domain/ImageReference.js"
import * as LinkStoreMemory from "../../../src/layers/memory/LinkStoreMemory.js"
import * as RepoDockerStoreMemory from "../../../src/layers/memory/RepoDockerStoreMemory.js"
import { emptyTables } from "../../../src/layers/memory/store/tables.js"
import * as QuayApiHttp from "../../../src/layers/quay/QuayApiHttp.js"
import * as ContentCacheMemory from "../../../src/layers/registry/ContentCacheMemory.js"
import * as OciRegistryHttp from "../../../src/layers/registry/OciRegistryHttp.js"
import * as RegistryCredentialsMemory from "../../../src/layers/registry/RegistryCredentialsMemory.js"
import { sync } from "../../../src/programs/sync/Sync.js"
import type { SyncOptions } from "../../../src/programs/sync/SyncOptions.js"
import { LinkStore, type StoredLink } from "../../../src/services/LinkStore.js"
import { RepoDockerStore } from "../../../src/services/RepoDockerStore.js"
import { registryServices } from "../../sandbox/registry/services.js"
import { makeSimulation } from "../../sandbox/Simulation.js"
import { once, services, tokens } from "../../support/pipeline.js"
import { makeSettlingClock } from "../../support/settlingClock.js"
import { opening } from "../../support/stage.js"
import { collect, everything } from "../../support/storeContract.js"

const day = 86_400_000
const registries = ["docker.io", "ghcr.io", "quay.io"]
const options: SyncOptions = { ...once, registries, verifyPullsPerDay: 1_000 }

/** A world with registries, the whole pipeline over it, and stores in memory, on a clock of their own. */
const makeScene = Effect.gen(function*() {
  const simulation = yield* makeSimulation({
    world: { repositories: 150 },
    more: registryServices({ pullLimit: 10_000 })
  })
  const { clock, join } = makeSettlingClock(opening)
  const tables = emptyTables()
  const store = RepoDockerStoreMemory.make("one", tables)
  const links = LinkStoreMemory.make("one", tables)
  const { client, github, state } = simulation
  const outside = Layer.merge(OciRegistryHttp.layer(), QuayApiHttp.layer()).pipe(
    Layer.provideMerge(RegistryCredentialsMemory.layer()),
    Layer.provideMerge(ContentCacheMemory.layer()),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
    Layer.provideMerge(services({ client, github: { ...tokens(github.tokens), files: true } }))
  )
  const run = (how: Partial<SyncOptions> = {}) =>
    sync({ ...options, ...how }).pipe(
      Effect.scoped,
      Effect.provide(outside),
      Effect.provideService(RepoDockerStore, store),
      Effect.provideService(LinkStore, links)
    )
  /** Runs to the end while time goes on. */
  const ended = (how: Partial<SyncOptions> = {}) =>
    Effect.flatMap(Effect.fork(run(how)), (fiber) => join(fiber, "2 hours"))
  yield* store.addRepositories(state.world.listed.map(({ asked }) => asked))
  return {
    ...simulation,
    clock,
    tables,
    store,
    links,
    run,
    ended,
    published: (link: StoredLink) => {
      const image = parseNormalized(link.image)
      return image._tag === "Right"
        ? state.world.published.get(`${image.right.registry}/${image.right.repository}`)
        : undefined
    },
    later: (millis: number) => clock.setTime(opening + millis),
    onScene: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.withClock(effect, clock)
  }
})

const names = (links: ReadonlyArray<StoredLink>, registry: string) =>
  links.filter((link) => link.registry === registry).map(({ image }) => image).toSorted()

type Scene = Effect.Effect.Success<typeof makeScene>

/** What workflows really publish at a registry, and what is found of it. */
const publishedAt = ({ state }: Scene, registry: string) =>
  [
    ...new Set(
      state.world.publishers.flatMap(({ images }) =>
        images.filter((image) => image.registry === registry).map(({ repository }) =>
          registry === "docker.io" ? repository : `${registry}/${repository}`
        )
      )
    )
  ].toSorted()

const foundAt = (scene: Scene, registry: string) =>
  Effect.map(collect(scene.links.links({ hidden: true })), (links) => new Set(names(links, registry)))

const assertFound = (scene: Scene, registry: string) =>
  Effect.map(
    foundAt(scene, registry),
    (found) => assert.deepStrictEqual(publishedAt(scene, registry).filter((image) => !found.has(image)), [])
  )

describe("sync with registries", () => {
  it.effect(
    "finds what workflows publish, wherever it is, and proves no link that is false",
    () =>
      Effect.gen(function*() {
        const scene = yield* makeScene
        yield* scene.onScene(Effect.gen(function*() {
          const summary = yield* scene.ended()
          for (const registry of registries) yield* assertFound(scene, registry)
          const links = yield* collect(scene.links.links({ hidden: true }))
          const shown = links.filter((link) => link.shown)
          assert.isAtLeast(shown.length, 2 * scene.expected.hits)
          const verified = links.filter(({ verification }) => verification.state === "verified")
          const proven = (link: StoredLink) => {
            const image = scene.published(link)
            return image !== undefined && key(image.of) === key(link.repository) && ["own", "old"].includes(image.label)
          }
          assert.deepStrictEqual(verified.filter((link) => !proven(link)).map(({ image }) => image), [])
          // Everything that can be proven is.
          assert.deepStrictEqual(
            links.filter(proven).filter(({ verification }) => verification.state !== "verified").map(({ image }) =>
              image
            ),
            []
          )
          const hidden = links.filter((link) => !link.shown)
          assert.isTrue(hidden.every(({ verification }) => verification.state === "contradicted"))
          assert.deepStrictEqual(summary.registries.map(({ registry }) => registry).toSorted(), registries)

          // Quay's three months, and no pulls where nobody counts them.
          for (const image of names(shown, "quay.io")) {
            assert.strictEqual((yield* scene.links.activity(image, Option.none())).length, 91)
          }
          const images = yield* collect(scene.store.images(everything))
          assert.deepStrictEqual(
            images.filter(({ pulls, registry }) => Option.isSome(pulls) !== (registry === "docker.io")),
            []
          )

          // There is nothing left to do, and that costs nothing.
          scene.resetCounters()
          yield* scene.ended()
          assert.deepStrictEqual(Object.values(scene.counters()).map(({ requests }) => requests), [0, 0, 0, 0, 0])
        }))
      }),
    60_000
  )

  it.effect("keeps a registry's outage to that registry", () =>
    Effect.gen(function*() {
      const scene = yield* makeScene
      yield* scene.onScene(Effect.gen(function*() {
        yield* scene.faults.add({ kind: "unavailable", service: "ghcr.io" })
        const summary = yield* scene.ended()
        yield* assertFound(scene, "docker.io")
        yield* assertFound(scene, "quay.io")
        assert.strictEqual((yield* foundAt(scene, "ghcr.io")).size, 0)
        const repositories = yield* collect(scene.store.repositories(everything))
        assert.isTrue(repositories.every(({ checkedAt }) => Option.isSome(checkedAt)))
        const ghcr = summary.registries.find(({ registry }) => registry === "ghcr.io")
        assert.deepStrictEqual([ghcr?.found, ghcr?.absent, ghcr?.notVisible], [0, 0, 0])
        assert.isAtLeast(ghcr?.deferred ?? 0, 8)
        // Four attempts for each of six looks under way at once, and of two that began before the third had failed.
        assert.isAtMost(scene.counters()["ghcr.io"]?.requests ?? 0, 32)

        yield* scene.faults.clear
        yield* scene.later(2 * day)
        yield* scene.ended({ refresh: false })
        yield* assertFound(scene, "ghcr.io")
      }))
    }), 60_000)

  it.effect("gives everything back within two seconds of a stop", () =>
    Effect.gen(function*() {
      const scene = yield* makeScene
      yield* scene.onScene(Effect.gen(function*() {
        yield* scene.faults.add({ kind: "hang", service: "ghcr.io" })
        yield* scene.faults.add({ kind: "hang", service: "quay.io" })
        const running = yield* Effect.fork(scene.run({ once: false }))
        yield* scene.clock.adjust("75 seconds")
        const held = () =>
          [...scene.tables.checks.values(), ...scene.tables.sources.values()].filter(({ lease }) =>
            Option.isSome(lease)
          )
        assert.isAtLeast(held().length, 2)
        const stopping = yield* Effect.fork(Fiber.interrupt(running))
        yield* scene.clock.adjust("2 seconds")
        assert.isTrue(Option.isSome(yield* Fiber.poll(stopping)))
        assert.deepStrictEqual(held(), [])
      }))
    }), 60_000)

  it.effect("looks at no registry but those that are chosen", () =>
    Effect.gen(function*() {
      const scene = yield* makeScene
      yield* scene.onScene(Effect.gen(function*() {
        yield* scene.ended({ registries: ["ghcr.io"], verifyPullsPerDay: 0 })
        const counters = scene.counters()
        assert.deepStrictEqual([counters["quay.io"]?.requests, counters["docker.io"]?.requests], [0, 0])
        assert.strictEqual(counters["dockerhub"]?.requests, 0)
        const links = yield* Stream.runCollect(scene.links.links({ hidden: true }))
        assert.isTrue([...links].every(({ registry, verification }) =>
          registry === "ghcr.io" && verification.state === "not-looked-at"
        ))
        yield* assertFound(scene, "ghcr.io")
      }))
    }), 60_000)
})
