import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql/SqlClient"
import { describe, it } from "@effect/vitest"
import { Effect, Either, Exit, Layer, Option, Redacted, Scope } from "effect"
import { spawn } from "node:child_process"
import { createServer } from "node:net"
import { assert } from "vitest"
import type { SettingsError, Transient } from "../../../src/domain/Errors.js"
import * as Database from "../../../src/layers/store/Database.js"
import { acquireFolder } from "../../../src/layers/store/dataFolder.js"
import { postgres, scratchUrl, testProcess } from "../../support/databases.js"

const open = (options: Partial<Database.DatabaseOptions>) =>
  Layer.build(Database.layer({ url: Option.none(), dataDir: "memory:", process: testProcess, ...options })).pipe(
    Effect.scoped,
    Effect.provide(NodeContext.layer)
  )

const openUrl = (url: string) => Effect.flip(open({ url: Option.some(Redacted.make(url)) }))

/** The setting that is wrong, where it is a setting's fault. */
const settingOf = (error: SettingsError | Transient) => error._tag === "SETTINGS" ? error.setting : error._tag

/** A port of the loopback where a server answers with nothing, or, once closed, none. */
const silentPort = Effect.acquireRelease(
  Effect.async<{ readonly port: number; readonly close: () => void }>((resume) => {
    const sockets = new Set<{ readonly destroy: () => void }>()
    const server = createServer((socket) => {
      sockets.add(socket)
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resume(Effect.succeed({
        port,
        close: () => {
          for (const socket of sockets) socket.destroy()
          server.close()
        }
      }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

describe("DATABASE_URL", () => {
  const wrong = [
    "localhost:5432/db",
    "mysql://user:s3cret@127.0.0.1/db",
    "postgres://user:s3cret@127.0.0.1:notaport/db",
    "postgres://user:%zz@127.0.0.1/db",
    "postgres://user:pa#s3cret@127.0.0.1/db",
    "s3cret"
  ]
  it.effect.each(wrong)("is told to be no address: %s", (url) =>
    Effect.gen(function*() {
      const error = yield* openUrl(url)
      assert.strictEqual(settingOf(error), "DATABASE_URL")
      assert.include(error.message, "postgres://user:password@host:5432/database")
      assert.notInclude(error.message, "s3cret")
    }))

  it.scopedLive("names a port where nothing listens", () =>
    Effect.gen(function*() {
      const { close, port } = yield* silentPort
      close()
      const error = yield* openUrl(`postgres://user:s3cret@127.0.0.1:${port}/db`)
      assert.deepInclude(error, { _tag: "TRANSIENT", service: "database", reason: "network" })
      assert.include(error.message, "nothing accepts connections")
      assert.include(error.message, "DATABASE_URL")
      assert.notInclude(error.message, "s3cret")
    }))

  it.scopedLive("does not wait long for a server that says nothing", () =>
    Effect.gen(function*() {
      const { port } = yield* silentPort
      const error = yield* openUrl(`postgres://user:s3cret@127.0.0.1:${port}/db`)
      assert.deepInclude(error, { _tag: "TRANSIENT", service: "database", reason: "network" })
      assert.include(error.message, "cannot be reached")
    }))

  it.scopedLive.skipIf(!postgres.available)(
    "names a database that the server does not have",
    () =>
      Effect.gen(function*() {
        const url = new URL(Redacted.value(yield* scratchUrl))
        url.pathname = "/no_such_database"
        const error = yield* openUrl(url.toString())
        assert.strictEqual(settingOf(error), "DATABASE_URL")
        assert.include(error.message, "no such database")
      })
  )
})

// The lock's process number is alive (it is ours), but belongs to another process than the one that took the lock.
const markDead = (dataDir: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const file = path.join(dataDir, "lock.1")
    const text = yield* fs.readFileString(file)
    yield* fs.writeFileString(file, text.replace(/"incarnation":"\d+"/, "\"incarnation\":\"1\""))
  })

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

describe("the embedded database's folder", () => {
  it.scopedLive("keeps its rows from one opening to the next", () =>
    Effect.gen(function*() {
      const dataDir = yield* temporary
      const layer = Layer.provide(
        Database.layer({ url: Option.none(), dataDir, process: testProcess }),
        NodeContext.layer
      )
      yield* Effect.provide(
        Effect.flatMap(SqlClient, (sql) => sql`insert into repos (url) values ('https://github.com/a/b')`),
        layer
      )
      const rows = yield* Effect.provide(
        Effect.flatMap(SqlClient, (sql) => sql`select owner, name from repos`),
        Layer.fresh(layer)
      )
      assert.deepStrictEqual(rows, [{ owner: "a", name: "b" }])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive(
    "is refused while another process holds it, and taken over when that one was killed",
    () =>
      Effect.gen(function*() {
        const dataDir = yield* temporary
        const child = yield* Effect.acquireRelease(
          Effect.sync(() =>
            spawn(process.execPath, ["--import", "tsx", "test/support/holdFolder.ts", dataDir], {
              stdio: ["ignore", "pipe", "inherit"]
            })
          ),
          (child) => Effect.sync(() => child.kill("SIGKILL"))
        )
        yield* Effect.async<void>((resume) => {
          child.stdout.once("data", () => resume(Effect.void))
        })
        const error = yield* Effect.flip(open({ dataDir }))
        assert.strictEqual(settingOf(error), "IMAGE_CENSUS_DATA_DIR")
        assert.include(error.message, `is in use by pid ${child.pid} (a child) since 1970-01-01T00:00:01.000Z`)

        yield* Effect.async<void>((resume) => {
          child.once("exit", () => resume(Effect.void))
          child.kill("SIGKILL")
        })
        const rows = yield* Effect.provide(
          Effect.flatMap(SqlClient, (sql) => sql`select url from repos`),
          Layer.provide(Database.layer({ url: Option.none(), dataDir, process: testProcess }), NodeContext.layer)
        )
        assert.deepStrictEqual(rows, [{ url: "https://github.com/a/b" }])
      }).pipe(Effect.provide(NodeContext.layer)),
    120_000
  )

  it.effect("goes to exactly one of many that find a dead holder", () =>
    Effect.gen(function*() {
      const dataDir = yield* temporary
      const dead = yield* Scope.make()
      yield* Scope.extend(acquireFolder(dataDir, testProcess), dead)
      yield* markDead(dataDir)
      const results = yield* Effect.all(
        Array.from({ length: 20 }, (_, index) =>
          Effect.either(acquireFolder(dataDir, { ...testProcess, id: `${index}` }))),
        { concurrency: "unbounded" }
      )
      const refused = results.filter(Either.isLeft)
      assert.strictEqual(refused.length, 19)
      for (const { left } of refused) {
        assert.include(left.message, `is in use by pid ${process.pid}`)
      }
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.effect("is free again when its holder closes it, many times over", () =>
    Effect.gen(function*() {
      const dataDir = yield* temporary
      const fs = yield* FileSystem.FileSystem
      yield* Effect.repeatN(Effect.scoped(acquireFolder(dataDir, testProcess)), 4)
      assert.deepStrictEqual(yield* fs.readDirectory(dataDir), ["lock.5"])
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.effect("is not free while this very process holds it", () =>
    Effect.gen(function*() {
      const dataDir = yield* temporary
      yield* acquireFolder(dataDir, testProcess)
      const second = yield* Effect.exit(acquireFolder(dataDir, testProcess))
      assert.isTrue(Exit.isFailure(second))
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.effect("is told when it is no folder, or not ours to write", () =>
    Effect.gen(function*() {
      const dataDir = yield* temporary
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const file = path.join(dataDir, "file")
      yield* fs.writeFileString(file, "")
      const error = yield* Effect.flip(Effect.scoped(acquireFolder(path.join(file, "below"), testProcess)))
      assert.strictEqual(settingOf(error), "IMAGE_CENSUS_DATA_DIR")
      assert.include(error.message, "cannot be used")
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))
})
