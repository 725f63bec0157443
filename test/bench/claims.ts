/**
 * How long a claim takes on a backlog of 1,000,000 repositories, from full to empty, while findings are written.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import { Clock, Console, Duration, Effect, Option, Schema } from "effect"
import type { ClaimedRepository, DiscoveryFinding } from "../../src/domain/Finding.js"
import { nameRepositories } from "../../src/layers/store/adoption.js"
import * as Store from "../../src/layers/store/RepoDockerStoreSql.js"

/** What is measured. */
export interface ClaimsBenchOptions {
  /** Repositories in the backlog. */
  readonly repositories: number
  /** Rows per claim. */
  readonly claim: number
  /** The bound on the 95th percentile, in milliseconds. */
  readonly bound: number
}

export const usual: ClaimsBenchOptions = { repositories: 1_000_000, claim: 1000, bound: 50 }

const parts = 10
const Plan = Schema.Array(Schema.Struct({ "QUERY PLAN": Schema.String }))

const percentile = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = [...values].sort((first, second) => first - second)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const before = yield* Clock.currentTimeNanos
    const value = yield* effect
    const after = yield* Clock.currentTimeNanos
    return { value, millis: Number(after - before) / 1e6 }
  })

// One in forty publishes an image, as in a random sample of GitHub.
const finding = (claim: ClaimedRepository, at: number): DiscoveryFinding => {
  const probe = { repository: claim.repository, headOid: Option.none(), dockerfiles: [] }
  return Number(claim.id) % 40 === 0
    ? {
      claim,
      at,
      result: {
        _tag: "Hit",
        probe,
        facts: {
          image: `${claim.repository.owner}/${claim.repository.name}`,
          pulls: BigInt(claim.id),
          stars: 1,
          lastUpdated: Option.none()
        }
      }
    }
    : { claim, at, result: { _tag: "NoDockerfile", probe } }
}

// The statement of a claim, without taking anything.
const planOf = (claim: number) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient
    const rows = yield* sql`explain (analyze, buffers, costs off, timing off)
      select r.id, r.owner, r.name, r.docker_attempts from repos r
      where r.host = 'github' and r.docker_checked_at is null and r.owner <> '' and r.name <> ''
        and r.docker_not_before <= now()
        and not exists (select 1 from repos_docker_leases l where l.repo_id = r.id and l.until > now())
      order by r.docker_not_before, r.id limit ${claim}
      for no key update of r skip locked`
    return (yield* Schema.decodeUnknown(Plan)(rows)).map((row) => row["QUERY PLAN"])
  })

const fill = (repositories: number) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient
    // As other programs insert them: without any column of ours.
    yield* sql`insert into repos (url, host, owner, name)
      select 'https://github.com/owner' || n % 50000 || '/name' || n, 'github', 'owner' || n % 50000, 'name' || n
      from generate_series(1, ${repositories}::int) n`
    yield* sql`analyze repos`
    yield* nameRepositories(sql)
  })

/**
 * Fills the backlog of the database in context (which has to be empty), claims it to its end and prints what the claims
 * took, for each tenth of the way, beside the bound. Returns whether every tenth is within it.
 */
export const claimsBench = Effect.fn("claimsBench")(function*(options: ClaimsBenchOptions) {
  const store = yield* Store.make({ holder: "bench" })
  yield* Console.log(`filling a backlog of ${options.repositories} repositories`)
  yield* fill(options.repositories)
  yield* Console.log((yield* planOf(options.claim)).join("\n"))
  yield* Console.log(`claims of ${options.claim}, milliseconds (bound: p95 at most ${options.bound})`)
  yield* Console.log("drained   claims     p50     p95     max  | writing findings p50")

  const rounds = Math.ceil(options.repositories / options.claim)
  const claimOptions = { limit: options.claim, lease: Duration.minutes(10), interval: Duration.days(14) }
  let within = true
  for (let part = 0; part < parts; part++) {
    const claims: Array<number> = []
    const writes: Array<number> = []
    for (let round = Math.floor(rounds * part / parts); round < Math.floor(rounds * (part + 1) / parts); round++) {
      const { millis, value } = yield* timed(store.claimRepositories(claimOptions))
      claims.push(millis)
      const now = yield* Clock.currentTimeMillis
      const written = yield* timed(store.recordDiscovery(value.map((claim) => finding(claim, now))))
      writes.push(written.millis)
    }
    const figures = [percentile(claims, 0.5), percentile(claims, 0.95), Math.max(...claims)]
    within = within && percentile(claims, 0.95) <= options.bound
    yield* Console.log(
      `${`${(part + 1) * 100 / parts} %`.padStart(7)}  ${String(claims.length).padStart(7)} ${
        figures.map((figure) => figure.toFixed(1).padStart(7)).join(" ")
      }  | ${percentile(writes, 0.5).toFixed(1).padStart(7)}`
    )
  }
  return within
})
