/**
 * Writes what refresh found.
 */
import { Effect } from "effect"
import type { ImageFacts, RefreshFinding } from "../../domain/Finding.js"
import { dayOf } from "../../domain/UtcDay.js"
import { writeInBulk } from "./bulk.js"
import { storable, type StoreCore, transient } from "./core.js"
import { type DeferredRow, refusedUntil } from "./discoveryFindings.js"
import { detailOf, inTransaction } from "./errors.js"
import { writeImages } from "./imageWrites.js"

/** A gone image is looked at again a week after it was marked, then every month. */
export const goneLook = { first: 7, later: 30 } as const

interface Refreshed {
  readonly finding: RefreshFinding
  readonly facts: ImageFacts
}

/** `recordRefresh` of the store. */
export const makeRecordRefresh = ({ ensureDays, holder, sql }: StoreCore) => {
  const lock = (images: ReadonlyArray<string>) =>
    sql`select id from repo_docker
      where image_name in (select value from jsonb_array_elements_text(${JSON.stringify(images)}::jsonb))
      order by image_name for no key update`

  const refreshed = (rows: ReadonlyArray<Refreshed>) =>
    inTransaction(sql)(
      writeImages(
        sql,
        rows.map(({ facts, finding }) => ({ at: finding.at, facts: { ...facts, image: finding.claim.image } }))
      )
    )

  // The first 404 is only remembered; one on another day marks the image. `last_synced_at` stays: nothing was synced.
  const gone = (findings: ReadonlyArray<RefreshFinding>) =>
    inTransaction(sql)(Effect.zipRight(
      lock(findings.map((finding) => finding.claim.image)),
      sql`update repo_docker d set
          missing_since = coalesce(missing_since, x.day),
          gone_at = case when missing_since < x.day then coalesce(gone_at, to_timestamp(x.at)) else gone_at end,
          due_on = x.day + case
            when gone_at is not null then ${sql.literal(String(goneLook.later))}
            when missing_since < x.day then ${sql.literal(String(goneLook.first))}
            else 1 end,
          not_before = '-infinity', lease = null, attempts = 0, last_error = null
        from jsonb_to_recordset(${
        JSON.stringify(findings.map((finding) => ({
          image: finding.claim.image,
          at: finding.at / 1000,
          day: dayOf(finding.at)
        })))
      }::jsonb) as x (image text, at float8, day date)
        where d.image_name = x.image`
    ))

  const defer = (rows: ReadonlyArray<DeferredRow>) =>
    rows.length === 0 ? Effect.void : inTransaction(sql)(Effect.zipRight(
      lock(rows.map((row) => row.key)),
      sql`update repo_docker d set not_before = to_timestamp(x.until / 1000), lease = null,
          attempts = attempts + 1, last_error = x.reason
        from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x (key text, reason text, until float8)
        where d.image_name = x.key and d.lease = ${holder}`
    ))

  const refuse = (finding: RefreshFinding, reason: string) =>
    defer([{
      key: finding.claim.image,
      reason: storable(`refused by the database: ${reason}`),
      until: refusedUntil(finding.at, finding.claim.attempts)
    }])

  return Effect.fn("RepoDockerStore.recordRefresh")(function*(findings: ReadonlyArray<RefreshFinding>) {
    const found = findings.flatMap((finding) =>
      finding.result._tag === "Refreshed" ? [{ finding, facts: finding.result.facts }] : []
    )
    const missing = findings.filter((finding) => finding.result._tag === "Gone")
    const deferrals = findings.flatMap((finding) =>
      finding.result._tag === "Deferred"
        ? [{ key: finding.claim.image, reason: storable(finding.result.reason), until: finding.result.notBefore }]
        : []
    )
    yield* ensureDays(found.map(({ finding }) => dayOf(finding.at)))
    const refused = yield* writeInBulk(
      found,
      refreshed,
      ({ finding }, error) => refuse(finding, detailOf(error))
    )
    const alsoRefused = yield* writeInBulk(missing, gone, (finding, error) => refuse(finding, detailOf(error)))
    yield* defer(deferrals)
    return { refused: refused + alsoRefused }
  }, transient)
}
