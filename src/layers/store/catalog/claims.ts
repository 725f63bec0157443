/**
 * Who looks at which image of the catalog: leases on the narrow rows of `catalog_state`, and passes, which let a second
 * sync join the first one instead of doing it again.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Array as Arr, Clock, Duration, Effect, Option, Schema } from "effect"
import { dockerHub } from "../../../domain/ImageReference.js"
import { dayOf } from "../../../domain/UtcDay.js"
import type { CatalogClaim, ClaimedEntry, ImageCatalog } from "../../../services/ImageCatalog.js"
import { instant, rowOf, rowsOf, transient } from "../core.js"
import { inTransaction } from "../errors.js"
import { readable } from "../unreadable.js"
import { MaybeMillis, millis, nameFields, nameOfRow, tagColumns, TagFields, tagNaming, texts } from "./core.js"

type Service = ImageCatalog["Type"]

const Row = Schema.Struct({
  ...nameFields,
  attempts: Schema.Int,
  lookedAt: MaybeMillis,
  fetchedAt: MaybeMillis,
  lastUpdated: MaybeMillis,
  listedAt: MaybeMillis,
  listedUpdated: MaybeMillis,
  listedWanted: Schema.OptionFromNullOr(Schema.Int),
  listedComplete: Schema.Boolean,
  missing: Schema.Int
})
const TagRow = Schema.Struct({ image: Schema.String, ...TagFields })
const Count = Schema.Struct({ count: Schema.Int })
const Since = Schema.Struct({ since: Schema.Number })

const entryOf = (row: typeof Row.Type, tags: ClaimedEntry["tags"], now: number): ClaimedEntry => ({
  name: nameOfRow(row),
  attempts: row.attempts,
  lookedAt: row.lookedAt,
  refreshed: row.fetchedAt.pipe(
    Option.filter((at) => dayOf(at) === dayOf(now) && at > Option.getOrElse(row.lookedAt, () => -Infinity)),
    Option.map((at) => ({ at, lastUpdated: row.lastUpdated }))
  ),
  listing: Option.map(row.listedAt, (at) => ({
    at,
    updated: row.listedUpdated,
    wanted: row.listedWanted,
    complete: row.listedComplete
  })),
  missing: row.missing,
  tags
})

/** Claiming, lengthening, giving back, and passes. */
export const makeClaims = (sql: SqlClient, holder: string) => {
  const at = (epochMillis: number) => instant(sql, epochMillis)

  const chosen = (which: CatalogClaim["which"], now: number) => {
    const tracked = sql`s.tracked`
    switch (which._tag) {
      case "due":
        return sql`${tracked} and s.due_at <= ${at(now)} and s.not_before <= ${at(now)}`
      case "all":
        return sql`${tracked} and s.not_before <= ${at(now)}
          and (s.looked_at is null or s.looked_at < ${at(which.since)})`
      case "named":
        return sql`s.image_name = any(${texts(sql, which.images)})
          and (s.looked_at is null or s.looked_at < ${at(which.since)})`
    }
  }

  // A tag that cannot be read is asked for again, and written again.
  const readTags = readable(TagRow, tagNaming)

  const claim: Service["claim"] = Effect.fn("ImageCatalog.claim")(function*(options: CatalogClaim) {
    const now = yield* Clock.currentTimeMillis
    const rows = yield* rowsOf(Row)(sql`
      with due as materialized (
        select s.image_name from catalog_state s
        where ${chosen(options.which, now)} and s.leased_until <= ${at(now)}
          and exists (select 1 from catalog_images i where i.image_name = s.image_name and i.removed_at is null)
        order by s.due_at, s.image_name limit ${options.limit}
        for no key update of s skip locked
      ), taken as (
        update catalog_state s set holder = ${holder},
          leased_until = ${at(now + Duration.toMillis(options.lease))}
        from due where s.image_name = due.image_name
        returning s.*
      )
      select i.image_name as image, i.registry, i.repository, s.attempts, ${millis(sql, "s.looked_at")} as "lookedAt",
        ${millis(sql, "s.fetched_at")} as "fetchedAt", ${millis(sql, "d.last_updated")} as "lastUpdated",
        ${millis(sql, "s.listed_at")} as "listedAt", ${millis(sql, "s.listed_updated")} as "listedUpdated",
        s.listed_wanted as "listedWanted", s.listed_complete as "listedComplete", s.listed_missing as missing
      from taken s join catalog_images i on i.image_name = s.image_name
        left join repo_docker d on d.image_name = s.image_name
      order by s.due_at, s.image_name`)
    const elsewhere = rows.filter(({ registry }) => registry !== dockerHub).map(({ image }) => image)
    const tags = elsewhere.length === 0
      ? []
      : yield* readTags(
        yield* sql`
        select t.image_name as image, ${tagColumns(sql)} from catalog_tags t
        where t.image_name = any(${texts(sql, elsewhere)}) and t.digest is not null and t.gone_at is null
          and t.manifests <> '[]'`
      )
    const byImage = Arr.groupBy(tags, ({ image }) => image)
    return rows.map((row) => entryOf(row, (byImage[row.image] ?? []).map(({ image: _image, ...tag }) => tag), now))
  }, transient)

  const heldByOthers: Service["heldByOthers"] = Effect.fn("ImageCatalog.heldByOthers")(
    function*(which: CatalogClaim["which"]) {
      const now = yield* Clock.currentTimeMillis
      const { count } = yield* rowOf(Count)(sql`
        select count(*)::int as count from catalog_state s
        where ${chosen(which, now)} and s.leased_until > ${at(now)} and s.holder <> ${holder}`)
      return count
    },
    transient
  )

  const beginPass: Service["beginPass"] = Effect.fn("ImageCatalog.beginPass")(function*(lease: Duration.Duration) {
    const now = yield* Clock.currentTimeMillis
    // Two that begin at the same moment begin one after the other.
    return yield* inTransaction(sql)(Effect.gen(function*() {
      yield* sql`select pg_advisory_xact_lock(hashtextextended('image-census/catalog-pass', 0))`
      yield* sql`delete from catalog_passes where until <= ${at(now)} or holder = ${holder}`
      const { since } = yield* rowOf(Since)(sql`
        select coalesce(${millis(sql, "min(since)")}, 0) as since from catalog_passes`)
      const from = since > 0 ? since : now
      yield* sql`insert into catalog_passes (holder, since, until)
        values (${holder}, ${at(from)}, ${at(now + Duration.toMillis(lease))})`
      return from
    }))
  }, transient)

  const endPass: Service["endPass"] = transient(sql`delete from catalog_passes where holder = ${holder}`).pipe(
    Effect.asVoid,
    Effect.withSpan("ImageCatalog.endPass")
  )

  const held = (images: ReadonlyArray<string>) =>
    sql`select image_name from catalog_state where holder = ${holder} and image_name = any(${texts(sql, images)})
      order by image_name for no key update`

  const extend: Service["extend"] = Effect.fn("ImageCatalog.extend")(
    function*(images: ReadonlyArray<string>, lease: Duration.Duration) {
      const until = at((yield* Clock.currentTimeMillis) + Duration.toMillis(lease))
      yield* sql`update catalog_passes set until = ${until} where holder = ${holder}`
      yield* sql`with held as materialized (${held(images)})
        update catalog_state set leased_until = ${until} where image_name in (select image_name from held)`
    },
    transient
  )

  const release: Service["release"] = Effect.fn("ImageCatalog.release")(function*(images: ReadonlyArray<string>) {
    yield* sql`with held as materialized (${held(images)})
      update catalog_state set leased_until = '-infinity', holder = null
      where image_name in (select image_name from held)`
  }, transient)

  const undefer: Service["undefer"] = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const { count } = yield* rowOf(Count)(sql`
      with freed as (
        update catalog_state set not_before = '-infinity' where not_before > ${at(now)} returning 1
      ) select count(*)::int as count from freed`)
    return count
  }).pipe(transient, Effect.withSpan("ImageCatalog.undefer"))

  return { claim, heldByOthers, beginPass, endPass, extend, release, undefer }
}
