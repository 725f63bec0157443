import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { call } from "../../support/commandLine.js"
import { makeLayers } from "../../support/memoryLayers.js"

/** Which lines a command logs of one for debugging, one of note and one of warning. */
const logged = (options: string, environment: Readonly<Record<string, string>>) => {
  const { layers } = makeLayers()
  const speaking = Layer.effectDiscard(Effect.all([
    Effect.logDebug("one-debug"),
    Effect.logInfo("one-info"),
    Effect.logWarning("one-warning")
  ]))
  return Effect.map(
    call({ layers: { ...layers, store: Layer.merge(layers.store, speaking) }, environment }, `repos list ${options}`),
    ({ stderr }) => [...stderr.matchAll(/one-([a-z]+)/g)].map(([, level]) => level)
  )
}

const info = ["info", "warning"]
const debug = ["debug", "info", "warning"]
const warning = ["warning"]

describe("the log's level", () => {
  it.effect.each([
    { level: "", lines: info },
    { level: "debug", lines: debug },
    { level: "warning", lines: warning }
  ])("is LOG_LEVEL's where the command line names none: $level", ({ level, lines }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* logged("", level === "" ? {} : { LOG_LEVEL: level }), lines)
    }))

  it.effect.each([
    { asked: "info", level: "debug", lines: info },
    { asked: "info", level: "error", lines: info },
    { asked: "debug", level: "error", lines: debug },
    { asked: "warning", level: "debug", lines: warning }
  ])(
    "is the command line's where it names one: $asked over $level",
    ({ asked, level, lines }) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* logged(`--log-level ${asked}`, { LOG_LEVEL: level }), lines)
      })
  )
})
