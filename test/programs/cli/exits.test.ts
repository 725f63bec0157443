import { assert, describe, it } from "@effect/vitest"
import { Cause, FiberId } from "effect"
import { Auth, SettingsError, Transient } from "../../../src/domain/Errors.js"
import { Ended, Failure, UsageError } from "../../../src/programs/cli/errors.js"
import { ending } from "../../../src/programs/cli/exits.js"
import { WrongSettings } from "../../../src/programs/settings/Settings.js"

const wrong = new SettingsError({ setting: "DATABASE_URL", message: "is no address" })

describe("exits", () => {
  const failures: ReadonlyArray<readonly [unknown, number, ReadonlyArray<string>]> = [
    [new UsageError({ message: "say which" }), 2, ["say which"]],
    [wrong, 2, ["DATABASE_URL: is no address"]],
    [
      new WrongSettings({ errors: [wrong, new SettingsError({ setting: "LOG_LEVEL", message: "is loud" })] }),
      2,
      ["DATABASE_URL: is no address", "LOG_LEVEL: is loud"]
    ],
    [new Auth({ service: "GitHub", message: "refused" }), 3, ["GitHub: refused"]],
    [new Transient({ service: "store", reason: "network", message: "lost\n  again" }), 1, ["store: lost again"]],
    [new Failure({ message: "nothing" }), 1, ["nothing"]],
    [new Ended({ code: 3 }), 3, []],
    [new Error("odd"), 1, ["odd"]]
  ]
  for (const [error, code, lines] of failures) {
    it(`ends with ${code} on ${String(error).slice(0, 50)}`, () => {
      assert.deepStrictEqual(ending(Cause.fail(error), false), { code, lines })
    })
  }

  it("takes an interruption for a signal", () => {
    assert.deepStrictEqual(ending(Cause.interrupt(FiberId.none), false), { code: 0, lines: [] })
  })

  it("tells a defect in one line, and all of it only for debugging", () => {
    const cause = Cause.die(new Error("impossible\nreally"))
    assert.deepStrictEqual(ending(cause, false), {
      code: 1,
      lines: ["internal error: impossible really (LOG_LEVEL=debug shows more)"]
    })
    const details = ending(cause, true)
    assert.strictEqual(details.lines[0], "internal error: impossible really")
    assert.isAbove(details.lines.length, 2)
  })
})
