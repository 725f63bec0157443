import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, TestClock } from "effect"
import { GitHubProbe } from "../../../src/services/GitHubProbe.js"
import { RateBudgets } from "../../../src/services/RateBudgets.js"
import { all, facts, fakeGitHub, plenty, probeOver, repositories, tokens } from "./fakeGitHub.js"

/** Probes these at once and lets the virtual time run until all are answered, or the time is over. */
const probeAll = (names: ReadonlyArray<{ readonly owner: string; readonly name: string }>, minutes = 60) =>
  Effect.gen(function*() {
    const { probe } = yield* GitHubProbe
    const fiber = yield* Effect.fork(
      Effect.forEach(names, (name) => Effect.either(probe(name)), { concurrency: "unbounded" })
    )
    yield* TestClock.adjust(`${minutes} minutes`)
    const exit = yield* Fiber.poll(fiber)
    return yield* Option.getOrElse(exit, () => Exit.die("not answered in time"))
  })

const tags = (results: ReadonlyArray<{ readonly _tag: string }>) => [...new Set(results.map(({ _tag }) => _tag))]

const forbidden = (asked: ReadonlyArray<string>, who: (name: string) => boolean) => ({
  status: 200,
  body: {
    data: Object.fromEntries(asked.map((name, i) => [`r${i}`, who(name) ? null : facts(name)])),
    errors: asked.flatMap((name, i) =>
      who(name)
        ? [{ type: "FORBIDDEN", path: [`r${i}`], extensions: { saml_failure: true }, message: "SAML" }]
        : []
    )
  }
})

describe("GitHubProbe: batches", () => {
  it.effect("a question that its batch dies of dies alone, and the others are answered", () => {
    const fake = fakeGitHub((seen) => all(seen))
    return Effect.gen(function*() {
      let armed = false
      const poisoned = {
        owner: "acme",
        get name() {
          if (armed) throw new TypeError("nobody foresaw this name")
          return "poisoned"
        }
      }
      const { probe } = yield* GitHubProbe
      const names = [...repositories(20), poisoned, ...repositories(20, "other")]
      const fiber = yield* Effect.fork(
        Effect.forEach(names, (name) => Effect.exit(probe(name)), { concurrency: "unbounded" })
      )
      yield* Effect.yieldNow()
      yield* TestClock.adjust(0)
      armed = true
      yield* TestClock.adjust("10 minutes")
      const exits = yield* Fiber.join(fiber)
      assert.deepStrictEqual(exits.flatMap((exit, index) => Exit.isFailure(exit) ? [index] : []), [20])
      // It goes on with whoever asks next.
      armed = false
      assert.deepStrictEqual(tags(yield* probeAll(repositories(3, "later"))), ["Right"])
    }).pipe(Effect.provide(probeOver(fake)))
  })

  it.effect("asks for a hundred repositories in one request", () => {
    const fake = fakeGitHub((seen) => all(seen))
    return Effect.gen(function*() {
      const results = yield* probeAll(repositories(100))
      assert.deepStrictEqual(tags(results), ["Right"])
      assert.strictEqual(fake.seen.length, 1)
      assert.strictEqual(fake.seen[0]?.asked.length, 100)
      assert.notStrictEqual(fake.seen[0]?.userAgent, "")
      const budgets = yield* Effect.flatMap(RateBudgets, ({ snapshot }) => snapshot)
      assert.deepStrictEqual(
        budgets.map(({ key, points, remaining, requests }) => [key.payer, requests, points, remaining]),
        [["token:1", 1, 1, 4000]]
      )
    }).pipe(Effect.provide(probeOver(fake)))
  })

  it.effect("starts small, doubles, and spreads over the pool: at most 20 requests for 1,000", () => {
    const fake = fakeGitHub((seen) => all(seen), "420 millis")
    return Effect.gen(function*() {
      yield* probeAll(repositories(1000))
      const sizes = fake.seen.map(({ asked }) => asked.length)
      assert.deepStrictEqual(sizes.slice(0, 5), [25, 25, 25, 50, 50])
      assert.isAtMost(sizes.length, 20)
      assert.strictEqual(sizes.reduce((a, b) => a + b, 0), 1000)
      assert.deepStrictEqual([...new Set(fake.seen.map(({ token }) => token))].sort(), ["a", "b", "c"])
    }).pipe(Effect.provide(probeOver(fake, { tokens: tokens("a", "b", "c"), firstBatchSize: 25 })))
  })

  it.effect("asks once for a repository that several callers want, whatever its case", () => {
    const fake = fakeGitHub((seen) => all(seen), "1 second")
    return Effect.gen(function*() {
      const { probe } = yield* GitHubProbe
      const first = yield* Effect.fork(probe({ owner: "Acme", name: "Web" }))
      yield* TestClock.adjust("100 millis")
      const second = yield* Effect.fork(probe({ owner: "acme", name: "web" }))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(first), yield* Fiber.join(second))
      assert.strictEqual(fake.seen.length, 1)
    }).pipe(Effect.provide(probeOver(fake)))
  })

  it.effect("does not ask for what nobody waits for any more", () => {
    const fake = fakeGitHub((seen) => all(seen))
    return Effect.gen(function*() {
      const { probe } = yield* GitHubProbe
      const leaving = yield* Effect.fork(probe({ owner: "acme", name: "gone" }))
      const staying = yield* Effect.fork(probe({ owner: "acme", name: "here" }))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(leaving)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(staying)
      assert.deepStrictEqual(fake.seen.map(({ asked }) => asked), [["acme/here"]])
    }).pipe(Effect.provide(probeOver(fake)))
  })

  it.effect("halves what times out and grows back slowly", () => {
    const fake = fakeGitHub((seen) =>
      seen.asked.length > 30
        ? {
          status: 502,
          body: { data: null, errors: [{ message: "Something went wrong while executing your query" }] }
        }
        : all(seen)
    )
    return Effect.gen(function*() {
      assert.deepStrictEqual(tags(yield* probeAll(repositories(300))), ["Right"])
      const sizes = fake.seen.map(({ asked }) => asked.length)
      // The request without a repository finds out that GitHub itself is well.
      assert.deepStrictEqual(sizes.slice(0, 7), [100, 50, 0, 25, 25, 27, 29])
      assert.isAtMost(sizes.length, 20)
    }).pipe(Effect.provide(probeOver(fake)))
  })

  it.effect("uses partial data, and asks again in halves for the rest alone", () => {
    const fake = fakeGitHub((seen, number) =>
      number > 1 ? all(seen) : {
        status: 200,
        body: {
          data: Object.fromEntries(seen.asked.map((name, i) => [`r${i}`, i < 60 ? facts(name) : null])),
          errors: seen.asked.slice(60).map((_, i) => ({
            type: "RESOURCE_LIMITS_EXCEEDED",
            path: [`r${i + 60}`],
            message: "Resource limits for this query exceeded."
          }))
        }
      }
    )
    return Effect.gen(function*() {
      assert.deepStrictEqual(tags(yield* probeAll(repositories(100))), ["Right"])
      assert.deepStrictEqual(fake.seen.map(({ asked }) => asked.length), [100, 20, 20])
      assert.strictEqual(fake.seen[1]?.asked[0], "acme/repo-60")
    }).pipe(Effect.provide(probeOver(fake)))
  })

  it.effect("does not take a null for an answer when GitHub says that something went wrong", () => {
    const fake = fakeGitHub((seen, number) =>
      number > 1 ? all(seen) : {
        status: 200,
        body: { data: { r0: facts("acme/repo-0", [null, null, null]) }, errors: [{ message: "timedout" }] }
      }
    )
    return Effect.gen(function*() {
      const [result] = yield* probeAll(repositories(1))
      assert.strictEqual(result?._tag === "Right" ? result.right.dockerfiles[0] : undefined, "Dockerfile")
    }).pipe(Effect.provide(probeOver(fake)))
  })

  it.effect("gives up a repository that fails although others are answered, and that one alone", () => {
    const fake = fakeGitHub((seen) =>
      seen.asked.includes("acme/repo-7") ? { status: 502, body: "<html>Bad Gateway</html>" } : all(seen)
    )
    return Effect.gen(function*() {
      const results = yield* probeAll(repositories(50))
      const left = results.flatMap((result, i) => result._tag === "Left" ? [[i, result.left._tag]] : [])
      assert.deepStrictEqual(left, [[7, "TRANSIENT"]])
      assert.isAtMost(fake.seen.length, 40)
    }).pipe(Effect.provide(probeOver(fake)))
  })

  it.effect("gives up a lone repository that breaks its request, once GitHub proves to be well", () => {
    const fake = fakeGitHub((seen) => seen.asked.length > 0 ? { status: 200, body: "{\"data\": {\"r0" } : all(seen))
    return Effect.gen(function*() {
      const [result] = yield* probeAll(repositories(1))
      assert.strictEqual(result?._tag === "Left" ? result.left._tag : undefined, "TRANSIENT")
      assert.isAtMost(fake.seen.length, 12)
    }).pipe(Effect.provide(probeOver(fake)))
  })
})

describe("GitHubProbe: answers", () => {
  it.effect("maps what GitHub knows of a repository", () => {
    const answers: Readonly<Record<string, unknown>> = {
      "acme/old": facts("New/Name"),
      "acme/dir": facts("acme/dir", ["Tree", "Blob", "Commit"]),
      "acme/empty": { nameWithOwner: "acme/empty", head: null, f0: null, f1: null, f2: null },
      "acme/gone": null
    }
    const fake = fakeGitHub((seen) => ({
      status: 200,
      body: {
        data: Object.fromEntries(seen.asked.map((name, i) => [`r${i}`, answers[name]])),
        errors: [{
          type: "NOT_FOUND",
          path: [`r${seen.asked.indexOf("acme/gone")}`],
          message: "Could not resolve to a Repository with the name 'acme/gone'."
        }]
      }
    }))
    return Effect.gen(function*() {
      const results = yield* probeAll(Object.keys(answers).map((name) => ({ owner: "acme", name: name.slice(5) })))
      assert.deepStrictEqual(
        results.map((result) =>
          result._tag === "Left"
            ? result.left._tag
            : { ...result.right, headOid: Option.getOrNull(result.right.headOid) }
        ),
        [
          { repository: { owner: "New", name: "Name" }, headOid: "c0ffee", dockerfiles: ["Dockerfile"] },
          { repository: { owner: "acme", name: "dir" }, headOid: "c0ffee", dockerfiles: ["docker/Dockerfile"] },
          { repository: { owner: "acme", name: "empty" }, headOid: null, dockerfiles: [] },
          "NOT_FOUND"
        ]
      )
    }).pipe(Effect.provide(probeOver(fake)))
  })

  it.effect("tries another credential where SAML or an IP allow list refuses one", () => {
    const fake = fakeGitHub((seen) =>
      forbidden(seen.asked, (name) => name === "acme/repo-1" || (name === "acme/repo-2" && seen.token === "a"))
    )
    return Effect.gen(function*() {
      const results = yield* probeAll(repositories(4))
      assert.deepStrictEqual(results.map(({ _tag }) => _tag), ["Right", "Left", "Right", "Right"])
      const refused = results[1]
      assert.deepStrictEqual(
        refused?._tag === "Left" && refused.left._tag === "AUTH" ? refused.left.scope : undefined,
        "one"
      )
      // The credential that was refused there goes on working elsewhere.
      assert.deepStrictEqual(tags(yield* probeAll(repositories(10, "other"))), ["Right"])
    }).pipe(Effect.provide(probeOver(fake, { tokens: tokens("a", "b") })))
  })
})

describe("GitHubProbe: credentials", () => {
  const badCredentials = { message: "Bad credentials", documentation_url: "https://docs.github.com/graphql" }

  it.effect("drops a revoked token and goes on with the others; without any, AUTH ends what is asked", () => {
    let revoked: ReadonlyArray<string> = ["a"]
    const fake = fakeGitHub((seen) => revoked.includes(seen.token) ? { status: 401, body: badCredentials } : all(seen))
    return Effect.gen(function*() {
      assert.deepStrictEqual(tags(yield* probeAll(repositories(200), 1)), ["Right"])
      // Asked once more, ten seconds later.
      yield* probeAll(repositories(200, "more"), 1)
      assert.deepStrictEqual(fake.seen.filter(({ token }) => token === "a").map(({ at }) => at >= 10_000), [
        false,
        true
      ])
      revoked = ["a", "b"]
      const results = yield* probeAll(repositories(5, "other"), 1)
      assert.deepStrictEqual(
        results.map((result) => result._tag === "Left" && result.left._tag === "AUTH" ? result.left.scope : undefined),
        ["all", "all", "all", "all", "all"]
      )
      assert.isTrue(results.every((result) => !JSON.stringify(result).includes("secret")))
      const count = fake.seen.length
      yield* probeAll(repositories(5, "third"), 1)
      assert.strictEqual(fake.seen.length, count)
      const states = yield* Effect.flatMap(RateBudgets, ({ snapshot }) => snapshot)
      assert.deepStrictEqual(states.map(({ key, parkReason }) => [key.payer, parkReason?.startsWith("refused: ")]), [
        ["token:1", true],
        ["token:2", true]
      ])
    }).pipe(Effect.provide(probeOver(fake, { tokens: tokens("a", "b") })))
  })

  it.effect("takes a single 401 for a fault on the way: nothing is lost, and the only token goes on", () => {
    const fake = fakeGitHub((seen, number) => number === 3 ? { status: 401, body: badCredentials } : all(seen))
    return Effect.gen(function*() {
      for (const owner of ["a", "b", "c", "d"]) {
        assert.deepStrictEqual(tags(yield* probeAll(repositories(50, owner), 1)), ["Right"])
      }
      assert.strictEqual(fake.seen.length, 5)
    }).pipe(Effect.provide(probeOver(fake)))
  })

  const gateways: ReadonlyArray<readonly [string, number, unknown]> = [
    ["JSON", 401, { message: "Unauthorized" }],
    ["a page", 401, "<html>Sign in to the network</html>"],
    ["JSON with 403", 403, { message: "Forbidden" }]
  ]
  for (const [name, status, body] of gateways) {
    it.effect(`waits out a gateway in between that refuses everything for an hour: ${name}`, () => {
      const fake = fakeGitHub((seen) => seen.at < 3_600_000 ? { status, body } : all(seen))
      return Effect.gen(function*() {
        assert.deepStrictEqual(tags(yield* probeAll(repositories(50), 65)), ["Right"])
      }).pipe(Effect.provide(probeOver(fake)))
    })
  }

  it.effect("tries a dropped token again after 1, 2, 4 and 8 hours, once each, and takes it back when it works", () => {
    let revoked = true
    const fake = fakeGitHub((seen) => revoked ? { status: 401, body: badCredentials } : all(seen))
    const hour = 3_600_000
    return Effect.gen(function*() {
      // Somebody asks every half hour.
      for (let round = 0; round < 56; round++) yield* probeAll(repositories(1, `r${round}`), 30)
      const spans = fake.seen.slice(1).map(({ at }, i) => Math.floor((at - (fake.seen[i]?.at ?? 0)) / hour))
      assert.deepStrictEqual(spans, [0, 1, 2, 4, 8, 8])
      revoked = false
      yield* TestClock.adjust("8 hours")
      assert.deepStrictEqual(tags(yield* probeAll(repositories(5, "last"), 1)), ["Right"])
      // And is believed on the second time again.
      const before = fake.seen.length
      revoked = true
      yield* probeAll(repositories(1, "later"), 1)
      assert.strictEqual(fake.seen.length, before + 2)
    }).pipe(Effect.provide(probeOver(fake)))
  })

  it.effect("fails with AUTH where there is no credential at all", () => {
    const fake = fakeGitHub((seen) => all(seen))
    return Effect.gen(function*() {
      const [result] = yield* probeAll(repositories(1))
      assert.strictEqual(result?._tag === "Left" ? result.left._tag : undefined, "AUTH")
      assert.strictEqual(fake.seen.length, 0)
    }).pipe(Effect.provide(probeOver(fake, { tokens: [] })))
  })

  it.effect("parks each credential alone: the free one does the work", () => {
    const fake = fakeGitHub((seen) =>
      seen.token === "a"
        ? {
          status: 403,
          headers: { "retry-after": "600" },
          body: { message: "You have exceeded a secondary rate limit." }
        }
        : all(seen)
    )
    return Effect.gen(function*() {
      assert.deepStrictEqual(tags(yield* probeAll(repositories(300), 9)), ["Right"])
      assert.strictEqual(fake.seen.filter(({ token }) => token === "a").length, 1)
      const { parkedUntil } = yield* RateBudgets
      assert.isAbove(yield* parkedUntil({ service: "github", payer: "token:1" }), 0)
      assert.strictEqual(yield* parkedUntil({ service: "github", payer: "token:2" }), 0)
    }).pipe(Effect.provide(probeOver(fake, { tokens: tokens("a", "b"), firstBatchSize: 25 })))
  })

  it.effect("uses an answer that leaves nothing, and waits for the reset before the next", () => {
    const fake = fakeGitHub((seen, number) =>
      all(seen, { ...plenty, remaining: number === 1 ? 0 : 4999, resetAt: "1970-01-01T00:10:00Z" })
    )
    return Effect.gen(function*() {
      const { probe } = yield* GitHubProbe
      const first = yield* Effect.fork(probe({ owner: "acme", name: "a" }))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(first)
      const second = yield* Effect.fork(probe({ owner: "acme", name: "b" }))
      yield* TestClock.adjust("20 minutes")
      yield* Fiber.join(second)
      assert.isAtLeast(fake.seen[1]?.at ?? 0, 601_000)
    }).pipe(Effect.provide(probeOver(fake)))
  })
})
