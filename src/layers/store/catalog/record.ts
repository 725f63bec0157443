/**
 * Writing what a look found: everything of one image in one transaction, and only what differs.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Option, Schema } from "effect"
import { type FoundImage, isOfficial } from "../../../domain/CatalogImage.js"
import { storable } from "../../../domain/StorableText.js"
import { dayOf } from "../../../domain/UtcDay.js"
import type { CatalogChange, CatalogFinding, Counters, ImageCatalog } from "../../../services/ImageCatalog.js"
import { instant, rowsOf, type StoreCore, transient } from "../core.js"
import { noteDefects } from "../defects.js"
import { inTransaction } from "../errors.js"
import { markGone, writeImages } from "../imageWrites.js"
import { maybeInstant, MaybeMillis, maybeText, millis, texts } from "./core.js"
import { writeTags } from "./tagWrites.js"

type Service = ImageCatalog["Type"]

const State = Schema.Struct({ lookedAt: MaybeMillis })
const Changed = Schema.Struct({ changed: Schema.Int })

const nothing: CatalogChange = { imageChanged: false, tagsAdded: 0, tagsMoved: 0, tagsGone: 0 }

// The counters of the catalog's images are the census's own, so that a day needs one answer of the Hub for both.
// A counter beyond 64 bits is not stored, and nothing else suffers from it.
const most = 2n ** 63n

/** Writes what was fetched of an image, and the repositories that build it. Returns whether anything differed. */
export const writeFound = (
  sql: SqlClient,
  image: string,
  found: FoundImage,
  repositories?: ReadonlyArray<string> | undefined
) =>
  Effect.map(
    rowsOf(Changed)(sql`
      update catalog_images i set description = x.description, full_description = x.full_description, logo = x.logo,
        categories = x.categories, registered_at = x.registered_at, licence = x.licence, source = x.source,
        repositories = coalesce(x.repositories, i.repositories)
      from (
        select ${storable(found.description)}::text as description,
          ${storable(found.fullDescription)}::text as full_description, ${maybeText(found.logo)}::text as logo,
          ${texts(sql, found.categories)} as categories, ${maybeInstant(sql, found.registered)} as registered_at,
          ${maybeText(found.licence)}::text as licence, ${maybeText(found.source)}::text as source,
          ${repositories === undefined ? sql`null::text[]` : texts(sql, repositories)} as repositories
      ) x
      where i.image_name = ${image} and i.removed_at is null
        and (i.description, i.full_description, i.logo, i.categories, i.registered_at, i.licence, i.source,
            i.repositories)
          is distinct from
          (x.description, x.full_description, x.logo, x.categories, x.registered_at, x.licence, x.source,
            coalesce(x.repositories, i.repositories))
      returning 1 as changed`),
    (rows) => rows.length > 0
  )

const countersOf = ({ image }: CatalogFinding): Option.Option<Counters> =>
  Option.filter(
    Option.flatMap(image, (answer) => answer._tag === "Found" ? answer.counters : Option.none()),
    ({ pulls }) => pulls < most
  )

/** `record` of the catalog. */
export const makeRecord = ({ ensureDays, sql }: StoreCore) => {
  // Everybody who writes both writes the census's row first.
  const writeCounters = (finding: CatalogFinding) =>
    Effect.gen(function*() {
      const { at, claim: { lookedAt, name: { image } } } = finding
      const counters = countersOf(finding)
      if (Option.isSome(counters)) {
        if (Option.isNone(lookedAt)) {
          yield* sql`insert into repo_docker (repo_id, image_name, last_synced_at, known_since)
            values (null, ${image}, to_timestamp(0), ${dayOf(at)}::date) on conflict (image_name) do nothing`
        }
        yield* writeImages(sql, [{ at, facts: { image, ...counters.value } }])
      } else if (Option.exists(finding.image, ({ _tag }) => _tag === "Gone")) {
        yield* markGone(sql, [{ image, at }])
      }
    })

  // What a look that did not come to its end has learnt is kept too: the next one goes on from there.
  const writeState = (finding: CatalogFinding, missing: number) => {
    const { at, claim, dueAt, failure, image, tags } = finding
    const found = Option.isSome(image) && image.value._tag === "Found"
    const gone = Option.isSome(image) && image.value._tag === "Gone"
    const day = dayOf(at)
    return sql`update catalog_state set holder = null, leased_until = '-infinity',
      ${
      Option.match(failure, {
        onNone: () =>
          sql`looked_at = ${instant(sql, at)}, due_at = ${instant(sql, dueAt)}, not_before = '-infinity',
            attempts = 0, last_error = null`,
        onSome: ({ notBefore, reason }) =>
          sql`not_before = ${instant(sql, notBefore)}, attempts = attempts + 1,
            last_error = ${storable(reason).slice(0, 500)}`
      })
    }
      ${found ? sql`, fetched_at = ${instant(sql, at)}, missing_since = null, gone_at = null` : sql``}
      ${
      gone
        ? sql`, missing_since = coalesce(missing_since, ${day}::date),
          gone_at = case when missing_since < ${day}::date then coalesce(gone_at, ${instant(sql, at)}) end`
        : sql``
    }
      ${
      Option.match(tags, {
        onNone: () => sql``,
        onSome: ({ complete, updated, wanted }) =>
          sql`, listed_at = ${instant(sql, at)}, listed_updated = ${maybeInstant(sql, updated)},
            listed_wanted = ${Option.getOrNull(wanted)}::integer, listed_complete = ${complete},
            listed_missing = ${missing}`
      })
    }
      where image_name = ${claim.name.image}`
  }

  const write = (finding: CatalogFinding) =>
    inTransaction(sql)(Effect.gen(function*() {
      const rows = yield* rowsOf(State)(sql`
        select ${millis(sql, "s.looked_at")} as "lookedAt"
        from catalog_state s join catalog_images i on i.image_name = s.image_name
        where s.image_name = ${finding.claim.name.image} and i.removed_at is null`)
      const [state] = rows
      // Removed meanwhile; or our lease had lapsed, and somebody else has looked since.
      if (state === undefined || Option.exists(state.lookedAt, (lookedAt) => lookedAt > finding.at)) return nothing
      yield* writeCounters(finding)
      const { claim, image, repositories } = finding
      const imageChanged = Option.isSome(image) && image.value._tag === "Found"
        ? yield* writeFound(sql, claim.name.image, image.value.found, isOfficial(claim.name) ? repositories : undefined)
        : false
      const tags = Option.isNone(finding.tags)
        ? { added: 0, moved: 0, gone: 0, missing: 0 }
        : yield* writeTags(sql, finding.claim.name.image, finding.at, finding.tags.value)
      yield* writeState(finding, tags.missing)
      yield* noteDefects(
        sql,
        "catalog",
        Option.toArray(finding.failure).map(({ reason }) => ({ key: claim.name.image, reason: storable(reason) }))
      )
      return { imageChanged, tagsAdded: tags.added, tagsMoved: tags.moved, tagsGone: tags.gone }
    }))

  const record: Service["record"] = Effect.fn("ImageCatalog.record")(function*(finding: CatalogFinding) {
    yield* ensureDays([dayOf(finding.at)])
    return yield* write(finding)
  }, transient)

  return { record }
}
