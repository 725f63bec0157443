import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { Transient } from "../../../src/domain/Errors.js"
import type { RepositoryProbe } from "../../../src/domain/Finding.js"
import * as GitHubProbeMemory from "../../../src/layers/github/GitHubProbeMemory.js"
import { GitHubProbe } from "../../../src/services/GitHubProbe.js"

const web: RepositoryProbe = {
  repository: { owner: "acme", name: "website" },
  headOid: Option.some("c0ffee"),
  dockerfiles: ["Dockerfile"]
}
const down = new Transient({ service: "github", reason: "server", message: "HTTP 503" })

describe("GitHubProbeMemory", () => {
  it.effect("knows what it was given, whatever the case, and nothing else", () =>
    Effect.gen(function*() {
      const { probe } = yield* GitHubProbe
      assert.deepStrictEqual(yield* probe({ owner: "ACME", name: "web" }), web)
      const failing = yield* Effect.flip(probe({ owner: "acme", name: "down" }))
      assert.deepStrictEqual([failing._tag, failing.message], ["TRANSIENT", "HTTP 503"])
      const missing = yield* Effect.flip(probe({ owner: "acme", name: "gone" }))
      assert.strictEqual(missing._tag, "NOT_FOUND")
    }).pipe(Effect.provide(GitHubProbeMemory.layer([["Acme/Web", web], ["acme/down", down]]))))
})
