/**
 * What people ask for out of turn: done once, one after the other, and only a definite answer changes what is stored.
 */
import { assert, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Layer, Option, Stream, TestClock } from "effect"
import { NotFound, Transient } from "../../../src/domain/Errors.js"
import type { ImageFacts } from "../../../src/domain/Finding.js"
import * as LinkStoreMemory from "../../../src/layers/memory/LinkStoreMemory.js"
import * as RepoDockerStoreMemory from "../../../src/layers/memory/RepoDockerStoreMemory.js"
import { emptyTables } from "../../../src/layers/memory/store/tables.js"
import * as OciRegistryMemory from "../../../src/layers/registry/OciRegistryMemory.js"
import * as OnDemand from "../../../src/programs/server/OnDemand.js"
import { DockerHubRegistry } from "../../../src/services/DockerHubRegistry.js"
import { LinkStore } from "../../../src/services/LinkStore.js"
import { RepoDockerStore } from "../../../src/services/RepoDockerStore.js"
import { smallWorld } from "../../support/memoryLayers.js"

const app = { owner: "Acme", name: "App" }
const options: OnDemand.OnDemandOptions = { lease: Duration.minutes(1), github: true, discover: {} }

type AskHub = DockerHubRegistry["Type"]["repository"]

const found = (image: string, pulls: bigint): ImageFacts => ({ image, pulls, stars: 1, lastUpdated: Option.none() })

/** A server's requests over a store of its own, where the Hub answers as the test says. */
const withHub = <A, E>(
  hub: AskHub,
  use: (asked: {
    readonly on: OnDemand.OnDemand["Type"]
    readonly store: RepoDockerStore["Type"]
    readonly pulls: Effect.Effect<Option.Option<bigint>>
  }) => Effect.Effect<A, E>,
  more: Partial<OnDemand.OnDemandOptions> = {}
) => {
  const tables = emptyTables()
  const store = RepoDockerStoreMemory.make("test", tables)
  const pulls = Stream.runHead(store.images({ search: Option.none() })).pipe(
    Effect.map(Option.flatMap((image) => image.pulls)),
    Effect.orDie
  )
  return Effect.gen(function*() {
    return yield* use({ on: yield* OnDemand.OnDemand, store, pulls })
  }).pipe(
    Effect.provide(
      OnDemand.layer({ ...options, ...more }).pipe(
        Layer.provide(Layer.mergeAll(
          Layer.succeed(RepoDockerStore, store),
          Layer.succeed(LinkStore, LinkStoreMemory.make("test", tables)),
          Layer.succeed(DockerHubRegistry, {
            repository: hub,
            namespace: () => Stream.fail(new NotFound({ service: "Docker Hub", what: "a listing" }))
          }),
          OciRegistryMemory.layer
        )),
        Layer.provide(smallWorld)
      )
    )
  )
}

const settled = Effect.repeatN(Effect.yieldNow(), 500)

it.effect("checks a repository, finds its image, and refreshes that when it is asked to", () => {
  let pulls = 10n
  return withHub(
    (image) => Effect.succeed(found(image, pulls)),
    ({ on, pulls: stored, store }) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* on.check(app), 0)
        yield* settled
        const [repository] = yield* Stream.runCollect(store.repositories({ search: Option.none() }))
        assert.deepStrictEqual([repository?.url, repository?.images], ["https://github.com/Acme/App", ["acme/app"]])
        pulls = 25n
        yield* on.refresh("acme/app", "docker.io")
        yield* settled
        assert.deepStrictEqual(yield* stored, Option.some(25n))
      })
  )
})

it.effect("asks once for what is asked for twice while it waits, and says how many are before", () =>
  Effect.gen(function*() {
    const answer = yield* Deferred.make<void>()
    const asked: Array<string> = []
    yield* withHub(
      (image) =>
        Effect.zipRight(
          Effect.sync(() => asked.push(image)),
          Effect.as(Deferred.await(answer), found(image, 1n))
        ),
      ({ on }) =>
        Effect.gen(function*() {
          yield* on.refresh("acme/first", "docker.io")
          yield* settled
          assert.deepStrictEqual(
            yield* Effect.forEach(["acme/a", "acme/b"], (image) => on.refresh(image, "docker.io")),
            [
              0,
              1
            ]
          )
          yield* on.refresh("acme/a", "docker.io")
          assert.deepStrictEqual(asked, ["acme/first"])
          yield* Deferred.succeed(answer, undefined)
          yield* settled
          assert.deepStrictEqual(asked, ["acme/first", "acme/a", "acme/b"])
          // What is done may be asked for again.
          yield* on.refresh("acme/a", "docker.io")
          yield* settled
          assert.lengthOf(asked, 4)
        })
    )
  }))

it.effect("changes nothing without a definite answer, and goes on with what comes next", () => {
  let down = false
  return withHub(
    (image) =>
      down && image === "acme/app"
        ? Effect.fail(new Transient({ service: "Docker Hub", reason: "malformed", message: "a page of a proxy" }))
        : Effect.succeed(found(image, 10n)),
    ({ on, pulls, store }) =>
      Effect.gen(function*() {
        yield* on.check(app)
        yield* settled
        const before = yield* pulls
        down = true
        yield* on.refresh("acme/app", "docker.io")
        yield* on.check({ owner: "acme", name: "docs" })
        yield* settled
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual(yield* pulls, before)
        assert.deepStrictEqual(before, Option.some(10n))
        const repositories = yield* Stream.runCollect(store.repositories({ search: Option.none() }))
        assert.deepStrictEqual(
          [...repositories].map(({ outcome, url }) => [url, Option.getOrNull(outcome)]),
          [["https://github.com/Acme/App", "hit"], ["https://github.com/acme/docs", "no-dockerfile"]]
        )
      })
  )
})

it.effect("refuses what it could not do, and more than it can keep", () =>
  Effect.gen(function*() {
    yield* withHub(() => Effect.never, ({ on }) =>
      Effect.gen(function*() {
        const conflicts = yield* Effect.all([
          Effect.flip(on.check(app)),
          Effect.flip(on.refresh("ghcr.io/acme/app", "ghcr.io"))
        ])
        assert.deepStrictEqual(conflicts.map(({ _tag }) => _tag), ["CONFLICT", "CONFLICT"])
        assert.match(conflicts[0]?.message ?? "", /GITHUB_TOKEN/)
        const ends = yield* Effect.forEach(
          Array.from({ length: 1002 }, (_, n) => `acme/image-${n}`),
          (image) => Effect.either(Effect.zipRight(Effect.yieldNow(), on.refresh(image, "docker.io")))
        )
        const refused = ends.filter(({ _tag }) => _tag === "Left")
        assert.isAtLeast(refused.length, 1)
        assert.isAtMost(refused.length, 2)
      }), { github: false })
  }))
