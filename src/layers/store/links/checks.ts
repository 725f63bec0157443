/**
 * Looks for images at their registries: claims, and what was found.
 */
import { Clock, Duration, Effect, Option, Schema } from "effect"
import type { CheckFinding, CheckResult, ClaimedCheck } from "../../../domain/RegistryCheck.js"
import { storable } from "../../../domain/StorableText.js"
import { dayOf } from "../../../domain/UtcDay.js"
import type { RegistryClaimOptions } from "../../../services/LinkStore.js"
import { refusedReason, writeInBulk } from "../bulk.js"
import { instant, rowsOf, type StoreCore, transient } from "../core.js"
import { noteDefects } from "../defects.js"
import { refusedUntil } from "../discoveryFindings.js"
import { inTransaction } from "../errors.js"
import { writeImages } from "../imageWrites.js"
import { countingClaims, linkClaims, ofRepositories, settleOwners, texts } from "./fragments.js"

const CheckRow = Schema.Struct({
  image: Schema.String,
  registry: Schema.String,
  attempts: Schema.Int
})
const Owned = Schema.Struct({ image: Schema.String, repository: Schema.String })

interface Definite {
  readonly finding: CheckFinding
  readonly result: CheckResult
}

const outcomes = { Found: "found", Absent: "absent", NotVisible: "not-visible" } as const

const epoch = (millis: number): number | string => Number.isFinite(millis) ? millis / 1000 : "Infinity"

const imageOf = ({ finding }: Definite): string => finding.claim.image

/** `claimChecks` and `recordChecks` of the store. */
export const makeChecks = ({ ensureDays, holder, sql }: StoreCore) => {
  const claimChecks = Effect.fn("LinkStore.claimChecks")(
    function*({ lease, limit, registry, repositories }: RegistryClaimOptions) {
      const now = yield* Clock.currentTimeMillis
      const rows: ReadonlyArray<ClaimedCheck> = yield* rowsOf(CheckRow)(sql`
        with due as materialized (
          select image_name, due_at from repo_docker_checks k
          where registry = ${registry} and due_at <= ${instant(sql, now)}
            and (exists (select 1 from repo_docker_claims c where c.image_name = k.image_name)
              or exists (select 1 from repo_docker_links l where l.image_name = k.image_name))
            and ${ofRepositories(sql, "k.image_name", repositories)}
          order by k.due_at, k.image_name collate "C" limit ${limit}
          for no key update of k skip locked
        ), taken as (
          update repo_docker_checks k set due_at = ${instant(sql, now + Duration.toMillis(lease))}, lease = ${holder}
          from due where k.image_name = due.image_name
          returning k.image_name as image, k.registry, k.attempts, due.due_at as place
        )
        select image, registry, attempts from taken order by place, image collate "C"`)
      return rows
    },
    transient
  )

  const lock = (images: ReadonlyArray<string>) =>
    sql`select image_name from repo_docker_checks where image_name in ${texts(sql, images)}
      order by image_name for no key update`

  const stamp = (definite: ReadonlyArray<Definite>) =>
    sql`update repo_docker_checks k set outcome = x.outcome, checked_at = to_timestamp(x.at),
        due_at = to_timestamp(x.due), lease = null, attempts = 0, last_error = null
      from jsonb_to_recordset(${
      JSON.stringify(definite.map(({ finding, result }) => ({
        image: finding.claim.image,
        outcome: outcomes[result._tag],
        at: finding.at / 1000,
        due: epoch(finding.dueAt)
      })))
    }::jsonb) as x (image text, outcome text, at float8, due float8)
      where k.image_name = x.image`

  // The repository to which an image is ascribed for now, of those whose claims count.
  const ascribed = (images: ReadonlyArray<string>) =>
    rowsOf(Owned)(sql`
      select c.image_name as image, min(c.repo_id)::text as repository
      from ${countingClaims(sql, sql`c.image_name in ${texts(sql, images)}`)} group by c.image_name`)

  // Registries that count no pulls: the row says that the image is there, and when that was last seen.
  const writeOthers = (rows: ReadonlyArray<object>) =>
    sql`insert into repo_docker as d (repo_id, image_name, registry, last_synced_at, last_updated, known_since, due_on)
      select r.id, x.image, x.registry, to_timestamp(x.at), to_timestamp(x.updated), x.day, 'infinity'
      from jsonb_to_recordset(${
      JSON.stringify(rows)
    }::jsonb) as x (image text, registry text, at float8, updated float8,
        day date, repository bigint)
      left join repos r on r.id = x.repository
      where r.id is not null or exists (select 1 from repo_docker o where o.image_name = x.image)
      order by x.image
      on conflict (image_name) do update set repo_id = coalesce(d.repo_id, excluded.repo_id),
        registry = excluded.registry, last_synced_at = excluded.last_synced_at,
        last_updated = coalesce(excluded.last_updated, d.last_updated), missing_since = null, gone_at = null`

  const writeActivity = (found: ReadonlyArray<Definite>) => {
    const days = found.flatMap(({ finding, result }) =>
      result._tag === "Found" ? result.activity.map((day) => ({ image: finding.claim.image, ...day })) : []
    )
    return days.length === 0 ? Effect.void : sql`insert into repo_docker_activity_daily (image_name, date, actions)
      select distinct on (x.image, x.day) x.image, x.day, x.actions
      from jsonb_to_recordset(${JSON.stringify(days)}::jsonb) as x (image text, day date, actions bigint)
      where exists (select 1 from repo_docker d where d.image_name = x.image)
      order by x.image, x.day, x.actions desc
      on conflict (image_name, date) do update set actions = excluded.actions
        where repo_docker_activity_daily.actions <> excluded.actions`
  }

  const found = Effect.fnUntraced(function*(all: ReadonlyArray<Definite>) {
    const images = all.map(imageOf)
    const owners = new Map((yield* ascribed(images)).map(({ image, repository }) => [image, repository]))
    const seen = all.flatMap(({ finding: { at, claim: { image } }, result }) => {
      if (result._tag !== "Found" || Option.isNone(result.facts)) return []
      const repository = owners.get(image)
      const facts = { ...result.facts.value, image }
      return [repository === undefined ? { at, facts } : { at, facts, repository }]
    })
    if (seen.length > 0) yield* writeImages(sql, seen)
    const others = all.flatMap(({ finding: { at, claim: { image, registry } }, result }) =>
      result._tag === "Found" && Option.isNone(result.facts)
        ? [{
          image,
          registry,
          at: at / 1000,
          updated: Option.getOrNull(Option.map(result.lastUpdated, (millis) => millis / 1000)),
          day: dayOf(at),
          repository: owners.get(image) ?? null
        }]
        : []
    )
    if (others.length > 0) yield* writeOthers(others)
    yield* writeActivity(all)
    yield* linkClaims(sql, sql`c.image_name in ${texts(sql, images)}`)
    yield* settleOwners(sql, images)
  })

  // As for refresh: the first answer is only remembered, one on another day marks the image.
  const absent = (all: ReadonlyArray<Definite>) =>
    sql`update repo_docker d set missing_since = coalesce(missing_since, x.day),
        gone_at = case when missing_since < x.day then coalesce(gone_at, to_timestamp(x.at)) else gone_at end
      from jsonb_to_recordset(${
      JSON.stringify(all.map(({ finding: { at, claim: { image } } }) => ({ image, at: at / 1000, day: dayOf(at) })))
    }::jsonb) as x (image text, at float8, day date)
      where d.image_name = x.image and d.registry <> 'docker.io'`

  const write = (definite: ReadonlyArray<Definite>) =>
    inTransaction(sql)(Effect.gen(function*() {
      yield* lock(definite.map(imageOf))
      yield* stamp(definite)
      const there = definite.filter(({ result }) => result._tag === "Found")
      const missing = definite.filter(({ result }) => result._tag === "Absent")
      if (there.length > 0) yield* found(there)
      if (missing.length > 0) yield* absent(missing)
    }))

  const defer = (rows: ReadonlyArray<{ readonly image: string; readonly reason: string; readonly until: number }>) =>
    rows.length === 0 ? Effect.void : inTransaction(sql)(
      Effect.zipRight(
        lock(rows.map(({ image }) => image)),
        sql`update repo_docker_checks k set due_at = to_timestamp(x.until / 1000), lease = null,
          attempts = attempts + 1, last_error = x.reason
        from jsonb_to_recordset(${
          JSON.stringify(rows.map((row) => ({ ...row, reason: storable(row.reason) })))
        }::jsonb) as x (image text, reason text, until float8)
        where k.image_name = x.image and k.lease = ${holder}`
      ).pipe(Effect.zipRight(
        noteDefects(sql, "registries", rows.map(({ image, reason }) => ({ key: image, reason: storable(reason) })))
      ))
    )

  const recordChecks = Effect.fn("LinkStore.recordChecks")(function*(findings: ReadonlyArray<CheckFinding>) {
    const definite = findings.flatMap((finding) =>
      finding.result._tag === "Deferred" ? [] : [{ finding, result: finding.result }]
    )
    yield* ensureDays(
      definite.flatMap(({ finding, result }) =>
        result._tag === "Found" && Option.isSome(result.facts) ? [dayOf(finding.at)] : []
      )
    )
    const refused = yield* writeInBulk(
      definite,
      write,
      ({ finding: { at, claim } }, cause) =>
        Effect.flatMap(
          refusedReason("registries", claim.image, cause),
          (reason) => defer([{ image: claim.image, reason, until: refusedUntil(at, claim.attempts) }])
        )
    )
    yield* defer(
      findings.flatMap(({ claim, result }) =>
        result._tag === "Deferred" ? [{ image: claim.image, reason: result.reason, until: result.notBefore }] : []
      )
    )
    return { refused }
  }, transient)

  return { claimChecks, recordChecks }
}
