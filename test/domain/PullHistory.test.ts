import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc, Option } from "effect"
import { calendar, dailyPulls, pullsWithin, rowsOf, sparkline } from "../../src/domain/PullHistory.js"
import { addDays, daysBetween, parse } from "../../src/domain/UtcDay.js"

const first = Option.getOrThrow(parse("2024-02-27"))

/** Days with gaps of 1 to 5 days and counts that mostly grow. */
const counts = fc.array(
  fc.record({ gap: fc.integer({ min: 1, max: 5 }), pulls: fc.integer({ min: -20, max: 1000 }) }),
  { maxLength: 60 }
).map((steps) => {
  let day = first
  let total = 100_000n
  return [
    { day, total },
    ...steps.map(({ gap, pulls }) => {
      day = addDays(day, gap)
      total += BigInt(pulls)
      return { day, total }
    })
  ]
})

const history = (...totals: ReadonlyArray<readonly [string, bigint]>) =>
  rowsOf(totals.map(([day, total]) => ({ day: Option.getOrThrow(parse(day)), total })))

describe("PullHistory", () => {
  it.prop("differences add up to the whole, gaps to the days between", [counts], ([counts]) => {
    const rows = rowsOf(counts)
    const last = counts.at(-1) ?? { day: first, total: 0n }
    assert.strictEqual(
      rows.reduce((sum, { pulls }) => sum + Option.getOrElse(pulls, () => 0n), 0n),
      last.total - 100_000n
    )
    assert.strictEqual(rows.reduce((sum, { gapDays }) => sum + gapDays, 0), daysBetween(first, last.day))
    for (const { fell, pulls } of rows) assert.strictEqual(fell, Option.exists(pulls, (pulls) => pulls < 0n))
  })

  it.prop("a calendar has every day once, in order", [counts], ([counts]) => {
    const days = calendar(rowsOf(counts))
    assert.deepStrictEqual(days.map(({ day }) => day), days.map((_, index) => addDays(first, index + 1)))
    assert.strictEqual(days.length, daysBetween(first, counts.at(-1)?.day ?? first))
  })

  it.prop("a calendar shares differences out, and loses no pull where the counter never fell", [counts], ([counts]) => {
    const rows = rowsOf(counts)
    const days = calendar(rows)
    const whole = pullsWithin(days, days.length)
    if (rows.some(({ fell }) => fell) || days.length === 0) assert.isTrue(Option.isNone(whole))
    else assert.strictEqual(Option.getOrThrow(whole), Number((counts.at(-1)?.total ?? 0n) - 100_000n))
  })

  it.prop(
    "the last days' pulls are those of the calendar, whether the history ends before, within or behind them",
    [counts, fc.integer({ min: -20, max: 20 }), fc.integer({ min: 0, max: 40 })],
    ([counts, behind, length]) => {
      const last = addDays(counts.at(-1)?.day ?? first, behind)
      const known = new Map(
        calendar(rowsOf(counts)).map((day) => [
          day.day,
          day._tag === "Known" ? day.pulls : day._tag === "Gap" ? Option.getOrNull(day.share) : null
        ])
      )
      assert.deepStrictEqual(
        dailyPulls(counts, last, length),
        Array.from({ length }, (_, index) => {
          const pulls = known.get(addDays(last, index + 1 - length)) ?? null
          return pulls === null ? null : Math.round(pulls)
        })
      )
    }
  )

  it.prop(
    "a sparkline has a character for each day, or fits",
    [counts, fc.integer({ min: 1, max: 80 })],
    ([counts, width]) => {
      const days = calendar(rowsOf(counts))
      const line = sparkline(days, width)
      assert.match(line, /^[▁▂▃▅▇·!]*$/)
      if (days.length <= width) assert.strictEqual([...line].length, days.length)
      else assert.isAtMost([...line].length, width)
    }
  )

  it("marks gaps and falls", () => {
    const rows = history(
      ["2024-02-27", 100n],
      ["2024-02-28", 110n],
      ["2024-03-02", 170n],
      ["2024-03-03", 160n],
      ["2024-03-04", 200n]
    )
    assert.deepStrictEqual(rows.map(({ fell, gapDays, pulls }) => [Option.getOrUndefined(pulls), gapDays, fell]), [
      [undefined, 0, false],
      [10n, 1, false],
      [60n, 3, false],
      [-10n, 1, true],
      [40n, 1, false]
    ])
    assert.strictEqual(sparkline(calendar(rows), 80), "▂··▃!▇")
  })

  it("means days that share a character", () => {
    const rows = history(["2024-01-01", 0n], ["2024-01-02", 10n], ["2024-01-03", 30n], ["2024-01-04", 130n], [
      "2024-01-05",
      130n
    ])
    assert.strictEqual(sparkline(calendar(rows), 2), "▂▇")
  })

  it("tells a week only where a week is known", () => {
    const days = calendar(history(["2024-01-01", 0n], ["2024-01-05", 40n], ["2024-01-08", 100n]))
    assert.deepStrictEqual(pullsWithin(days, 7), Option.some(100))
    assert.deepStrictEqual(pullsWithin(days, 5), Option.some(80))
    assert.deepStrictEqual(pullsWithin(days, 8), Option.none())
    assert.deepStrictEqual(pullsWithin([], 1), Option.none())
  })
})
