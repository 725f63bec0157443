/**
 * A small census for the pages: images with a history of more than a year, repositories of every outcome, and names that
 * would do harm if they were taken for markup.
 */
import { Duration, Effect } from "effect"
import type { DiscoveryFinding } from "../../src/domain/Finding.js"
import type { RepositoryName } from "../../src/domain/GitHubRepository.js"
import { addDays, dayOf } from "../../src/domain/UtcDay.js"
import { RepoDockerStore } from "../../src/services/RepoDockerStore.js"
import { hit, miss, notFound, putOff, repository } from "../support/findings.js"
import { addCatalog } from "./catalog.js"
import { addWatches } from "./watching.js"

/** The image that the tests look at. */
export const main = "grafana/grafana"

/** An image with rows from more than ten years ago on. */
export const old = "acme/service-60"

/** A name that runs a script where it is taken for markup. */
export const hostile = `evil/"><img src=x onerror="globalThis.hacked=true"><script>globalThis.hacked=true</script>`

const wellKnown = [
  main,
  "prom/prometheus",
  "ollama/ollama",
  "bitnami/postgresql",
  "apache/dolphinscheduler",
  "kubernetes-sigs/kind",
  "hashicorp/terraform",
  "jellyfin/jellyfin",
  "an-organisation-with-a-long-name/and-an-image-with-a-name-that-does-not-fit-a-telephone"
]

/** More than a page of a list. */
const others = Array.from({ length: 60 }, (_, index) => `acme/service-${String(index + 1).padStart(2, "0")}`)

const images = [...wellKnown, ...others]

/** Lifetime pulls of the image at a place in the list; the first has the most. */
const pullsOf = (place: number): number => Math.round(4_000_000_000 / (place + 1) ** 1.6)

/** A day's part of the pulls: fewer at weekends, more from month to month. */
const pullsOnDay = (place: number, daysAgo: number): number => {
  const weekday = (daysAgo + 3) % 7
  return Math.round((pullsOf(place) / 2000) * (weekday < 2 ? 0.55 : 1) * (1 - daysAgo / 900))
}

/** A history up to today; the main image's is longer, with a gap and a day on which the counter fell. */
const history = (image: string, place: number, now: number) => {
  const length = image === main ? 400 : 45
  const today = dayOf(now)
  const fall = image === main ? 500_000_000 : 0
  const beginning = image === old ? [{ image, day: addDays(today, -4500), total: 1n }] : []
  let total = pullsOf(place) + fall -
    Array.from({ length }, (_, daysAgo) => pullsOnDay(place, daysAgo)).reduce((sum, pulls) => sum + pulls, 0)
  const rows = Array.from({ length }, (_, index) => length - 1 - index).flatMap((daysAgo) => {
    total += pullsOnDay(place, daysAgo)
    if (daysAgo === 100) total -= fall
    const isGap = image === main && daysAgo > 199 && daysAgo < 203
    return isGap ? [] : [{ image, day: addDays(today, -daysAgo), total: BigInt(total) }]
  })
  return [...beginning, ...rows]
}

const repositories: ReadonlyArray<RepositoryName> = [
  ...images.map(repository),
  repository("acme/docs"),
  repository("acme/gone"),
  repository("acme/slow"),
  repository("socketio/socket.io"),
  repository(hostile)
]

const findingOf = (now: number) => (claim: Parameters<typeof miss>[0]): DiscoveryFinding => {
  const name = `${claim.repository.owner}/${claim.repository.name}`
  const place = images.indexOf(name)
  if (place >= 0) return hit(claim, now, name, BigInt(pullsOf(place)))
  if (name === hostile) return hit(claim, now, hostile, 12n)
  if (name === "acme/gone") return notFound(claim, now)
  if (name === "acme/slow") return putOff(claim, now, now + 3_600_000)
  return miss(claim, now)
}

/** Fills the database in context, as of an instant (epoch milliseconds). */
export const fill = Effect.fn("census.fill")(function*(now: number) {
  const store = yield* RepoDockerStore
  yield* store.addRepositories(repositories)
  const claimed = yield* store.claimRepositories({
    limit: 1000,
    lease: Duration.minutes(10),
    interval: Duration.days(14)
  })
  yield* store.recordDiscovery(claimed.map(findingOf(now)))
  // A look of the catalog counts pulls too; the history below goes over them.
  yield* addCatalog(now)
  yield* store.importPulls(images.flatMap((image, place) => history(image, place, now)), true)
  yield* addWatches(now)
  // One repository is still to be checked.
  yield* store.addRepositories([repository("acme/next")])
})
