/**
 * The embedded database's files: what a power cut may cost, and who may read them.
 */
import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as Database from "../../../src/layers/store/Database.js"
import { embedded } from "../../../src/layers/store/embedded.js"
import { testProcess } from "../../support/databases.js"
import { powerCut } from "../../support/powerCut.js"

const inFolder = <A, E>(use: (folder: string) => Effect.Effect<A, E, FileSystem.FileSystem | Path.Path>) =>
  Effect.scoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    return yield* use(yield* fs.realPath(yield* fs.makeTempDirectoryScoped()))
  })).pipe(Effect.provide(NodeContext.layer))

const rows = Effect.gen(function*() {
  const sql = yield* SqlClient
  const found = yield* sql<{ readonly n: number }>`select n from t order by n`
  return found.map(({ n }) => n)
})

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index)

const insert = (from: number, count: number) =>
  Effect.flatMap(SqlClient, (sql) => Effect.forEach(numbers(from, count), (n) => sql`insert into t values (${n})`))

describe("a power cut", () => {
  it.live("costs the embedded database nothing that was committed", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const disk = powerCut(folder)
        const cut = (name: string) => Effect.sync(() => disk.restoreTo(`${folder}/database`, `${folder}/${name}`))
        const survived = (name: string) => Effect.provide(rows, embedded(`${folder}/${name}`))

        yield* Effect.gen(function*() {
          const sql = yield* SqlClient
          yield* sql`create table t (n int primary key)`
          yield* insert(0, 5)
          yield* cut("early")
          yield* sql`checkpoint`
          yield* insert(5, 5)
          yield* Effect.exit(sql.withTransaction(
            Effect.zipRight(insert(100, 5), Effect.zipRight(cut("late"), Effect.fail("rolled back")))
          ))
          const before = disk.syncs()
          yield* rows
          assert.strictEqual(disk.syncs(), before, "reading syncs nothing")
        }).pipe(Effect.provide(embedded(`${folder}/database`, disk.sync)))

        assert.deepStrictEqual(yield* survived("early"), numbers(0, 5))
        assert.deepStrictEqual(yield* survived("late"), numbers(0, 10))
      })
    ), 120_000)
})

/** What is not for the owner alone, as `755 database/base`. */
const openToOthers = (root: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const names = yield* fs.readDirectory(root, { recursive: true })
    const found = yield* Effect.forEach(["", ...names], (name) => {
      const file = path.join(root, name)
      return Effect.map(fs.stat(file), ({ mode, type }) => ({ name, type, mode: mode & 0o777 }))
    })
    assert.isAbove(found.length, 900)
    return found.filter(({ mode, type }) => mode !== (type === "Directory" ? 0o700 : 0o600))
      .map(({ mode, name }) => `${mode.toString(8)} ${name}`)
  })

/** Uses the database, looks at the folder meanwhile, and once more when it is closed. */
const useAndLook = (dataDir: string) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient
    yield* sql`create table if not exists t (n int)`
    yield* insert(1, 1)
    yield* sql`checkpoint`
    return yield* openToOthers(dataDir)
  }).pipe(
    Effect.provide(Database.layer({ url: Option.none(), dataDir, process: testProcess })),
    Effect.zipWith(
      Effect.suspend(() => openToOthers(dataDir)),
      (meanwhile, afterwards) => [...meanwhile, ...afterwards]
    )
  )

describe("the data folder", () => {
  it.live("is for its owner alone, also one that was not", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const dataDir = `${folder}/data`
        assert.deepStrictEqual(yield* useAndLook(dataDir), [])
        for (const name of ["", ...yield* fs.readDirectory(dataDir, { recursive: true })]) {
          const file = `${dataDir}/${name}`
          yield* fs.chmod(file, (yield* fs.stat(file)).type === "Directory" ? 0o777 : 0o666)
        }
        assert.deepStrictEqual(yield* useAndLook(dataDir), [])
        assert.strictEqual((yield* fs.stat(dataDir)).mode & 0o777, 0o700)
      })
    ), 120_000)

  it.live("keeps its mode where it holds other things", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        yield* fs.writeFileString(`${folder}/notes.txt`, "mine", { mode: 0o644 })
        yield* fs.chmod(folder, 0o755)
        yield* useAndLook(folder)
        const modes = yield* Effect.forEach(
          ["", "notes.txt", "database"],
          (name) => Effect.map(fs.stat(`${folder}/${name}`), ({ mode }) => (mode & 0o777).toString(8))
        )
        assert.deepStrictEqual(modes, ["755", "644", "700"])
      })
    ), 120_000)
})
