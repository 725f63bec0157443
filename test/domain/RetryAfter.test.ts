import { assert, describe, it } from "@effect/vitest"
import { DateTime, FastCheck, Option } from "effect"
import {
  clampPark,
  countOf,
  parkCeiling,
  parkFloor,
  parseRetryAfter,
  rateLimitOf,
  retryAfterOf,
  unnamedPark
} from "../../src/domain/RetryAfter.js"

const now = Date.UTC(2026, 10, 21, 4, 0, 0)

describe("RetryAfter", () => {
  const forms: ReadonlyArray<readonly [string, number | undefined]> = [
    ["60", now + 60_000],
    [" 60 ", now + 60_000],
    ["0", now],
    ["1.5", now + 1500],
    ["1746136938", 1746136938000],
    ["999999999", now + 999_999_999_000],
    ["1746136938123", 1746136938123],
    ["Sat, 21 Nov 2026 04:01:00 GMT", now + 60_000],
    ["Saturday, 21-Nov-26 04:01:00 GMT", now + 60_000],
    ["Sat Nov 21 04:01:00 2026", now + 60_000],
    ["2026-11-21T04:01:00Z", now + 60_000],
    ["Sat, 99 Nov 2026 04:01:00 GMT", undefined],
    ["-5", undefined],
    ["", undefined],
    ["soon", undefined],
    ["2026", now + 2_026_000]
  ]
  it.each(forms)("reads %j", (text, expected) => {
    assert.deepStrictEqual(parseRetryAfter(text, now), Option.fromNullable(expected))
  })

  it("prefers Retry-After, and takes X-Retry-After where the first is missing or unreadable", () => {
    assert.deepStrictEqual(retryAfterOf({ "retry-after": "5", "x-retry-after": "9" }, now), Option.some(now + 5000))
    assert.deepStrictEqual(retryAfterOf({ "x-retry-after": "9" }, now), Option.some(now + 9000))
    assert.deepStrictEqual(retryAfterOf({ "retry-after": "later", "x-retry-after": "9" }, now), Option.some(now + 9000))
    assert.deepStrictEqual(retryAfterOf({}, now), Option.none())
  })

  it("reads the three X-RateLimit headers, each by itself", () => {
    assert.deepStrictEqual(
      rateLimitOf({ "x-ratelimit-limit": "180", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1746136938" }),
      { limit: 180, remaining: 0, resetsAt: 1746136938000 }
    )
    assert.deepStrictEqual(rateLimitOf({ "x-ratelimit-remaining": "many" }), {
      limit: undefined,
      remaining: undefined,
      resetsAt: undefined
    })
    assert.strictEqual(countOf("-1"), undefined)
  })

  it("lets a limit without a time cost a minute, then twice as long each time, never more than an hour", () => {
    const spans = [1, 2, 3, 6, 7, 50].map((attempt) => (unnamedPark(attempt, now) - now) / 60_000)
    assert.deepStrictEqual(spans, [1, 2, 4, 32, 60, 60])
  })

  it.prop(
    "keeps every park between one second and one hour",
    [FastCheck.double({ noNaN: true }), FastCheck.nat()],
    ([until, now]) => {
      const end = clampPark(until, now)
      assert.isTrue(end >= now + parkFloor && end <= now + parkCeiling)
    }
  )

  it.prop("reads back every number of seconds below 1e9 and every second of the epoch from there on", [
    FastCheck.integer({ min: 0, max: 4_000_000_000 })
  ], ([seconds]) => {
    const expected = seconds >= 1e9 ? seconds * 1000 : now + seconds * 1000
    assert.deepStrictEqual(parseRetryAfter(String(seconds), now), Option.some(expected))
  })

  it.prop("reads back every date that it can be given in the form of HTTP", [
    FastCheck.integer({ min: 0, max: 4_000_000_000 })
  ], ([seconds]) => {
    const text = DateTime.unsafeMake(seconds * 1000).pipe(DateTime.toDateUtc).toUTCString()
    assert.deepStrictEqual(parseRetryAfter(text, now), Option.some(seconds * 1000))
  })

  it.prop("never throws and never yields what is no number", [FastCheck.string(), FastCheck.nat()], ([text, now]) => {
    assert.isTrue(Option.match(parseRetryAfter(text, now), { onNone: () => true, onSome: Number.isFinite }))
  })
})
