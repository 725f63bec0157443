/**
 * Brings the schema up to date. Safe from several processes at once, and refuses a database that is newer than this
 * program: an old program would write rows that the new one no longer understands.
 */
import { fromRecord, make, MigrationError } from "@effect/sql/Migrator"
import { SqlClient } from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import { Clock, Duration, Effect, Predicate, Schema } from "effect"
import { SettingsError, Transient } from "../../domain/Errors.js"
import { dayOf } from "../../domain/UtcDay.js"
import { nameRepositories } from "./adoption.js"
import { instant } from "./core.js"
import { detailOf, inTransaction, isAway, toTransient } from "./errors.js"
import * as tables from "./migrations/0001_tables.js"
import * as processes from "./migrations/0002_processes.js"
import * as catalog from "./migrations/0003_catalog.js"
import * as watches from "./migrations/0004_watches.js"
import * as links from "./migrations/0005_links.js"
import * as rollups from "./migrations/0006_rollups.js"
import * as sights from "./migrations/0007_sights.js"
import * as defects from "./migrations/0008_defects.js"
import { ensureMonths, monthsAhead } from "./partitions.js"

const table = "image_census_migrations"

const leaseKept = Duration.days(7)
// A row that still dies of it is tried once a day at least.
const defectKept = Duration.days(30)

const run = (statements: ReadonlyArray<string>) =>
  Effect.flatMap(SqlClient, (sql) => Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true }))

const migrations = {
  "1_tables": run(tables.statements),
  "2_processes": run(processes.statements),
  "3_catalog": run(catalog.statements),
  "4_watches": run(watches.statements),
  "5_links": run(links.statements),
  "6_rollups": run(rollups.statements),
  "7_sights": run(sights.statements),
  "8_defects": run(defects.statements)
}

/** The schema's version that this program writes. */
export const schemaVersion = Object.keys(migrations).length

const migrator = make({})({ loader: fromRecord(migrations), table })

const Exists = Schema.Tuple(Schema.Struct({ exists: Schema.Boolean }))
const Version = Schema.Tuple(Schema.Struct({ version: Schema.Int }))

/** The number of the latest migration; 0 for a database without any. */
export const currentVersion = Effect.gen(function*() {
  const sql = yield* SqlClient
  const [{ exists }] = yield* Schema.decodeUnknown(Exists)(
    yield* sql`select to_regclass(${table}) is not null as exists`
  )
  if (!exists) return 0
  const rows = yield* sql`select coalesce(max(migration_id), 0)::int as version from ${sql(table)}`
  const [{ version }] = yield* Schema.decodeUnknown(Version)(rows)
  return version
})

// Whoever comes second waits for the first one's commit, then finds nothing left to do.
const apply = Effect.gen(function*() {
  const sql = yield* SqlClient
  yield* sql`select pg_advisory_xact_lock(hashtextextended('image-census/migrations', 0))`
  yield* sql`create table if not exists ${sql(table)} (
    migration_id integer primary key,
    created_at timestamptz not null default now(),
    name text not null
  )`
  return yield* migrator
})

// The migrator wraps what the database said.
const sqlErrorIn = (cause: unknown): SqlError | undefined =>
  cause instanceof SqlError
    ? cause
    : Predicate.hasProperty(cause, "cause")
    ? sqlErrorIn(cause.cause)
    : undefined

const explain = (cause: unknown): string => {
  if (cause instanceof SqlError) return detailOf(cause)
  const within = Predicate.hasProperty(cause, "cause") ? explain(cause.cause) : ""
  const message = Predicate.hasProperty(cause, "message") ? String(cause.message) : String(cause)
  return within === "" ? message : `${message}: ${within}`
}

/**
 * Applies what is missing, reads owner and name of adopted rows from their addresses, and makes this and the next
 * month's partitions. Returns the names of the migrations applied. `setting` is what the error names; TRANSIENT where the
 * database went away meanwhile.
 */
export const migrate = Effect.fn("Database.migrate")(function*(setting: string) {
  const sql = yield* SqlClient
  const work = Effect.gen(function*() {
    const version = yield* currentVersion
    if (version > schemaVersion) {
      return yield* new SettingsError({
        setting,
        message: `the database has schema version ${version}, this program knows versions up to ${schemaVersion}; ` +
          "use a newer image-census"
      })
    }
    const applied = version < schemaVersion ? yield* inTransaction(sql)(apply) : []
    yield* nameRepositories(sql)
    const now = yield* Clock.currentTimeMillis
    // Left behind by rows that others removed. Nothing is known yet of whether our clock is ahead.
    const kept = (span: Duration.Duration) =>
      sql`least(now(), ${instant(sql, now)}) - make_interval(secs => ${Duration.toSeconds(span)})`
    yield* sql`delete from repos_docker_leases where until < ${kept(leaseKept)}`
    yield* sql`delete from image_census_defects where last_at < ${kept(defectKept)}`
    yield* ensureMonths(sql, monthsAhead(dayOf(now)))
    return applied.map(([id, name]) => `${id}_${name}`)
  })
  // The migrator makes a failed migration a defect.
  return yield* work.pipe(
    Effect.catchAllDefect((defect) =>
      defect instanceof MigrationError || defect instanceof SqlError ? Effect.fail(defect) : Effect.die(defect)
    ),
    Effect.mapError((error) => error instanceof SettingsError ? error : failure(setting, error))
  )
})

const failure = (setting: string, error: unknown): SettingsError | Transient => {
  const message = `the database's schema could not be brought up to date: ${explain(error)}`
  const sqlError = sqlErrorIn(error)
  return sqlError !== undefined && isAway(sqlError)
    ? new Transient({ service: "database", reason: toTransient(sqlError).reason, message })
    : new SettingsError({ setting, message })
}
