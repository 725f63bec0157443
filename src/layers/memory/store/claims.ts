/**
 * Claims on the memory store.
 */
import { Clock, Duration, Effect, Option, Order } from "effect"
import type { ClaimedImage, ClaimedRepository } from "../../../domain/Finding.js"
import { key, type RepositoryName, urlOf } from "../../../domain/GitHubRepository.js"
import { dayOf } from "../../../domain/UtcDay.js"
import type { ClaimOptions } from "../../../services/RepoDockerStore.js"
import { knownOf } from "./readings.js"
import { byText, type ImageRow, lacksDay, type RepositoryRow, type Tables } from "./tables.js"

interface Claims {
  readonly repositories: ReadonlyArray<ClaimedRepository>
  readonly images: ReadonlyArray<ClaimedImage>
}

/** The row of this name, of this former name, or of this address. */
export const findRepository = (tables: Tables, repository: RepositoryName): RepositoryRow | undefined => {
  const wanted = key(repository)
  const rows = [...tables.repositories.values()]
  return rows.find((row) => key(row.repository) === wanted) ??
    rows.find((row) => Option.contains(row.formerKey, wanted)) ??
    rows.find((row) => row.url === urlOf(repository))
}

/** Names and former names, in the form by which spellings are equal. */
export const knownKeys = (tables: Tables): Set<string> =>
  new Set(
    [...tables.repositories.values()].flatMap((row) => [key(row.repository), ...Option.toArray(row.formerKey)])
  )

/** Makes a row that is due. */
export const insertRepository = (tables: Tables, repository: RepositoryName, now: number): RepositoryRow => {
  const row: RepositoryRow = {
    id: String(tables.nextId++),
    url: urlOf(repository),
    repository,
    formerKey: Option.none(),
    checkedAt: Option.none(),
    outcome: Option.none(),
    addedAt: now,
    notBefore: -Infinity,
    lease: Option.none(),
    attempts: 0,
    lastError: Option.none()
  }
  tables.repositories.set(row.id, row)
  return row
}

const checkedAt = (row: RepositoryRow): number => Option.getOrElse(row.checkedAt, () => -Infinity)

const claimed = (tables: Tables) => (row: RepositoryRow): ClaimedRepository => ({
  id: row.id,
  repository: row.repository,
  attempts: row.attempts,
  ...Option.match(knownOf(tables, row), { onNone: () => ({}), onSome: (known) => ({ known }) })
})

/** Whether an image is due at an instant, leases and deferrals aside. */
export const isDue = (row: ImageRow, now: number, interval: Duration.Duration): boolean =>
  lacksDay(row, dayOf(now)) ||
  (Duration.lessThan(interval, Duration.days(1)) && Option.isNone(row.missingSince) &&
    row.lastSyncedAt <= now - Duration.toMillis(interval))

const overdue: Order.Order<ImageRow> = Order.combine(
  Order.make((first, second) =>
    Order.string(Option.getOrElse(first.dueOn, () => ""), Option.getOrElse(second.dueOn, () => ""))
  ),
  Order.make((first, second) => byText(first.image, second.image) < 0 ? -1 : 1)
)

/** The parts of the store that are about claims. */
export const makeClaims = (tables: Tables, holder: string) => {
  const mine = Option.some(holder)

  const holdRepositories = (rows: ReadonlyArray<RepositoryRow>, until: number) => {
    for (const row of rows) tables.repositories.set(row.id, { ...row, notBefore: until, lease: mine })
    return rows.map(claimed(tables))
  }

  const holdImages = (rows: ReadonlyArray<ImageRow>, until: number): ReadonlyArray<ClaimedImage> => {
    for (const row of rows) tables.images.set(row.image, { ...row, notBefore: until, lease: mine })
    return rows.map(({ attempts, image }) => ({ image, attempts }))
  }

  const claimRepositories = Effect.fn("RepoDockerStore.claimRepositories")(function*(options: ClaimOptions) {
    const now = yield* Clock.currentTimeMillis
    const visible = [...tables.repositories.values()].filter((row) => row.notBefore <= now)
    const backlog = visible.filter((row) => Option.isNone(row.checkedAt)).sort((first, second) =>
      first.notBefore === second.notBefore ? 0 : first.notBefore - second.notBefore
    )
    const stale = visible.filter((row) =>
      Option.isSome(row.checkedAt) && row.checkedAt.value <= now - Duration.toMillis(options.interval)
    ).sort((first, second) => checkedAt(first) - checkedAt(second))
    return holdRepositories([...backlog, ...stale].slice(0, options.limit), now + Duration.toMillis(options.lease))
  })

  const claimNamed = Effect.fn("RepoDockerStore.claimNamed")(
    function*(repositories: ReadonlyArray<RepositoryName>, lease: Duration.Duration) {
      const now = yield* Clock.currentTimeMillis
      const rows = new Set(
        repositories.map((repository) =>
          findRepository(tables, repository) ?? insertRepository(tables, repository, now)
        )
      )
      return holdRepositories([...rows], now + Duration.toMillis(lease))
    }
  )

  const claimImages = Effect.fn("RepoDockerStore.claimImages")(function*(options: ClaimOptions) {
    const now = yield* Clock.currentTimeMillis
    const due = [...tables.images.values()].filter((row) =>
      row.registry === "docker.io" && row.notBefore <= now && isDue(row, now, options.interval)
    )
    return holdImages(due.sort(overdue).slice(0, options.limit), now + Duration.toMillis(options.lease))
  })

  const onHeld = (
    claims: Claims,
    change: <Row extends RepositoryRow | ImageRow>(row: Row) => Row
  ) =>
    Effect.sync(() => {
      for (const { id } of claims.repositories) {
        const row = tables.repositories.get(id)
        if (row !== undefined && Option.contains(row.lease, holder)) tables.repositories.set(id, change(row))
      }
      for (const { image } of claims.images) {
        const row = tables.images.get(image)
        if (row !== undefined && Option.contains(row.lease, holder)) tables.images.set(image, change(row))
      }
    })

  const extendLeases = Effect.fn("RepoDockerStore.extendLeases")(
    function*(claims: Claims, lease: Duration.Duration) {
      const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(lease)
      yield* onHeld(claims, (row) => ({ ...row, notBefore: until }))
    }
  )

  const releaseLeases = Effect.fn("RepoDockerStore.releaseLeases")((claims: Claims) =>
    onHeld(claims, (row) => ({ ...row, notBefore: -Infinity, lease: Option.none() }))
  )

  const undefer = Effect.fn("RepoDockerStore.undefer")(
    function*(kinds: { readonly repositories: boolean; readonly images: boolean }) {
      const now = yield* Clock.currentTimeMillis
      const isPutOff = (row: RepositoryRow | ImageRow) => row.notBefore > now && Option.isNone(row.lease)
      const repositories = kinds.repositories ? [...tables.repositories.values()].filter(isPutOff) : []
      const images = kinds.images ? [...tables.images.values()].filter(isPutOff) : []
      for (const row of repositories) tables.repositories.set(row.id, { ...row, notBefore: -Infinity })
      for (const row of images) tables.images.set(row.image, { ...row, notBefore: -Infinity })
      return repositories.length + images.length
    }
  )

  return { claimRepositories, claimNamed, claimImages, extendLeases, releaseLeases, undefer }
}
