/**
 * A world, the time in it, and the real pipeline over both and over an emptied embedded database.
 */
import { SqlClient } from "@effect/sql"
import { Effect, Option, Stream } from "effect"
import { key, type RepositoryName } from "../../src/domain/GitHubRepository.js"
import { sync } from "../../src/programs/sync/Sync.js"
import type { SyncOptions } from "../../src/programs/sync/SyncOptions.js"
import { RepoDockerStore } from "../../src/services/RepoDockerStore.js"
import { makeSimulation, type SimulationOptions } from "../sandbox/Simulation.js"
import { pullsAt } from "../sandbox/world/World.js"
import { once, services, tokens } from "./pipeline.js"
import { makeSettlingClock } from "./settlingClock.js"

/** When the stage's time begins: not near midnight, and in a month that is not the present one. */
export const opening = Date.UTC(2026, 2, 1, 9)

const outcomes = { hit: "hit", miss: "miss", none: "no-dockerfile", unknown: "not-found" } as const

/** What is in the database that should not be there. Every list is empty where all is well. */
export interface Wrongs {
  /** Repositories with another outcome than the truth. */
  readonly outcomes: ReadonlyArray<string>
  /** Images that are marked as missing although they are there. */
  readonly missing: ReadonlyArray<string>
  /** Images that nobody publishes, or with counts that are not theirs. */
  readonly images: ReadonlyArray<string>
}

const MissingImage = (row: object): string => "image" in row ? String(row.image) : ""

/** Sets the stage. Everything on it runs with `onStage`, on the stage's own clock. */
export const makeStage = (options: SimulationOptions) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const inner = yield* RepoDockerStore
    yield* sql`truncate repos, repos_docker_leases, repo_docker, repo_docker_links, repo_docker_pulls_daily restart identity cascade`
    const { clock, join, real } = makeSettlingClock(opening)
    const simulation = yield* makeSimulation(options)
    const { state } = simulation

    const store = RepoDockerStore.of({
      ...inner,
      claimRepositories: (claim) => real(inner.claimRepositories(claim)),
      claimImages: (claim) => real(inner.claimImages(claim)),
      undefer: (kinds) => real(inner.undefer(kinds)),
      extendLeases: (claims, lease) => real(inner.extendLeases(claims, lease)),
      releaseLeases: (claims) => real(inner.releaseLeases(claims)),
      recordDiscovery: (findings) => real(inner.recordDiscovery(findings)),
      recordRefresh: (findings) => real(inner.recordRefresh(findings)),
      status: (intervals) => real(inner.status(intervals))
    })

    /** A run of sync with layers of its own, like a process of its own; `over` replaces parts of its store. */
    const run = (how: Partial<SyncOptions> = {}, over: Partial<RepoDockerStore["Type"]> = {}) =>
      sync({ ...once, ...how }).pipe(
        Effect.provide(services({ client: simulation.client, github: tokens(simulation.github.tokens) })),
        Effect.provideService(RepoDockerStore, { ...store, ...over })
      )

    const wrongs = Effect.gen(function*() {
      const truth = new Map(state.world.listed.map((one) => [key(one.now?.name ?? one.asked), one]))
      const repositories = yield* Stream.runCollect(inner.repositories({ search: Option.none() }))
      const images = yield* Stream.runCollect(inner.images({ search: Option.none() }))
      const missing = yield* sql`select image_name as image from repo_docker where missing_since is not null`
      const wrong: Wrongs = {
        outcomes: [...repositories].flatMap(({ outcome, repository }) => {
          const expected = outcomes[truth.get(key(repository))?.outcome ?? "unknown"]
          return Option.isNone(outcome) || outcome.value === expected ? [] : [`${key(repository)}: ${outcome.value}`]
        }),
        missing: missing.map(MissingImage).filter((image) => state.image(image) !== undefined),
        images: [...images].flatMap(({ image, lastSyncedAt, pulls }) => {
          const facts = state.world.images.get(image)
          const right = facts !== undefined && simulation.expected.links.has(image) &&
            Option.contains(pulls, BigInt(pullsAt(facts, lastSyncedAt)))
          return right ? [] : [image]
        })
      }
      return wrong
    })

    return {
      ...simulation,
      store,
      sql,
      join,
      run,
      wrongs,
      onStage: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.withClock(effect, clock),
      /** Those of the list that have no definite outcome yet. */
      unchecked: Effect.map(
        Stream.runCollect(inner.repositories({ search: Option.none() })),
        (rows) => [...rows].filter(({ outcome }) => Option.isNone(outcome)).map(({ repository }) => repository)
      ),
      /** Images with a row for this UTC day (`2026-03-01`). */
      snapshots: (day: string) =>
        Effect.map(
          sql`select image_name as image from repo_docker_pulls_daily where date = ${day}::date order by 1`,
          (rows) => rows.map(MissingImage)
        ),
      listed: state.world.listed.map(({ asked }): RepositoryName => asked)
    }
  })

/** Nothing wrong. */
export const noWrongs: Wrongs = { outcomes: [], missing: [], images: [] }
