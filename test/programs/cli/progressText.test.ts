import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { line, sampled, screen, timeLeft, type View } from "../../../src/programs/cli/progressText.js"
import { widthOf } from "../../../src/programs/cli/text.js"

const base: View = {
  now: 60_000,
  state: {
    startedAt: 0,
    discovery: { checked: 1200, hits: 31, misses: 1160, notFound: 9, deferred: 0 },
    registries: [],
    refresh: { refreshed: 40, gone: 1, deferred: 2 },
    repositoriesDue: 2400,
    imagesDue: 10,
    circuitOpenUntil: undefined,
    phase: "working"
  },
  budgets: [
    {
      key: { service: "github", payer: "token:1" },
      limit: 5000,
      remaining: 4988,
      resetsAt: undefined,
      parkedUntil: undefined,
      parkReason: undefined,
      requests: 12,
      points: 12,
      observedAt: 0
    },
    {
      key: { service: "github", payer: "token:2" },
      limit: 5000,
      remaining: 10,
      resetsAt: undefined,
      parkedUntil: 105_000,
      parkReason: "secondary\nlimit",
      requests: 8,
      points: 8,
      observedAt: 0
    },
    {
      key: { service: "dockerhub", payer: "here" },
      limit: 180,
      remaining: undefined,
      resetsAt: undefined,
      parkedUntil: 59_000,
      parkReason: "over",
      requests: 60,
      points: 60,
      observedAt: 0
    }
  ],
  samples: [{ at: 0, repositories: 0, images: 0, requests: {} }]
}

const empty: View = {
  ...base,
  budgets: [],
  samples: [],
  state: { ...base.state, repositoriesDue: undefined, imagesDue: undefined, phase: "starting" }
}

describe("progressText", () => {
  it("shows backlog, counts, rates, budgets, parks and the time left", () => {
    assert.deepStrictEqual(screen(base, 200), [
      "working   2,400 repositories and 10 images due; 1 min so far, about 2 min left",
      "discovery 1,200 checked, 31 found, 1,160 without image, 9 unknown",
      "refresh   40 refreshed, 1 gone, 2 put off",
      "          GitHub 20 requests, 20 a minute, 4,998 left",
      "          Docker Hub 60 requests, 60 a minute",
      "waiting   GitHub (token:2) parked for 45 s: secondary limit"
    ])
  })

  it("shows when the next probe of a failing Hub is made", () => {
    const failing = { ...base, state: { ...base.state, circuitOpenUntil: 68_000 } }
    assert.strictEqual(screen(failing, 200).at(-1), "waiting   Docker Hub keeps failing; next try in 8 s")
    assert.include(line(failing), "Docker Hub keeps failing; next try in 8 s")
  })

  it("says in one line what it draws in several", () => {
    assert.strictEqual(
      line(base),
      "working: 2,400 repositories and 10 images due; 1,200 checked, 31 found, 1,160 without image, 9 unknown; " +
        "40 refreshed, 1 gone, 2 put off; GitHub 20 requests, 20 a minute, 4,998 left; Docker Hub 60 requests, " +
        "60 a minute; GitHub (token:2) parked for 45 s: secondary limit; 1 min so far, about 2 min left"
    )
  })

  it("promises no time left where it cannot be told", () => {
    assert.isUndefined(timeLeft(empty))
    assert.isUndefined(timeLeft({ ...base, samples: [] }))
    const stuck = { ...base, samples: [{ at: 0, repositories: 1200, images: 0, requests: {} }] }
    assert.isUndefined(timeLeft(stuck))
    assert.strictEqual(screen(empty, 80)[0], "starting  counting what is due; 1 min so far")
  })

  it.prop("fits every terminal", [fc.integer({ min: 1, max: 300 })], ([columns]) => {
    for (const shown of screen(base, columns)) {
      assert.isBelow(widthOf(shown), Math.max(21, columns))
      assert.notMatch(shown, /\p{Cc}/u)
    }
  })

  it.prop(
    "keeps samples of the last minute and the one before, at most one a second",
    [fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 400 })],
    ([steps]) => {
      let view: View = { ...base, now: 0, samples: [] }
      for (const step of steps) view = { ...view, now: view.now + step, samples: sampled(view) }
      const ats = view.samples.map(({ at }) => at)
      for (const [index, at] of ats.entries()) assert.isAtLeast(at - (ats[index - 1] ?? -1000), 1000)
      assert.isAtMost(ats.length, 62)
      assert.isAtMost(ats.filter((at) => at <= view.now - 70_000).length, 1)
    }
  )
})
