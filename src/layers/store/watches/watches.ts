/**
 * Adding, removing and listing watches, and firing by hand.
 */
import { Array, Chunk, Clock, Duration, Effect, Option, Schema, Stream } from "effect"
import { canonical } from "../../../domain/ImageReference.js"
import { findable } from "../../../domain/StorableText.js"
import { type NewWatch, platformText, watchKey } from "../../../domain/Watch.js"
import type { StoredWatch, WatchSelection } from "../../../services/WatchStore.js"
import { instant, rowOf, type StoreCore, transient } from "../core.js"
import { inTransaction } from "../errors.js"
import { readable, textOf } from "../unreadable.js"
import { writeEvents } from "./events.js"
import { jsonOf } from "./json.js"
import {
  millis,
  stateColumns,
  stateOf,
  StateRow,
  updatesColumns,
  updatesOf,
  UpdatesRow,
  watchColumns,
  watchNaming,
  watchOf,
  WatchRow
} from "./rows.js"

const chunkSize = 1000
const pageSize = 500

const Counts = Schema.Struct({ added: Schema.Int, changed: Schema.Int })
const Count = Schema.Struct({ count: Schema.Int })
const ClaimRow = Schema.Struct({ ...WatchRow.fields, ...StateRow.fields })
const ListRow = Schema.Struct({
  ...ClaimRow.fields,
  ...UpdatesRow.fields,
  addedAt: Schema.Number,
  pending: Schema.Int,
  dead: Schema.Int
})

const inputOf = (watches: ReadonlyArray<NewWatch>) =>
  watches.map((watch) => {
    const rule = Option.getOrUndefined(watch.updates)
    const window = rule === undefined ? undefined : Option.getOrUndefined(rule.between)
    return {
      reference: canonical(watch.reference),
      registry: watch.reference.registry,
      platform: platformText(watch.platform),
      every: Math.round(Duration.toMillis(watch.every)),
      actions: watch.actions,
      level: rule?.level ?? null,
      age: rule === undefined ? null : Math.round(Duration.toMillis(rule.minAge)),
      from: window?.from ?? null,
      to: window?.to ?? null
    }
  })

const stored = (row: typeof ListRow.Type): StoredWatch => ({
  watch: watchOf(row),
  state: stateOf(row),
  addedAt: row.addedAt,
  updates: updatesOf(row),
  pending: row.pending,
  dead: row.dead
})

type Place = readonly [reference: string, platform: string]
const beginning: Place = ["", ""]

/** The parts of the store that are about watches as such. */
export const makeWatches = ({ sql }: StoreCore) => {
  const ofNew = sql`do nothing`
  const ofAll = sql`do update set every_ms = excluded.every_ms, actions = excluded.actions,
            update_level = excluded.update_level, update_min_age_ms = excluded.update_min_age_ms,
            update_from = excluded.update_from, update_to = excluded.update_to`

  const addChunk = (watches: ReadonlyArray<NewWatch>, now: number, onlyNew: boolean) =>
    inTransaction(sql)(Effect.gen(function*() {
      // In one order, so that two additions do not wait for each other.
      const counts = yield* rowOf(Counts)(sql`
        with input as (
          select * from jsonb_to_recordset(${jsonOf(inputOf(watches))}::jsonb)
            as x (reference text, registry text, platform text, every bigint, actions jsonb, level text, age bigint,
              "from" smallint, "to" smallint)
        ), w as (
          insert into image_watches as w (reference, registry, platform, every_ms, actions, update_level,
            update_min_age_ms, update_from, update_to, added_at)
          select reference, registry, platform, every, actions, level, age, "from", "to", ${instant(sql, now)}
          from input order by reference, platform
          on conflict (reference, platform) ${onlyNew ? ofNew : ofAll}
          returning w.*, w.xmax = 0 as is_new
        ), states as (
          insert into image_watch_states as s (watch_id, registry, due_at)
          select id, registry, ${instant(sql, now)} from w
          on conflict (watch_id) do update set due_at = least(s.due_at,
            excluded.due_at + make_interval(secs => (select every_ms / 1000.0 from w where w.id = s.watch_id)))
        ), updates as (
          insert into image_watch_updates (watch_id) select id from w on conflict do nothing
        ), dropped as (
          delete from image_watch_deliveries d using w
          where d.watch_id = w.id and d.status <> 'delivered' and d.position >= jsonb_array_length(w.actions)
        )
        select count(*) filter (where is_new)::int as added, count(*) filter (where not is_new)::int as changed from w`)
      return counts
    }))

  const add = Effect.fn("WatchStore.add")(function*(
    watches: ReadonlyArray<NewWatch>,
    options?: { readonly onlyNew: boolean }
  ) {
    const now = yield* Clock.currentTimeMillis
    // Of several for one reference and platform the last one counts.
    const distinct = [...new Map(watches.map((watch) => [watchKey(watch), watch])).values()]
    const parts = yield* Effect.forEach(
      Array.chunksOf(distinct, chunkSize),
      (chunk) => addChunk(chunk, now, options?.onlyNew === true)
    )
    return {
      added: parts.reduce((sum, { added }) => sum + added, 0),
      changed: parts.reduce((sum, { changed }) => sum + changed, 0)
    }
  }, transient)

  const chosen = ({ platform, reference }: WatchSelection) =>
    sql.and([
      sql`w.reference = ${findable(reference)}`,
      ...Option.match(platform, { onNone: () => [], onSome: (text) => [sql`w.platform = ${findable(text)}`] })
    ])

  const remove = Effect.fn("WatchStore.remove")(function*(selection: WatchSelection) {
    const { count } = yield* inTransaction(sql)(
      rowOf(Count)(sql`
      with gone as (
        delete from image_watches w where ${chosen(selection)} returning w.id
      ), dropped as (
        delete from image_watch_deliveries d using gone where d.watch_id = gone.id and d.status <> 'delivered'
      )
      select count(*)::int as count from gone`)
    )
    return count
  }, transient)

  const readList = readable(ListRow, watchNaming("watch"))
  const readFired = readable(ClaimRow, watchNaming("watch"))

  const undone = (status: "pending" | "dead") =>
    sql`(select count(*)::int from image_watch_deliveries d where d.watch_id = w.id and d.status = ${status})`

  const page = (selection: Option.Option<WatchSelection>, after: Place) =>
    sql`
      select ${watchColumns(sql)}, ${stateColumns(sql)}, ${updatesColumns(sql)}, ${
      millis(sql, "w.added_at")
    } as "addedAt",
        ${undone("pending")} as pending, ${undone("dead")} as dead
      from image_watches w join image_watch_states s on s.watch_id = w.id join image_watch_updates u on u.watch_id = w.id
      where (w.reference collate "C", w.platform collate "C") > (${after[0]}, ${after[1]})
        and ${Option.match(selection, { onNone: () => sql`true`, onSome: chosen })}
      order by w.reference collate "C", w.platform collate "C" limit ${pageSize}`

  const list = (selection: Option.Option<WatchSelection>) =>
    Stream.paginateChunkEffect(
      beginning,
      (after) =>
        Effect.gen(function*() {
          const raw = yield* page(selection, after)
          const last = raw.at(-1)
          const next = last === undefined || raw.length < pageSize
            ? Option.none()
            : Option.some([textOf(last, "reference"), textOf(last, "platform")] as const)
          return [Chunk.map(Chunk.fromIterable(yield* readList(raw)), stored), next] as const
        }).pipe(transient)
    ).pipe(Stream.withSpan("WatchStore.list"))

  const fire = Effect.fn("WatchStore.fire")(function*(selection: WatchSelection) {
    const now = yield* Clock.currentTimeMillis
    return yield* inTransaction(sql)(Effect.gen(function*() {
      const rows = yield* readFired(
        yield* sql`
        select ${watchColumns(sql)}, ${stateColumns(sql)}
        from image_watches w join image_watch_states s on s.watch_id = w.id
        where ${chosen(selection)} order by w.platform collate "C"`
      )
      return yield* writeEvents(
        sql,
        rows.map((row) => {
          const { digest, platformDigest } = stateOf(row)
          return {
            watch: watchOf(row),
            at: now,
            detail: {
              _tag: "Fired" as const,
              digest: Option.isSome(row.platform) ? platformDigest : digest,
              tagDigest: digest
            }
          }
        })
      )
    }))
  }, transient)

  return { add, remove, list, fire }
}
