/**
 * An image's tags as one listing found them, against those that are stored. In a transaction that holds the image's row.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Option, Schema } from "effect"
import type { FoundTag } from "../../../domain/CatalogImage.js"
import { isStorable, storable } from "../../../domain/StorableText.js"
import type { TagListing } from "../../../services/ImageCatalog.js"
import { instant, rowOf } from "../core.js"
import { manifestsJson, maybeText } from "./core.js"

const Written = Schema.Struct({ added: Schema.Int, moved: Schema.Int, written: Schema.Int })
const Missed = Schema.Struct({ gone: Schema.Int, missing: Schema.Int })

/** What a listing changed; `missing`: tags that it was the first complete one to miss. */
export interface WrittenTags {
  readonly added: number
  readonly moved: number
  readonly gone: number
  readonly missing: number
}

const rowOfTag = (tag: FoundTag, wanted: boolean) => ({
  tag: tag.tag,
  wanted,
  digest: Option.getOrNull(tag.digest),
  media: maybeText(tag.mediaType),
  size: Option.getOrNull(tag.size),
  pushed: Option.getOrNull(tag.pushed),
  platforms: [...new Set(tag.platforms.map(({ platform }) => storable(platform)))].sort(),
  manifests: manifestsJson(tag.platforms),
  attestations: manifestsJson(tag.attestations)
})

/** A listing without the tags whose names no database can keep: they are refused, and spare their image. */
export const keepable = (listing: TagListing): TagListing => ({
  ...listing,
  tags: listing.tags.filter(({ tag }) => isStorable(tag)),
  others: listing.others.filter(({ tag }) => isStorable(tag)),
  names: listing.names.filter(isStorable)
})

/** Writes a listing; only what differs. */
export const writeTags = (sql: SqlClient, image: string, at: number, given: TagListing) => {
  const listing = keepable(given)
  const now = instant(sql, at)

  // What a listing leaves open (no digest; no manifests for a digest that we know) stays as it was known. A digest holds
  // from when it was pushed, where that is later than what the tag pointed to before; else from now.
  const upsert = () =>
    rowOf(Written)(sql`
      with input as materialized (
        select * from jsonb_to_recordset(${
      JSON.stringify([
        ...listing.tags.map((tag) => rowOfTag(tag, true)),
        ...listing.others.map((tag) => rowOfTag(tag, false))
      ])
    }::jsonb) as x (tag text, wanted boolean, digest text, media text, size bigint, pushed float8, platforms text[],
          manifests jsonb, attestations jsonb)
      ), compared as materialized (
        select x.tag, x.digest, x.media, x.size, x.pushed_at, x.platforms, x.manifests, x.attestations,
          t.tag is null as fresh, t.digest as before, t.gone_at is not null as was_gone,
          t.tag is null or t.missing_since is not null or t.gone_at is not null
            or coalesce(x.digest, t.digest) is distinct from t.digest
            or coalesce(x.media, t.media_type) is distinct from t.media_type
            or coalesce(x.size, t.size) is distinct from t.size
            or coalesce(x.pushed_at, t.pushed_at) is distinct from t.pushed_at
            or (not (x.manifests = '[]' and coalesce(x.digest = t.digest, true))
              and (x.manifests <> t.manifests or x.attestations <> t.attestations)) as differs
        from (select i.*, to_timestamp(i.pushed / 1000) as pushed_at from input i) x
          left join catalog_tags t on t.image_name = ${image} and t.tag = x.tag
        where x.wanted or t.tag is not null
      ), moved as materialized (
        select c.tag, c.digest, c.before, case
            when h.last is null or least(c.pushed_at, ${now}) > h.last then coalesce(least(c.pushed_at, ${now}), ${now})
            else greatest(${now}, h.last + interval '1 millisecond')
          end as since
        from compared c left join lateral (
          select max(coalesce(d.until, d.since)) as last from catalog_tag_digests d
          where not c.fresh and d.image_name = ${image} and d.tag = c.tag
        ) h on true
        where c.digest is not null and (c.fresh or c.was_gone or c.before is distinct from c.digest)
      ), closed as (
        update catalog_tag_digests d set until = m.since from moved m
        where d.image_name = ${image} and d.tag = m.tag and d.until is null
      ), opened as (
        insert into catalog_tag_digests (image_name, tag, since, digest)
        select ${image}, tag, since, digest from moved order by tag
      ), written as (
        insert into catalog_tags as t
          (image_name, tag, digest, media_type, size, pushed_at, platforms, manifests, attestations, first_seen)
        select ${image}, tag, digest, media, size, pushed_at, platforms, manifests, attestations, ${now}
        from compared where differs order by tag
        on conflict (image_name, tag) do update set
          digest = coalesce(excluded.digest, t.digest),
          media_type = coalesce(excluded.media_type, t.media_type),
          size = coalesce(excluded.size, t.size),
          pushed_at = coalesce(excluded.pushed_at, t.pushed_at),
          platforms = case when excluded.manifests = '[]' and coalesce(excluded.digest = t.digest, true)
            then t.platforms else excluded.platforms end,
          manifests = case when excluded.manifests = '[]' and coalesce(excluded.digest = t.digest, true)
            then t.manifests else excluded.manifests end,
          attestations = case when excluded.manifests = '[]' and coalesce(excluded.digest = t.digest, true)
            then t.attestations else excluded.attestations end,
          missing_since = null, gone_at = null
        returning 1
      )
      select (select count(*)::int from compared where fresh) as added,
        (select count(*)::int from moved where before is not null and before <> digest) as moved,
        (select count(*)::int from written) as written`)

  // Gone is what a second complete listing misses too. What one names is not missing, whether it was wanted or not.
  const miss = rowOf(Missed)(sql`
    with names as materialized (
      select value as tag from jsonb_array_elements_text(${JSON.stringify(listing.names)}::jsonb)
    ), absent as materialized (
      select t.tag, t.missing_since is not null as again from catalog_tags t
      where t.image_name = ${image} and t.gone_at is null and not exists (select 1 from names n where n.tag = t.tag)
    ), written as (
      update catalog_tags t set missing_since = coalesce(t.missing_since, ${now}),
        gone_at = case when a.again then ${now} end
      from absent a where t.image_name = ${image} and t.tag = a.tag
    ), closed as (
      update catalog_tag_digests d set until = greatest(${now}, d.since) from absent a
      where a.again and d.image_name = ${image} and d.tag = a.tag and d.until is null
    )
    select (select count(*)::int from absent where again) as gone,
      (select count(*)::int from absent where not again) as missing`)

  const summarize = sql`
    update catalog_images i set platforms = x.platforms
    from (
      select coalesce(array_agg(distinct p.platform order by p.platform), '{}') as platforms
      from catalog_tags t cross join lateral unnest(t.platforms) as p (platform)
      where t.image_name = ${image} and t.gone_at is null
    ) x
    where i.image_name = ${image} and i.platforms <> x.platforms`

  return Effect.gen(function*() {
    const written = yield* upsert()
    const missed = listing.complete ? yield* miss : { gone: 0, missing: 0 }
    if (written.written > 0 || missed.gone > 0) yield* summarize
    yield* sql`update catalog_images set tag_count = ${listing.count}
      where image_name = ${image} and tag_count is distinct from ${listing.count}`
    return {
      added: written.added,
      moved: written.moved,
      gone: missed.gone,
      missing: missed.missing
    } satisfies WrittenTags
  })
}
