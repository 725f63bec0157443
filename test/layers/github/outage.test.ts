import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { GitHubProbe } from "../../../src/services/GitHubProbe.js"
import { all, fakeGitHub, probeOver, type Reply, repositories, tokens } from "./fakeGitHub.js"

const tenMinutes = 600_000

const faults: ReadonlyArray<readonly [string, Reply]> = [
  ["429 without a time", { status: 429, body: "Too Many Requests" }],
  ["429 with Retry-After: 0", { status: 429, headers: { "retry-after": "0" }, body: "" }],
  ["403 with a reset in the past", {
    status: 403,
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1" },
    body: { message: "API rate limit exceeded" }
  }],
  ["503", { status: 503, body: "<html>Service Unavailable</html>" }],
  ["502", { status: 502, body: { data: null, errors: [{ message: "Something went wrong" }] } }],
  ["a hang", "hang"],
  ["a reset", "reset"],
  ["truncated JSON", { status: 200, body: "{\"data\":{\"r0\":{\"nameWithOwner\":\"ac" }],
  ["HTML", { status: 200, body: "<html>Welcome</html>" }]
]

describe("GitHubProbe: ten minutes of", () => {
  for (const [name, reply] of faults) {
    it.effect(`${name}: callers wait, few requests are spent, and then all are answered`, () => {
      const fake = fakeGitHub((seen) => seen.at < tenMinutes ? reply : all(seen), "120 millis")
      return Effect.gen(function*() {
        const { probe } = yield* GitHubProbe
        const fiber = yield* Effect.fork(
          Effect.forEach(repositories(250), (name) => Effect.either(probe(name)), { concurrency: "unbounded" })
        )
        yield* TestClock.adjust(tenMinutes)
        const spent = fake.seen.length
        assert.strictEqual((yield* Fiber.poll(fiber))._tag, "None")
        // Three members, each with its parks; or one circuit with steps of 1, 2, 4 … 60 s.
        assert.isAtMost(spent, name.startsWith("4") ? 60 : 25)
        yield* TestClock.adjust("70 minutes")
        const results = yield* Fiber.join(fiber)
        assert.deepStrictEqual([...new Set(results.map(({ _tag }) => _tag))], ["Right"])
        assert.isAtMost(fake.seen.length - spent, 40)
      }).pipe(Effect.provide(probeOver(fake, { tokens: tokens("a", "b", "c") })))
    })
  }

  it.effect("anything: the end of the layer ends the waiting", () => {
    const fake = fakeGitHub(() => "hang")
    return Effect.gen(function*() {
      const fiber = yield* Effect.fork(
        Effect.provide(
          Effect.flatMap(GitHubProbe, ({ probe }) => probe({ owner: "acme", name: "web" })),
          probeOver(fake)
        )
      )
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(fake.seen.length, 1)
      const exit = yield* Fiber.interrupt(fiber)
      assert.strictEqual(exit._tag, "Failure")
    })
  })
})
