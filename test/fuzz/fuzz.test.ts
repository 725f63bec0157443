import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck, Logger, LogLevel } from "effect"
import { must, pure, target } from "./Target.js"
import { targets } from "./targets.js"

describe("a short run of every fuzzer", () => {
  for (const { about, brief, name, run } of targets) {
    it.live(
      `${name}: ${about}`,
      () =>
        Effect.map(
          Logger.withMinimumLogLevel(run({ seed: 13, cases: brief, workflows: [] }), LogLevel.None),
          ({ cases, failure }) => {
            assert.isUndefined(failure, `${failure?.error}\ninput: ${failure?.input}`)
            assert.strictEqual(cases, brief)
          }
        ),
      600_000
    )
  }
})

describe("a fuzzer", () => {
  it.live("says which input fails, as small as it can be, and by which seed and path it comes again", () =>
    Effect.gen(function*() {
      const failing = target({
        name: "failing",
        about: "texts of less than three characters",
        brief: 100,
        input: () => FastCheck.string({ unit: FastCheck.constant("a") }),
        check: pure((text: string) => must(text.length < 3, "too long"))
      })
      const { failure } = yield* failing.run({ seed: 1, cases: 1_000, workflows: [] })
      assert.strictEqual(failure?.input, "\"aaa\"")
      const again = yield* failing.run({ seed: failure?.seed ?? 0, path: failure?.path ?? "", workflows: [] })
      assert.strictEqual(again.failure?.input, "\"aaa\"")
    }))
})
