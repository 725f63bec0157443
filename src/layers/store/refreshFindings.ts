/**
 * Writes what refresh found.
 */
import { type Cause, Effect } from "effect"
import type { ImageFacts, RefreshFinding } from "../../domain/Finding.js"
import { storable } from "../../domain/StorableText.js"
import { dayOf } from "../../domain/UtcDay.js"
import { refusedReason, writeInBulk } from "./bulk.js"
import { writeRefreshed } from "./catalog/refreshed.js"
import { type StoreCore, transient } from "./core.js"
import { noteDefects } from "./defects.js"
import { type DeferredRow, refusedUntil } from "./discoveryFindings.js"
import { inTransaction } from "./errors.js"
import { lockImages, markGone, writeImages } from "./imageWrites.js"

interface Refreshed {
  readonly finding: RefreshFinding
  readonly facts: ImageFacts
}

/** `recordRefresh` of the store. */
export const makeRecordRefresh = ({ ensureDays, holder, sql }: StoreCore) => {
  const refreshed = (rows: ReadonlyArray<Refreshed>) =>
    inTransaction(sql)(Effect.suspend(() => {
      const seen = rows.map(({ facts, finding }) => ({
        at: finding.at,
        facts: { ...facts, image: finding.claim.image }
      }))
      return Effect.zipRight(writeImages(sql, seen), writeRefreshed(sql, seen))
    }))

  const gone = (findings: ReadonlyArray<RefreshFinding>) =>
    inTransaction(sql)(markGone(sql, findings.map(({ at, claim }) => ({ image: claim.image, at }))))

  const defer = (rows: ReadonlyArray<DeferredRow>) =>
    rows.length === 0 ? Effect.void : inTransaction(sql)(
      Effect.zipRight(
        lockImages(sql, rows.map((row) => row.key)),
        sql`update repo_docker d set not_before = to_timestamp(x.until / 1000), lease = null,
          attempts = attempts + 1, last_error = x.reason
        from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x (key text, reason text, until float8)
        where d.image_name = x.key and d.lease = ${holder}`
      ).pipe(Effect.zipRight(noteDefects(sql, "refresh", rows)))
    )

  const refuse = ({ at, claim }: RefreshFinding, cause: Cause.Cause<unknown>) =>
    Effect.flatMap(
      refusedReason("refresh", claim.image, cause),
      (reason) => defer([{ key: claim.image, reason, until: refusedUntil(at, claim.attempts) }])
    )

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
      ({ finding }, cause) => refuse(finding, cause)
    )
    const alsoRefused = yield* writeInBulk(missing, gone, (finding, cause) => refuse(finding, cause))
    yield* defer(deferrals)
    return { refused: refused + alsoRefused }
  }, transient)
}
