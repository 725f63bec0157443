/**
 * Listings, history and status of the memory store.
 */
import { Array as Arr, Clock, Duration, Effect, Option, Stream } from "effect"
import { fullName } from "../../../domain/GitHubRepository.js"
import { rowsOf } from "../../../domain/PullHistory.js"
import { addDays, dayOf, startOf, type UtcDay } from "../../../domain/UtcDay.js"
import type { PullsOnDay, StoredImage, StoredRepository, StoreStatus } from "../../../services/RepoDockerStore.js"
import { isDue } from "./claims.js"
import { heldDefects } from "./defects.js"
import { shownLinks, shownRepositories } from "./linkTables.js"
import { byText, type ImageRow, type RepositoryRow, type Tables } from "./tables.js"

const lookBack = 31

const historyOf = (row: ImageRow): ReadonlyArray<PullsOnDay> => {
  const days = [...row.days].sort(([first], [second]) => byText(first, second))
  return rowsOf(days.map(([day, total]) => ({ day, total }))).map((on) => ({ image: row.image, ...on }))
}

const contains = (search: Option.Option<string>, text: string) =>
  Option.isNone(search) || text.toLowerCase().includes(search.value.toLowerCase())

const lastCompleteDay = (images: ReadonlyArray<ImageRow>): Option.Option<UtcDay> => {
  const latest = images.flatMap((row) => [...row.days.keys()]).sort(byText).at(-1)
  if (latest === undefined) return Option.none()
  const isComplete = (day: UtcDay) =>
    images.every((row) =>
      row.knownSince > day || Option.exists(row.missingSince, (since) => since <= day) || row.days.has(day)
    )
  return Option.fromNullable(
    Array.from({ length: lookBack }, (_, back) => addDays(latest, -back)).find(isComplete)
  )
}

/** The parts of the store that read. */
export const makeReading = (tables: Tables) => {
  const imagesInOrder = () => [...tables.images.values()].sort((first, second) => byText(first.image, second.image))

  const storedRepository = (row: RepositoryRow): StoredRepository => ({
    id: row.id,
    url: row.url,
    repository: row.repository,
    checkedAt: row.checkedAt,
    outcome: row.outcome,
    images: shownLinks(tables, row.id).map(({ image }) => image),
    verified: shownLinks(tables, row.id).flatMap(({ image, verified }) => verified ? [image] : [])
  })

  const storedImage = (row: ImageRow): StoredImage => ({
    image: row.image,
    registry: row.registry,
    pulls: row.pulls,
    stars: row.stars,
    lastSyncedAt: row.lastSyncedAt,
    lastUpdated: row.lastUpdated,
    goneSince: row.gone ? row.missingSince : Option.none(),
    repositories: Arr.dedupe(shownRepositories(tables, row.image).map(({ repository }) => repository)),
    verified: Arr.dedupe(
      shownRepositories(tables, row.image).flatMap(({ repository, verified }) => verified ? [repository] : [])
    )
  })

  const repositories = (filter: { readonly search: Option.Option<string> }) =>
    Stream.suspend(() => Stream.fromIterable([...tables.repositories.values()].map(storedRepository))).pipe(
      Stream.filter((stored) => contains(filter.search, `${fullName(stored.repository)} ${stored.url}`))
    )

  const images = (filter: { readonly search: Option.Option<string> }) =>
    Stream.suspend(() => Stream.fromIterable(imagesInOrder().map(storedImage))).pipe(
      Stream.filter((stored) => contains(filter.search, stored.image))
    )

  const image = (name: string) =>
    Effect.sync(() => Option.map(Option.fromNullable(tables.images.get(name)), storedImage))

  const pulls = (
    filter: { readonly image: Option.Option<string>; readonly since: Option.Option<UtcDay> }
  ) =>
    Stream.suspend(() => Stream.fromIterable(imagesInOrder().flatMap(historyOf))).pipe(
      Stream.filter((row) =>
        Option.getOrElse(filter.image, () => row.image) === row.image &&
        Option.getOrElse(filter.since, () => row.day) <= row.day
      )
    )

  const status = Effect.fn("RepoDockerStore.status")(
    function*(intervals: { readonly discovery: Duration.Duration; readonly refresh: Duration.Duration }) {
      const now = yield* Clock.currentTimeMillis
      const rows = [...tables.repositories.values()]
      const all = [...tables.images.values()]
      const images = all.filter(({ registry }) => registry === "docker.io")
      const dueSince = (row: RepositoryRow) =>
        Option.match(row.checkedAt, {
          onNone: () => Math.max(row.addedAt, row.notBefore),
          onSome: (at) => at + Duration.toMillis(intervals.discovery)
        })
      const repositoriesDue = rows.filter((row) => row.notBefore <= now && dueSince(row) <= now)
      const imagesDue = images.filter((row) => row.notBefore <= now && isDue(row, now, intervals.refresh))
      const later = [...rows, ...images].filter((row) => row.notBefore > now)
      const today = dayOf(now)
      const imageDueSince = (row: ImageRow) => {
        const dueOn = row.days.has(today) ? today : Option.getOrElse(row.dueOn, () => row.knownSince)
        const earliest = dueOn > today ? today : dueOn
        return startOf(earliest > row.knownSince ? earliest : row.knownSince)
      }
      const due = [...repositoriesDue.map(dueSince), ...imagesDue.map(imageDueSince)]
      const result: StoreStatus = {
        repositories: rows.length,
        images: all.length,
        gone: images.filter((row) => row.gone).length,
        snapshots: images.reduce((sum, row) => sum + row.days.size, 0),
        backlog: rows.filter((row) => Option.isNone(row.checkedAt)).length,
        repositoriesDue: repositoriesDue.length,
        imagesDue: imagesDue.length,
        deferred: later.filter((row) => Option.isNone(row.lease)).length,
        leased: later.filter((row) => Option.isSome(row.lease)).length,
        oldestDue: due.length === 0 ? Option.none() : Option.some(Math.min(...due)),
        lastCompleteDay: lastCompleteDay(images),
        today: {
          day: today,
          images: images.filter((row) => Option.isNone(row.missingSince) || row.days.has(today)).length,
          done: images.filter((row) => row.days.has(today)).length
        },
        defects: heldDefects(tables)
      }
      return result
    }
  )

  return { repositories, images, image, pulls, status }
}
