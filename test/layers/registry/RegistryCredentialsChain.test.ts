import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted, TestClock } from "effect"
import * as Chain from "../../../src/layers/registry/RegistryCredentialsChain.js"
import type { RegistryCredential } from "../../../src/services/RegistryCredentials.js"

const base64 = (text: string): string => Buffer.from(text).toString("base64")

const shown = (credential: Option.Option<RegistryCredential>) =>
  Option.getOrUndefined(Option.map(credential, (one) => [
    one.kind,
    one.kind === "basic" ? one.username : "",
    Redacted.value(one.secret)
  ]))

/** A folder with Docker's configuration. */
const withConfig = <A, E>(
  config: string,
  use: (folder: string) => Effect.Effect<A, E, NodeContext.NodeContext>
) =>
  Effect.scoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    yield* fs.writeFileString(`${folder}/config.json`, config)
    return yield* use(folder)
  }))

const chain = (dockerConfig: Option.Option<string>, given: ReadonlyArray<Chain.GivenCredential> = []) =>
  Chain.make({ given, dockerConfig })

const given = (registry: string, username: string, setting: string): Chain.GivenCredential => ({
  registry,
  username,
  secret: Redacted.make("s"),
  setting
})

describe("where credentials come from", () => {
  it.scopedLive("what was set goes before Docker's file, the first of it before the others", () =>
    withConfig(
      JSON.stringify({
        auths: {
          "https://index.docker.io/v1/": { auth: base64("docker:file") },
          "quay.io": { auth: base64("quay:file") },
          "quay.io/team": { auth: base64("team:file") },
          "id.example": { identitytoken: "refresh" }
        }
      }),
      (folder) =>
        Effect.gen(function*() {
          const credentials = yield* chain(Option.some(folder), [
            given("ghcr.io", "first", "REGISTRY_AUTHS"),
            given("ghcr.io", "second", "GHCR_TOKEN")
          ])
          assert.deepStrictEqual(shown(yield* credentials.find("ghcr.io", "o/n")), ["basic", "first", "s"])
          assert.deepStrictEqual(shown(yield* credentials.find("GHCR.IO", "o/n")), ["basic", "first", "s"])
          assert.deepStrictEqual(shown(yield* credentials.find("docker.io", "library/x")), ["basic", "docker", "file"])
          assert.deepStrictEqual(shown(yield* credentials.find("quay.io", "o/n")), ["basic", "quay", "file"])
          assert.deepStrictEqual(shown(yield* credentials.find("quay.io", "team/n")), ["basic", "team", "file"])
          assert.deepStrictEqual(shown(yield* credentials.find("id.example", "o/n")), ["identity", "", "refresh"])
          assert.isUndefined(shown(yield* credentials.find("none.example", "o/n")))
        })
    ).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("a file that is missing or cannot be read means to ask as nobody", () =>
    Effect.gen(function*() {
      const none = yield* chain(Option.some("/nowhere/at/all"))
      assert.isUndefined(shown(yield* none.find("quay.io", "o/n")))
      yield* withConfig("{", (folder) =>
        Effect.gen(function*() {
          const broken = yield* chain(Option.some(folder))
          assert.isUndefined(shown(yield* broken.find("quay.io", "o/n")))
        }).pipe(Effect.provide(NodeContext.layer)))
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("a helper that is not there is passed over, and the file is used", () =>
    withConfig(
      JSON.stringify({
        credHelpers: { "quay.io": "census-test-that-does-not-exist", "ghcr.io": "../../bin/sh" },
        auths: { "quay.io": { auth: base64("quay:file") } }
      }),
      (folder) =>
        Effect.gen(function*() {
          const credentials = yield* chain(Option.some(folder))
          assert.deepStrictEqual(shown(yield* credentials.find("quay.io", "o/n")), ["basic", "quay", "file"])
          assert.isUndefined(shown(yield* credentials.find("ghcr.io", "o/n")))
        })
    ).pipe(Effect.provide(NodeContext.layer)))

  it.effect("who logs in anew is noticed within ten minutes, and the file is not read for each request", () =>
    withConfig(
      JSON.stringify({ auths: { "quay.io": { auth: base64("old:1") } } }),
      (folder) =>
        Effect.gen(function*() {
          const fs = yield* FileSystem.FileSystem
          const credentials = yield* chain(Option.some(folder))
          const user = Effect.map(credentials.find("quay.io", "o/n"), (found) => shown(found)?.[1])
          assert.strictEqual(yield* user, "old")
          yield* fs.writeFileString(
            `${folder}/config.json`,
            JSON.stringify({ auths: { "quay.io": { auth: base64("new:2") } } })
          )
          assert.strictEqual(yield* user, "old")
          yield* TestClock.adjust("10 minutes")
          assert.strictEqual(yield* user, "new")
        })
    ).pipe(Effect.provide(NodeContext.layer)))
})
