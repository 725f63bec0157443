/**
 * The database: a Postgres server, or the embedded one in a folder or in memory. Both are the same `PgClient`.
 */
import { FileSystem, Path } from "@effect/platform"
import { PgClient } from "@effect/sql-pg"
import { SqlClient } from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import { Duration, Effect, Either, Layer, Option, Redacted, Schema } from "effect"
import { SettingsError, Transient } from "../../domain/Errors.js"
import { endAbandonedLeases } from "./abandoned.js"
import { acquireFolder, type FolderProcess } from "./dataFolder.js"
import { embedded } from "./embedded.js"
import { codeOf, detailOf, isAway, toTransient } from "./errors.js"
import { migrate } from "./migrate.js"

/** Which database, and for whom. */
export interface DatabaseOptions {
  /** `DATABASE_URL`: `postgres://user:password@host:port/database`; none for the embedded database. */
  readonly url: Option.Option<Redacted.Redacted>
  /** `IMAGE_CENSUS_DATA_DIR`: the folder of the embedded database, or `memory:` for one that ends with the program. */
  readonly dataDir: string
  /** Whom the folder's lock names. */
  readonly process: FolderProcess
  /** Connections to a server at most (default 10). */
  readonly connections?: number | undefined
}

/** The name of the setting that chose the database, for messages. */
export const settingOf = (options: DatabaseOptions): string =>
  Option.isSome(options.url) ? "DATABASE_URL" : "IMAGE_CENSUS_DATA_DIR"

const oldestVersion = 14
// Together with the start of the program well below five seconds.
const connectTimeout = Duration.seconds(3)

const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing accepts connections at that host and port",
  ENOTFOUND: "the host's name is not known",
  EAI_AGAIN: "the host's name could not be looked up",
  "53300": "the server has no connection free",
  "57P03": "the server is starting or stopping",
  "57014": "the server took too long",
  "28P01": "the password was refused",
  "28000": "the user was refused",
  "3D000": "the server has no such database"
}

const unreachable = (error: SqlError): SettingsError | Transient => {
  const why = `the database cannot be reached: ${causes[codeOf(error) ?? ""] ?? detailOf(error)}`
  return isAway(error)
    ? new Transient({ service: "database", reason: toTransient(error).reason, message: `${why} (DATABASE_URL)` })
    : new SettingsError({ setting: "DATABASE_URL", message: why })
}

const malformed = new SettingsError({
  setting: "DATABASE_URL",
  message: "is not the address of a Postgres database; write postgres://user:password@host:5432/database"
})

// The driver throws on some malformed addresses and connects to nonsense on others.
const isAddress = (text: string): boolean =>
  Either.getOrElse(
    Either.try(() => {
      const { password, pathname, protocol, username } = new URL(text)
      decodeURIComponent(`${username}${password}${pathname}`)
      return protocol === "postgres:" || protocol === "postgresql:"
    }),
    () => false
  )

const Version = Schema.Tuple(Schema.Struct({ number: Schema.Int, version: Schema.String }))

const requireVersion = Effect.gen(function*() {
  const sql = yield* SqlClient
  const [{ number, version }] = yield* Schema.decodeUnknown(Version)(
    yield* sql`select current_setting('server_version_num')::int as number, current_setting('server_version') as version`
  )
  if (number < oldestVersion * 10_000) {
    return yield* new SettingsError({
      setting: "DATABASE_URL",
      message: `the server is Postgres ${version}; ${oldestVersion} or newer is needed`
    })
  }
}).pipe(
  Effect.catchTags({ SqlError: unreachable, ParseError: () => malformed })
)

const server = (url: Redacted.Redacted, connections: number) =>
  isAddress(Redacted.value(url))
    ? Layer.tap(
      PgClient.layer({ url, connectTimeout, maxConnections: connections, applicationName: "image-census" }).pipe(
        Layer.mapError(unreachable)
      ),
      (context) => Effect.provide(requireVersion, context)
    )
    : Layer.fail(malformed)

const folder = (dataDir: string, process: FolderProcess) =>
  Layer.unwrapScoped(Effect.gen(function*() {
    const path = yield* Path.Path
    yield* acquireFolder(dataDir, process)
    return embedded(path.join(dataDir, "database"))
  }))

/**
 * Connects, and changes nothing. Fails within four seconds: with TRANSIENT where the database is away and may come back,
 * with SETTINGS where a person has to act (address, user, password, name of the database, version, folder).
 */
export const connection = (
  options: DatabaseOptions
): Layer.Layer<SqlClient | PgClient.PgClient, SettingsError | Transient, FileSystem.FileSystem | Path.Path> =>
  Option.match(options.url, {
    onSome: (url) => server(url, options.connections ?? 10),
    onNone: () => options.dataDir === "memory:" ? embedded(undefined) : folder(options.dataDir, options.process)
  })

/** Connects and brings the schema up to date. Fails as `connection` does. */
export const layer = (
  options: DatabaseOptions
): Layer.Layer<SqlClient | PgClient.PgClient, SettingsError | Transient, FileSystem.FileSystem | Path.Path> =>
  Layer.tap(
    connection(options),
    (context) =>
      migrate(settingOf(options)).pipe(
        Effect.zipRight(Option.isNone(options.url) ? endAbandonedLeases : Effect.void),
        Effect.provide(context)
      )
  )
