/**
 * What the daemon does in a day, over a world with strangers in it: the real jobs with the real layers down to an embedded
 * database, on a clock that jumps.
 */
import { HttpClient } from "@effect/platform"
import { Cause, Duration, Effect, Exit, Layer, Option, Random, Redacted } from "effect"
import * as QuayApiHttp from "../../src/layers/quay/QuayApiHttp.js"
import * as ContentCacheMemory from "../../src/layers/registry/ContentCacheMemory.js"
import * as OciRegistryHttp from "../../src/layers/registry/OciRegistryHttp.js"
import * as RegistryCredentialsMemory from "../../src/layers/registry/RegistryCredentialsMemory.js"
import * as ImageCatalogSql from "../../src/layers/store/ImageCatalogSql.js"
import * as LinkStoreSql from "../../src/layers/store/LinkStoreSql.js"
import * as RepoDockerStoreSql from "../../src/layers/store/RepoDockerStoreSql.js"
import * as WatchStoreSql from "../../src/layers/store/WatchStoreSql.js"
import * as DigestWatcherRegistry from "../../src/layers/watch/DigestWatcherRegistry.js"
import { syncOnce } from "../../src/programs/catalog/SyncCatalog.js"
import { sync } from "../../src/programs/sync/Sync.js"
import { watch } from "../../src/programs/watch/Watch.js"
import type { RegistryCredential } from "../../src/services/RegistryCredentials.js"
import { WatchActions } from "../../src/services/WatchActions.js"
import { registryServices } from "../sandbox/registry/services.js"
import { makeSimulation } from "../sandbox/Simulation.js"
import { privateRegistry } from "../sandbox/strangers/listings.js"
import { ownRegistry } from "../sandbox/strangers/Stranger.js"
import { beforeStrangers } from "../sandbox/strangers/world.js"
import type { World } from "../sandbox/world/World.js"
import { optionsFor } from "../support/catalogStage.js"
import { pglite } from "../support/embeddedDatabase.js"
import { once, services, tokens } from "../support/pipeline.js"
import { makeSettlingClock } from "../support/settlingClock.js"

const registries = ["docker.io", "ghcr.io", "quay.io", ownRegistry]

/** When the day begins: not near midnight. */
const opening = Date.UTC(2026, 2, 1, 9)

const secret = "of-the-private-registry"
const credential: RegistryCredential = { kind: "bearer", id: "mine", secret: Redacted.make(secret) }

/** A request that left: where it went, and whether the credential of the private registry went along. */
export interface Left {
  readonly url: URL
  readonly secret: boolean
}

const recording = (client: HttpClient.HttpClient) => {
  const left: Array<Left> = []
  return {
    left,
    client: HttpClient.make((request, url) =>
      Effect.suspend(() => {
        left.push({ url, secret: JSON.stringify(request.headers).includes(secret) })
        return client.execute(request)
      })
    )
  }
}

const quiet = Layer.succeed(WatchActions, {
  problemOf: () => Effect.succeedNone,
  deliver: () => Effect.succeed({ ok: true, result: "HTTP 204", output: Option.none(), retryAt: Option.none() })
})

/** The stores of a daemon. */
export const daemonStores = Layer.mergeAll(
  RepoDockerStoreSql.layer({ holder: "strangers" }),
  LinkStoreSql.layer({ holder: "strangers" }),
  WatchStoreSql.layer({ holder: "strangers" }),
  ImageCatalogSql.layer({ holder: "strangers" })
).pipe(Layer.provideMerge(pglite.migrated))

/** A daemon over this world, whose stores are in the context. */
export const makeDaemon = Effect.fn("makeDaemon")(function*(world: World) {
  const simulation = yield* makeSimulation({
    world,
    dockerhub: { limit: 1_000_000 },
    github: { tokens: [{ token: "sandbox-token", limit: 1_000_000 }] },
    more: registryServices({ pullLimit: 1_000_000, others: [ownRegistry] }),
    before: beforeStrangers()
  })
  const { client, left } = recording(simulation.client)
  const { clock, join } = makeSettlingClock(opening)
  // Pauses stray by chance: the same day comes again.
  const random = Random.make("strangers")
  const outside = Layer.mergeAll(DigestWatcherRegistry.layer, quiet).pipe(
    Layer.provideMerge(Layer.merge(OciRegistryHttp.layer(), QuayApiHttp.layer())),
    Layer.provideMerge(RegistryCredentialsMemory.layer(new Map([[privateRegistry, credential]]))),
    Layer.provideMerge(ContentCacheMemory.layer()),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
    Layer.provideMerge(services({ client, github: { ...tokens(simulation.github.tokens), files: true } }))
  )
  const toItsEnd = <E, R>(name: string, job: Effect.Effect<unknown, E, R>) =>
    Effect.gen(function*() {
      const running = yield* Effect.fork(Effect.exit(job.pipe(Effect.withClock(clock), Effect.withRandom(random))))
      const exit = yield* join(running, "3 days")
      return Exit.isFailure(exit) ? [`${name}: ${Cause.pretty(exit.cause)}`] : []
    })
  const syncing = sync({ ...once, registries, verifyPullsPerDay: 100_000 })
  const looking = syncOnce({ ...optionsFor([], { fromLinks: true }), images: Option.none() }, Option.none())
  const watching = watch({
    once: true,
    lease: Duration.minutes(2),
    jitter: 0,
    looksPerRegistry: 10,
    concurrency: 4,
    attempts: 3,
    deliveryLease: Duration.minutes(5),
    poll: Duration.minutes(1)
  })
  /** Runs every job to its end, and lets three hours pass; how those that failed did. */
  const round = Effect.gen(function*() {
    const failed = [
      ...(yield* toItsEnd("sync", Effect.scoped(Effect.provide(syncing, outside)))),
      ...(yield* toItsEnd("catalog", Effect.scoped(Effect.provide(looking, outside)))),
      ...(yield* toItsEnd("watch", Effect.provide(watching, outside)))
    ]
    yield* clock.adjust("3 hours")
    return failed
  })
  return {
    ...simulation,
    left,
    round,
    onClock: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.withClock(effect, clock)
  }
})
