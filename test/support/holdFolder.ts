/**
 * A process that opens the embedded database in a folder, adds a row, says so and stays until it is killed.
 */
import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Layer, Option } from "effect"
import * as Database from "../../src/layers/store/Database.js"

const database = Database.layer({
  url: Option.none(),
  dataDir: process.argv[2] ?? "",
  process: { id: "child", host: "here", pid: process.pid, command: "a child", startedAt: 1000, exists: () => true }
})

const program = Effect.gen(function*() {
  const sql = yield* SqlClient
  yield* sql`insert into repos (url, host, owner, name) values ('https://github.com/a/b', 'github', 'a', 'b')`
  process.stdout.write("held\n")
  return yield* Effect.never
}).pipe(Effect.provide(Layer.provide(database, NodeContext.layer)))

await Effect.runPromise(program)
