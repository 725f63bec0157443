/**
 * Findings and imported history, written to the memory store.
 */
import { Clock, Effect, Option } from "effect"
import { internalError } from "../../../domain/Defect.js"
import type { DiscoveryFinding, ImageFacts, RefreshFinding } from "../../../domain/Finding.js"
import { key } from "../../../domain/GitHubRepository.js"
import { storable } from "../../../domain/StorableText.js"
import { addDays, dayOf, type UtcDay } from "../../../domain/UtcDay.js"
import type { ImportedDay } from "../../../services/RepoDockerStore.js"
import { refreshed } from "../catalog/refreshed.js"
import { noteDefect } from "./defects.js"
import { ageNames, linkName, writeReading } from "./readings.js"
import { dayAfter, type ImageRow, newImage, type RepositoryRow, type Tables } from "./tables.js"

/** What the database would refuse: a counter outside of 64 bits. */
const isStorable = (facts: ImageFacts) => facts.pulls < 2n ** 63n && facts.pulls >= -(2n ** 63n)

const outcomes = { NotFound: "not-found", NoDockerfile: "no-dockerfile", Miss: "miss", Hit: "hit" } as const

const free = {
  notBefore: -Infinity,
  lease: Option.none<string>(),
  attempts: 0,
  lastError: Option.none<string>()
} as const

const refused = `${internalError}refused by the database`

/** An image of which the Hub spoke. */
export const seen = (row: ImageRow, facts: ImageFacts, at: number): ImageRow => ({
  ...row,
  ...free,
  pulls: Option.some(facts.pulls),
  stars: Option.some(facts.stars),
  lastSyncedAt: at,
  lastUpdated: Option.orElse(facts.lastUpdated, () => row.lastUpdated),
  dueOn: Option.some(dayAfter(dayOf(at))),
  missingSince: Option.none(),
  gone: false,
  days: new Map(row.days).set(dayOf(at), facts.pulls)
})

/** An image's row after a definite 404. */
export const markedGone = (
  row: ImageRow,
  day: UtcDay,
  look: { readonly first: number; readonly later: number }
): ImageRow => {
  const since = Option.getOrElse(row.missingSince, () => day)
  const wait = row.gone ? look.later : since < day ? look.first : 1
  return {
    ...row,
    ...free,
    missingSince: Option.some(since),
    gone: row.gone || since < day,
    dueOn: Option.some(addDays(day, wait))
  }
}

/** How the SQL store puts off what is refused, and how rarely it looks at what is gone. */
export interface FindingRules {
  readonly refusedUntil: (at: number, attempts: number) => number
  readonly goneLook: { readonly first: number; readonly later: number }
}

/** The parts of the store that write what was found. */
export const makeFindings = (tables: Tables, holder: string, rules: FindingRules) => {
  const deferRow = <Row extends RepositoryRow | ImageRow>(row: Row, until: number, reason: string): Row =>
    Option.contains(row.lease, holder)
      ? {
        ...row,
        notBefore: until,
        lease: Option.none(),
        attempts: row.attempts + 1,
        lastError: Option.some(storable(reason))
      }
      : row

  const discovered = (row: RepositoryRow, { at, claim, reading, result }: DiscoveryFinding): number => {
    const files = Option.map(Option.fromNullable(reading), (reading) => ({ ...reading.probe, reading }))
    if (result._tag === "Deferred") {
      if (Option.isSome(files)) writeReading(tables, { id: row.id, at, repository: files.value.repository }, files)
      tables.repositories.set(row.id, deferRow(row, result.notBefore, result.reason))
      noteDefect(tables, "discovery", row.id, result.reason, at)
      return 0
    }
    if (result._tag === "Hit" && !isStorable(result.facts)) {
      tables.repositories.set(row.id, deferRow(row, rules.refusedUntil(at, claim.attempts), refused))
      noteDefect(tables, "discovery", row.id, refused, at)
      return 1
    }
    const current = result._tag === "NotFound" ? row.repository : result.probe.repository
    tables.repositories.set(row.id, {
      ...row,
      ...free,
      checkedAt: Option.some(at),
      outcome: Option.some(outcomes[result._tag]),
      repository: current,
      formerKey: key(current) === key(row.repository) ? row.formerKey : Option.some(key(row.repository))
    })
    if (result._tag === "Hit") {
      const before = tables.images.get(result.facts.image) ?? newImage(result.facts.image, dayOf(at))
      const after = seen(before, result.facts, at)
      tables.images.set(after.image, after)
      refreshed(tables.catalog, result.facts, at)
      linkName(tables, row.id, after.image, at)
    }
    // Where Docker Hub was not asked, nothing is known of the name.
    if (result._tag !== "Miss" || Option.isSome(result.candidate)) {
      ageNames(tables, row.id, at, result._tag === "Hit" ? Option.some(result.facts.image) : Option.none())
    }
    if (result._tag === "NotFound" || Option.isSome(files)) {
      writeReading(tables, { id: row.id, at, repository: current }, files)
    }
    return 0
  }

  const recordDiscovery = Effect.fn("RepoDockerStore.recordDiscovery")(
    (findings: ReadonlyArray<DiscoveryFinding>) =>
      Effect.sync(() => {
        let refused = 0
        for (const finding of findings) {
          const row = tables.repositories.get(finding.claim.id)
          if (row !== undefined) refused += discovered(row, finding)
        }
        return { refused }
      })
  )

  const looked = (row: ImageRow, { at, claim, result }: RefreshFinding): number => {
    if (result._tag === "Deferred") {
      tables.images.set(row.image, deferRow(row, result.notBefore, result.reason))
      noteDefect(tables, "refresh", row.image, result.reason, at)
    } else if (result._tag === "Gone") tables.images.set(row.image, markedGone(row, dayOf(at), rules.goneLook))
    else if (isStorable(result.facts)) {
      tables.images.set(row.image, seen(row, result.facts, at))
      refreshed(tables.catalog, { ...result.facts, image: row.image }, at)
    } else {
      tables.images.set(row.image, deferRow(row, rules.refusedUntil(at, claim.attempts), refused))
      noteDefect(tables, "refresh", row.image, refused, at)
      return 1
    }
    return 0
  }

  const recordRefresh = Effect.fn("RepoDockerStore.recordRefresh")((findings: ReadonlyArray<RefreshFinding>) =>
    Effect.sync(() => {
      let refused = 0
      for (const finding of findings) {
        const row = tables.images.get(finding.claim.image)
        if (row !== undefined) refused += looked(row, finding)
      }
      return { refused }
    })
  )

  const importPulls = Effect.fn("RepoDockerStore.importPulls")(
    function*(days: ReadonlyArray<ImportedDay>, overwrite: boolean) {
      const today = dayOf(yield* Clock.currentTimeMillis)
      const distinct = new Map(days.map((day) => [`${day.day} ${day.image}`, day]))
      let written = 0
      for (const { day, image, total } of distinct.values()) {
        const row = tables.images.get(image) ?? newImage(image, today)
        const keep = !overwrite && row.days.has(day)
        tables.images.set(image, keep ? row : { ...row, days: new Map(row.days).set(day, total) })
        if (!keep) written += 1
      }
      return { written, kept: days.length - written }
    }
  )

  return { recordDiscovery, recordRefresh, importPulls }
}
