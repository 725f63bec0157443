import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import * as RecentAnswers from "../../../src/programs/sync/recentAnswers.js"

const noon = Date.parse("2026-11-21T12:00:00Z")
const midnight = Date.parse("2026-11-22T00:00:00Z")
const facts = (image: string) => ({ image, pulls: 7n, stars: 1, lastUpdated: Option.none<number>() })

describe("recent answers", () => {
  it("are given under the name that is asked for, whatever its case", () => {
    const recent = RecentAnswers.make()
    recent.answered("O/A", Option.some(facts("O/A")), noon)
    recent.answered("o/gone", Option.none(), noon)
    assert.deepStrictEqual(recent.find("discovery", "o/a", noon + 1), Option.some(Option.some(facts("o/a"))))
    assert.deepStrictEqual(recent.find("discovery", "o/gone", noon + 1), Option.some(Option.none()))
    assert.deepStrictEqual(recent.find("discovery", "o/other", noon + 1), Option.none())
  })

  it("are forgotten after ten minutes, and at midnight", () => {
    const recent = RecentAnswers.make()
    recent.answered("o/a", Option.some(facts("o/a")), noon)
    assert.isTrue(Option.isSome(recent.find("discovery", "o/a", noon + RecentAnswers.believedFor.discovery - 1)))
    assert.isTrue(Option.isNone(recent.find("discovery", "o/a", noon + RecentAnswers.believedFor.discovery)))
    recent.answered("o/b", Option.some(facts("o/b")), midnight - 1000)
    recent.listed("p", [], midnight - 1000)
    assert.isTrue(Option.isNone(recent.find("discovery", "o/b", midnight)))
    assert.isTrue(Option.isNone(recent.find("discovery", "p/x", midnight)))
  })

  it("are given to a refresh for a moment, and never as an absence", () => {
    const recent = RecentAnswers.make()
    recent.answered("o/a", Option.some(facts("o/a")), noon)
    recent.answered("o/gone", Option.none(), noon)
    recent.listed("o", [facts("o/a")], noon)
    const { refresh } = RecentAnswers.believedFor
    assert.deepStrictEqual(recent.find("refresh", "o/a", noon + refresh - 1), Option.some(Option.some(facts("o/a"))))
    assert.deepStrictEqual(recent.find("refresh", "o/a", noon + refresh), Option.none())
    assert.deepStrictEqual(recent.find("refresh", "o/gone", noon), Option.none())
    assert.deepStrictEqual(recent.find("refresh", "o/x", noon), Option.none())
  })

  it("of a whole namespace say what is absent, but not of what was listed and forgotten", () => {
    const recent = RecentAnswers.make(2)
    recent.answered("o/a", Option.some(facts("o/a")), noon)
    recent.listed("o", [facts("o/a")], noon)
    assert.deepStrictEqual(recent.find("discovery", "o/x", noon + 1), Option.some(Option.none()))
    for (const image of ["q/a", "q/b", "q/c"]) recent.answered(image, Option.some(facts(image)), noon)
    assert.deepStrictEqual(recent.find("discovery", "o/a", noon + 1), Option.none())
    assert.deepStrictEqual(recent.find("discovery", "o/x", noon + 1), Option.some(Option.none()))
  })
})
