/**
 * Rows of the memory store that hold a defect: noted where the reason is written.
 */
import { Option } from "effect"
import { type DefectJob, isDefect } from "../../../domain/Defect.js"
import { fullName } from "../../../domain/GitHubRepository.js"
import type { DefectRow, StoreStatus } from "../../../services/RepoDockerStore.js"
import { byText, type DefectNote, type Tables } from "./tables.js"

/** Notes a row that died at an instant (epoch milliseconds). */
export const noteDefect = (tables: Tables, job: DefectJob, key: string, reason: string, at: number): void => {
  if (!isDefect(reason)) return
  const before = tables.defects.get(`${job} ${key}`)
  const again = before?.reason === reason
  tables.defects.set(`${job} ${key}`, {
    job,
    key,
    reason,
    since: again ? before.since : at,
    at,
    times: again ? before.times + 1 : 1
  })
}

interface Holding {
  readonly subject: string
  readonly lastError: Option.Option<string>
  readonly retryAt: number
}

const rowOf = (tables: Tables, { job, key }: DefectNote): Holding | undefined => {
  if (job === "discovery") {
    const row = tables.repositories.get(key)
    return row === undefined
      ? undefined
      : { subject: fullName(row.repository), lastError: row.lastError, retryAt: row.notBefore }
  }
  const row = job === "refresh"
    ? tables.images.get(key)
    : job === "catalog"
    ? tables.catalog.entries.get(key)
    : undefined
  if (row !== undefined) return { subject: key, lastError: row.lastError, retryAt: row.notBefore }
  const due = job === "registries"
    ? tables.checks.get(key)
    : job === "verification"
    ? tables.sources.get(key)
    : undefined
  return due === undefined ? undefined : { subject: key, lastError: due.lastError, retryAt: due.dueAt }
}

const shown = 10

/** How many rows hold a defect now, and the newest of them. Watches are tables of their own store. */
export const heldDefects = (tables: Tables): StoreStatus["defects"] => {
  const held = [...tables.defects.values()].flatMap((note): ReadonlyArray<DefectRow> => {
    const row = rowOf(tables, note)
    if (row === undefined || !Option.exists(row.lastError, isDefect)) return []
    const { at, job, since, times } = note
    return [{
      job,
      subject: row.subject,
      reason: Option.getOrElse(row.lastError, () => ""),
      since,
      at,
      times,
      retryAt: Option.liftPredicate(row.retryAt, Number.isFinite)
    }]
  })
  const newest = held.sort((first, second) =>
    second.at - first.at || byText(first.job, second.job) || byText(first.subject, second.subject)
  )
  return { rows: held.length, newest: newest.slice(0, shown) }
}
