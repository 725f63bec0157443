import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc, Option } from "effect"
import { firstDay, lastDay, type PeriodLength, periods } from "../../src/domain/PullPeriods.js"
import { addDays, dayOf, daysBetween } from "../../src/domain/UtcDay.js"

const start = dayOf(Date.UTC(2024, 0, 1))
const lengths: ReadonlyArray<PeriodLength> = ["day", "week", "month"]

/** A history without falls: gaps of up to six weeks. */
const rising = fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.bigInt(0n, 10n ** 12n)), {
  minLength: 1,
  maxLength: 40
}).map((steps) => {
  let day = start
  let total = 0n
  return steps.map(([gap, pulls]) => {
    day = addDays(day, gap)
    total += pulls
    return { day, total }
  })
})

const day = (text: string) => dayOf(Date.parse(text))
const rows = (...counts: ReadonlyArray<readonly [string, bigint]>) =>
  counts.map(([text, total]) => ({ day: day(text), total }))

describe("the days of a period", () => {
  it.prop("lie between its first and its last, which touch those of its neighbours", [
    fc.integer({ min: 0, max: 40_000 }),
    fc.constantFrom(...lengths)
  ], ([offset, by]) => {
    const on = addDays(dayOf(0), offset)
    const first = firstDay(by, on)
    const last = lastDay(by, first)
    assert.isTrue(first <= on && on <= last)
    assert.strictEqual(firstDay(by, last), first)
    assert.strictEqual(firstDay(by, addDays(last, 1)), addDays(last, 1))
  })

  it("are Monday to Sunday, and a month's own", () => {
    assert.strictEqual(firstDay("week", day("2026-11-21")), "2026-11-16")
    assert.strictEqual(lastDay("week", day("2026-11-16")), "2026-11-22")
    assert.strictEqual(lastDay("month", day("2024-02-01")), "2024-02-29")
  })
})

describe("periods", () => {
  it.prop("add up to the whole difference, however they are cut", [rising, fc.constantFrom(...lengths)], ([
    counts,
    by
  ]) => {
    const [first, last] = [counts[0], counts.at(-1)]
    if (first === undefined || last === undefined) return
    const built = periods(counts, by, first.day, last.day)
    const sum = built.reduce((all, { pulls }) => all + Option.getOrElse(pulls, () => 0n), 0n)
    assert.strictEqual(sum, last.total - first.total)
    const missing = built.reduce((all, { missingDays }) => all + missingDays, 0)
    assert.strictEqual(missing, daysBetween(first.day, last.day) + 1 - counts.length)
  })

  it.prop("of a part are those of the whole", [rising, fc.constantFrom(...lengths), fc.nat(400), fc.nat(100)], ([
    counts,
    by,
    offset,
    length
  ]) => {
    const from = firstDay(by, addDays(start, offset))
    const to = lastDay(by, firstDay(by, addDays(from, length)))
    const whole = periods(counts, by, dayOf(0), addDays(start, 10_000))
    assert.deepStrictEqual(
      periods(counts, by, from, to),
      whole.filter(({ first }) => first >= from && first <= to)
    )
  })

  it("share a gap out over its days, and mark them", () => {
    const built = periods(rows(["2026-11-01", 100n], ["2026-11-04", 200n]), "day", day("2026-11-01"), day("2026-11-30"))
    assert.deepStrictEqual(built.map(({ first, missingDays }) => [first, missingDays]), [
      ["2026-11-01", 0],
      ["2026-11-02", 1],
      ["2026-11-03", 1],
      ["2026-11-04", 0]
    ])
    assert.deepStrictEqual(built.map(({ pulls }) => Option.getOrNull(pulls)), [null, 33n, 33n, 34n])
    assert.deepStrictEqual(built.map(({ total }) => Option.getOrNull(total)), [100n, null, null, 200n])
  })

  it("do not know the pulls of a time in which the counter fell", () => {
    const history = rows(["2026-10-30", 10n], ["2026-10-31", 20n], ["2026-11-01", 5n], ["2026-11-02", 6n])
    const built = periods(history, "month", day("2026-10-01"), day("2026-11-30"))
    assert.deepStrictEqual(built.map(({ fell, pulls }) => [fell, Option.getOrNull(pulls)]), [[false, 10n], [
      true,
      null
    ]])
  })

  it("at the edges of the range are the part within it, and say so", () => {
    const daily = Array.from({ length: 40 }, (_, n) => ({ day: addDays(day("2026-06-10"), n), total: BigInt(10 * n) }))
    const built = periods(daily, "week", day("2026-06-20"), day("2026-07-10"))
    assert.deepStrictEqual(
      built.map(({ first, last, partial, pulls }) => [String(first), String(last), Option.getOrNull(pulls), partial]),
      [
        ["2026-06-20", "2026-06-21", 20n, true],
        ["2026-06-22", "2026-06-28", 70n, false],
        ["2026-06-29", "2026-07-05", 70n, false],
        ["2026-07-06", "2026-07-10", 50n, true]
      ]
    )
  })

  it("are partial before the history has their whole time, and while they last; days never are", () => {
    const history = rows(["2026-10-15", 10n], ["2026-10-31", 20n], ["2026-11-30", 50n], ["2026-12-02", 52n])
    const of = (by: PeriodLength) => periods(history, by, day("2026-01-01"), day("2026-12-31"))
    assert.deepStrictEqual(of("month").map(({ first, last, partial }) => [String(first), String(last), partial]), [
      ["2026-10-01", "2026-10-31", true],
      ["2026-11-01", "2026-11-30", false],
      ["2026-12-01", "2026-12-31", true]
    ])
    assert.isFalse(of("day").some(({ partial }) => partial))
  })

  it("are none without a history", () => {
    assert.deepStrictEqual(periods([], "week", day("2026-01-01"), day("2026-12-31")), [])
  })
})
