import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { assert } from "vitest"
import { acquireFolder } from "../../../src/layers/store/dataFolder.js"
import { testProcess } from "../../support/databases.js"

const refusal = (folder: string) => Effect.flip(Effect.scoped(acquireFolder(folder, testProcess)))

describe("the data folder", () => {
  it.scopedLive("is made with its parents", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const folder = path.join(yield* files.makeTempDirectoryScoped(), "some", "where")
      yield* Effect.scoped(acquireFolder(folder, testProcess))
      assert.include(yield* files.readDirectory(folder), "lock.1")
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("is refused in one line below a file", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const file = yield* files.makeTempFileScoped()
      for (const folder of [file, `${file}/data`]) {
        const error = yield* refusal(folder)
        assert.strictEqual(error.setting, "IMAGE_CENSUS_DATA_DIR")
        assert.include(error.message, folder)
      }
    }).pipe(Effect.provide(NodeContext.layer)))

  // Linux: nobody, not even root, can make a folder there, and the system says that the parent is missing.
  it.scopedLive.skipIf(process.platform !== "linux")(
    "is refused where the file system makes no folders",
    () =>
      Effect.gen(function*() {
        const error = yield* refusal("/proc/image-census/data")
        assert.strictEqual(error.setting, "IMAGE_CENSUS_DATA_DIR")
        assert.include(error.message, "/proc/image-census")
      }).pipe(Effect.provide(NodeContext.layer))
  )
})
