/**
 * `Retention` on Postgres, embedded or not.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Layer, Schema } from "effect"
import { addDays, UtcDay } from "../../domain/UtcDay.js"
import { Retention } from "../../services/Retention.js"
import { instant, rowOf, rowsOf, transient } from "./core.js"
import { inTransaction } from "./errors.js"

const Partition = Schema.Struct({ name: Schema.String, end: UtcDay })
const Needed = Schema.Struct({ needed: Schema.Boolean })
const Count = Schema.Struct({ count: Schema.Int })

/** Rows that are deleted in one statement: writers of the same table wait no longer than that takes. */
const batch = 50_000

/** On the client in context. */
export const make = Effect.gen(function*() {
  const sql = yield* SqlClient

  // Our own month partitions, oldest first. `end` is the first day after the month.
  const partitions = rowsOf(Partition)(sql`
    select name, to_char(start + interval '1 month', 'YYYY-MM-DD') as end from (
      select c.relname as name, to_date(right(c.relname, 7), 'YYYY_MM') as start
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'repo_docker_pulls_daily'::regclass and c.relname ~ '^repo_docker_pulls_daily_\\d{4}_\\d{2}$'
    ) p order by start`)

  // Whether it holds the newest row of some image.
  const isNeeded = (name: string) =>
    rowOf(Needed)(sql`
      select exists (
        select 1 from (select image_name, max(date) as last from ${sql(name)} group by image_name) h
        where not exists (
          select 1 from repo_docker_pulls_daily d where d.image_name = h.image_name and d.date > h.last)
      ) as needed`)

  const rowsIn = (name: string) => rowOf(Count)(sql`select count(*)::int as count from ${sql(name)}`)

  const dropMonth = (name: string) =>
    inTransaction(sql)(Effect.gen(function*() {
      // Rather later than to hold up everybody behind a long read.
      yield* sql`select set_config('lock_timeout', '2s', true)`
      const { count } = yield* rowsIn(name)
      yield* sql`drop table ${sql(name)}`
      return count
    }))

  const deleteRows = (before: UtcDay) =>
    rowOf(Count)(sql`
      with old as (
        select image_name, date from repo_docker_pulls_daily h
        where date < ${before}::date and exists (
          select 1 from repo_docker_pulls_daily d where d.image_name = h.image_name and d.date > h.date)
        limit ${batch}
      ), gone as (
        delete from repo_docker_pulls_daily d using old
        where d.image_name = old.image_name and d.date = old.date returning 1
      ) select count(*)::int as count from gone`).pipe(Effect.map(({ count }) => count))

  const deleteAll = (before: UtcDay): Effect.Effect<number, Effect.Effect.Error<ReturnType<typeof deleteRows>>> =>
    Effect.flatMap(
      deleteRows(before),
      (count) => count < batch ? Effect.succeed(count) : Effect.map(deleteAll(before), (more) => count + more)
    )

  return Retention.of({
    dropPulls: Effect.fn("Retention.dropPulls")(function*(before: UtcDay) {
      let rows = 0
      let months = 0
      for (const { end, name } of yield* partitions) {
        if (addDays(end, -1) >= before || (yield* isNeeded(name)).needed) continue
        rows += yield* dropMonth(name)
        months += 1
      }
      return { rows: rows + (yield* deleteAll(before)), months }
    }, transient),
    dropTagHistory: Effect.fn("Retention.dropTagHistory")(function*(before: number) {
      const { count } = yield* rowOf(Count)(sql`
        with gone as (delete from catalog_tag_digests where until < ${instant(sql, before)} returning 1)
        select count(*)::int as count from gone`)
      return count
    }, transient)
  })
})

/** On the client in context. */
export const layer: Layer.Layer<Retention, never, SqlClient> = Layer.effect(Retention, make)
