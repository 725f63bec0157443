/**
 * `LinkStore` in memory, with the behaviour of the SQL store: for tests, and for library users without a database.
 */
import { Clock, Effect, Option, Stream } from "effect"
import { confidence } from "../../domain/Evidence.js"
import { key, type RepositoryName } from "../../domain/GitHubRepository.js"
import { dayOf, type UtcDay } from "../../domain/UtcDay.js"
import {
  type LinkFilter,
  LinkStore,
  type LinkVerification,
  type RepositoryExplanation,
  type StoredClaim,
  type StoredLink
} from "../../services/LinkStore.js"
import { findRepository, insertRepository } from "./store/claims.js"
import { evidenceOf, isShown, rowKey, seeLink, stateOf } from "./store/linkTables.js"
import { queueCheck } from "./store/readings.js"
import { makeRegistries } from "./store/registries.js"
import { byText, newImage, type Tables } from "./store/tables.js"

/** A store on these tables, which a `RepoDockerStoreMemory` writes claims to. */
export const make = (holder: string, tables: Tables): LinkStore["Type"] => {
  const verificationOf = (id: string, image: string): LinkVerification => {
    const row = tables.sources.get(image)
    const none = Option.none<string>()
    return {
      state: stateOf(tables, id, image),
      pointsAt: row?.source ?? none,
      tag: row?.tag ?? none,
      digest: row?.digest ?? none,
      label: row?.label ?? none,
      value: row?.value ?? none,
      lookedAt: row?.lookedAt ?? Option.none()
    }
  }

  const storedLink = (id: string, repository: RepositoryName, image: string, now: number): StoredLink => {
    const row = tables.images.get(image)
    const registry = row?.registry ?? tables.checks.get(image)?.registry ?? "docker.io"
    const evidence = evidenceOf(tables, id, image)
    const verification = verificationOf(id, image)
    return {
      repository,
      image,
      registry,
      evidence,
      verification,
      confidence: confidence({ registry, evidence, state: verification.state }, now),
      shown: isShown(tables, id, image),
      removedAt: Option.fromNullable(tables.removed.get(rowKey(id, image))),
      pulls: row?.pulls ?? Option.none()
    }
  }

  const everyLink = (filter: LinkFilter, now: number): ReadonlyArray<StoredLink> =>
    [...tables.repositories.values()]
      .filter(({ repository }) => filter.repository === undefined || key(filter.repository) === key(repository))
      .flatMap(({ id, repository }) =>
        [...new Set([...tables.links.values()].flatMap((row) => row.repositoryId === id ? [row.image] : []))]
          .filter((image) => filter.image === undefined || filter.image === image)
          .sort(byText)
          .map((image) => storedLink(id, repository, image, now))
      )
      .filter(({ shown, verification }) =>
        (filter.hidden === true || shown) && (filter.verified !== true || verification.state === "verified")
      )

  const links = (filter: LinkFilter) =>
    Stream.unwrap(
      Effect.map(Clock.currentTimeMillis, (now) => Stream.fromIterable(everyLink(filter, now)))
    )

  const claimsOf = (id: string): ReadonlyArray<StoredClaim> =>
    [...tables.claims.values()].filter(({ repositoryId }) => repositoryId === id)
      .sort((first, second) =>
        byText(first.evidence, second.evidence) || byText(first.image, second.image) || byText(first.path, second.path)
      )
      .map(({ ownNamespace: _own, repositoryId: _id, ...claim }) => {
        const check = tables.checks.get(claim.image)
        return {
          ...claim,
          outcome: check?.outcome ?? Option.none(),
          checkedAt: check?.checkedAt ?? Option.none(),
          lastError: check?.lastError ?? Option.none()
        }
      })

  const explain = Effect.fn("LinkStore.explain")(function*(repository: RepositoryName) {
    const now = yield* Clock.currentTimeMillis
    const row = findRepository(tables, repository)
    if (row === undefined) return Option.none<RepositoryExplanation>()
    const reading = Option.fromNullable(tables.readings.get(row.id))
    const explanation: RepositoryExplanation = {
      repository: row.repository,
      formerName: row.formerKey,
      checkedAt: row.checkedAt,
      outcome: row.outcome,
      headOid: Option.flatMap(reading, ({ headOid }) => headOid),
      dockerfiles: Option.match(reading, { onNone: () => [], onSome: ({ dockerfiles }) => dockerfiles }),
      lastError: Option.none(),
      readAt: Option.map(reading, ({ readAt }) => readAt),
      workflows: Option.match(reading, { onNone: () => [], onSome: ({ workflows }) => workflows }),
      claims: claimsOf(row.id),
      links: everyLink({ repository: row.repository, hidden: true }, now)
    }
    return Option.some(explanation)
  })

  const activity = (image: string, since: Option.Option<UtcDay>) =>
    Effect.sync(() =>
      [...tables.activity.get(image) ?? []].map(([day, actions]) => ({ day, actions }))
        .filter(({ day }) => day >= Option.getOrElse(since, () => day))
        .sort((first, second) => byText(first.day, second.day))
    )

  const add = Effect.fn("LinkStore.add")(function*(repository: RepositoryName, image: string, registry: string) {
    const now = yield* Clock.currentTimeMillis
    const { id } = findRepository(tables, repository) ?? insertRepository(tables, repository, now)
    if (!tables.images.has(image)) tables.images.set(image, newImage(image, dayOf(now), registry))
    if (registry !== "docker.io") queueCheck(tables, image, registry)
    const removed = tables.removed.delete(rowKey(id, image))
    if (tables.links.has(rowKey(id, image, "manual"))) return removed
    seeLink(tables, id, image, "manual", { firstSeen: now, lastSeen: now, unseenSince: Option.none() })
    return true
  })

  const remove = Effect.fn("LinkStore.remove")(function*(repository: RepositoryName, image: string) {
    const now = yield* Clock.currentTimeMillis
    const row = findRepository(tables, repository)
    const there = row !== undefined && evidenceOf(tables, row.id, image).length > 0 && isShown(tables, row.id, image)
    if (!there) return false
    tables.links.delete(rowKey(row.id, image, "manual"))
    tables.removed.set(rowKey(row.id, image), now)
    return true
  })

  return LinkStore.of({ ...makeRegistries(tables, holder), links, explain, activity, add, remove })
}
