import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Option } from "effect"
import * as Database from "../../../src/layers/store/Database.js"
import * as RepoDockerStoreSql from "../../../src/layers/store/RepoDockerStoreSql.js"
import { RepoDockerStore } from "../../../src/services/RepoDockerStore.js"
import { testProcess } from "../../support/databases.js"

const claim = Effect.flatMap(
  RepoDockerStore,
  (store) => store.claimRepositories({ limit: 10, lease: Duration.minutes(10), interval: Duration.days(14) })
)

describe("what a killed process held of the embedded database", () => {
  it.effect("is due as soon as the next one opens it", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* fs.makeTempDirectoryScoped()
      const opened = (holder: string) =>
        Layer.provide(
          RepoDockerStoreSql.layer({ holder }),
          Database.layer({ url: Option.none(), dataDir, process: testProcess })
        )
      yield* Effect.gen(function*() {
        const store = yield* RepoDockerStore
        yield* store.addRepositories([{ owner: "acme", name: "rocket" }])
        assert.strictEqual((yield* claim).length, 1)
        assert.strictEqual((yield* claim).length, 0)
      }).pipe(Effect.provide(opened("killed")))
      const again = yield* Effect.provide(claim, opened("next"))
      assert.strictEqual(again.length, 1)
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)), 60_000)
})
