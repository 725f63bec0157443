import { assert, describe, it } from "@effect/vitest"
import { DateTime, FastCheck as fc } from "effect"
import { addDays, dayOf, daysBetween, startOf } from "../../src/domain/UtcDay.js"

const instants = fc.date({
  min: DateTime.toDateUtc(DateTime.unsafeMake("0001-01-01T00:00:00Z")),
  max: DateTime.toDateUtc(DateTime.unsafeMake("9999-12-31T23:59:59.999Z")),
  noInvalidDate: true
}).map((date) => date.getTime())

describe("a UTC day", () => {
  it.prop("is the date that the calendar says", [instants], ([at]) => {
    assert.strictEqual(dayOf(at), DateTime.formatIsoDateUtc(DateTime.unsafeMake(at)))
  })

  it.prop("begins at midnight and lasts until the next", [instants], ([at]) => {
    const day = dayOf(at)
    assert.isTrue(startOf(day) <= at && at < startOf(day) + 86_400_000)
    assert.strictEqual(dayOf(startOf(day)), day)
  })

  it.prop("counts back and forth", [instants, fc.integer({ min: -3000, max: 3000 })], ([at, days]) => {
    const day = dayOf(Math.min(Math.max(at, Date.UTC(1000, 0)), Date.UTC(9000, 0)))
    assert.strictEqual(daysBetween(day, addDays(day, days)), days)
    assert.strictEqual(addDays(addDays(day, days), -days), day)
  })
})
