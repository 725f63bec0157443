import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Exit, Fiber, Layer, Logger, Option, Redacted, TestClock } from "effect"
import { generateKeyPairSync, verify } from "node:crypto"
import { setImmediate } from "node:timers/promises"
import * as RateBudgetsMemory from "../../../src/layers/budgets/RateBudgetsMemory.js"
import * as GitHubAccountHttp from "../../../src/layers/github/GitHubAccountHttp.js"
import type { GitHubOptions } from "../../../src/layers/github/options.js"
import { readPrivateKey } from "../../../src/layers/github/privateKey.js"
import { GitHubAccount } from "../../../src/services/GitHubAccount.js"
import { GitHubProbe } from "../../../src/services/GitHubProbe.js"
import { all, fakeGitHub, plenty, probeOver, type Reply, repositories, type Seen, tokens } from "./fakeGitHub.js"

const pair = generateKeyPairSync("rsa", { modulusLength: 2048 })
const pem = pair.privateKey.export({ type: "pkcs1", format: "pem" }).toString()

const appOptions = (installationIds: ReadonlyArray<string> = []): Partial<GitHubOptions> => ({
  tokens: [],
  app: {
    appId: "77",
    privateKey: Redacted.make(pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString()),
    installationIds
  }
})

const badToken = (token: string) => ({ message: `Bad token ${token}`, documentation_url: "https://docs.github.com" })

const isoAt = (at: number) => DateTime.formatIso(DateTime.unsafeMake(at))

const minted = (seen: Seen, life = 3_600_000): Reply => {
  const id = /installations\/(\d+)\//.exec(seen.path)?.[1] ?? ""
  return { status: 201, body: { token: `ghs_${id}_${seen.at}`, expires_at: isoAt(seen.at + life) } }
}

const well = (seen: Seen): Reply =>
  seen.path.startsWith("/app/installations?")
    ? { status: 200, body: [{ id: 1 }, { id: 2, suspended_at: "2026-01-01T00:00:00Z" }, { id: 3, suspended_at: null }] }
    : seen.path.startsWith("/app/installations/")
    ? minted(seen)
    : all(seen, { ...plenty, resetAt: isoAt(seen.at + 3_600_000) })

/** Lets virtual time run in steps: signing takes real time. */
const run = (seconds: number, step = 1) =>
  Effect.forEach(Array.from({ length: seconds / step }), () => TestClock.adjust(Duration.seconds(step)), {
    discard: true
  })

const mostTurns = 10_000

const probeAll = (count: number, owner: string, seconds: number, step = 1) =>
  Effect.gen(function*() {
    const { probe } = yield* GitHubProbe
    const fiber = yield* Effect.fork(
      Effect.forEach(repositories(count, owner), (name) => Effect.either(probe(name)), { concurrency: "unbounded" })
    )
    yield* run(seconds, step)
    // A signature may outlast the steps where the machine is busy.
    for (let turn = 0; turn < mostTurns && Option.isNone(yield* Fiber.poll(fiber)); turn++) {
      yield* Effect.zipRight(Effect.promise(() => setImmediate()), TestClock.adjust("1 millis"))
    }
    const exit = yield* Fiber.poll(fiber)
    return yield* Option.getOrElse(exit, () => Exit.die("not answered in time"))
  })

const tags = (results: ReadonlyArray<{ readonly _tag: string }>) => [...new Set(results.map(({ _tag }) => _tag))]

const paths = (seen: ReadonlyArray<Seen>, part: string) => seen.filter(({ path }) => path.includes(part))

describe("A GitHub App", () => {
  it.effect("works with every installation that is not suspended, and mints each token once", () => {
    const fake = fakeGitHub(well, "100 millis")
    return Effect.gen(function*() {
      assert.strictEqual(fake.seen.length, 0)
      assert.deepStrictEqual(tags(yield* probeAll(300, "acme", 10)), ["Right"])
      assert.strictEqual(paths(fake.seen, "/app/installations?").length, 1)
      assert.deepStrictEqual(
        paths(fake.seen, "access_tokens").map(({ method, path }) => `${method} ${path}`).sort(),
        ["POST /app/installations/1/access_tokens", "POST /app/installations/3/access_tokens"]
      )
      const [listing] = fake.seen
      const [head, claims, signature] = (listing?.token ?? "").split(".")
      const decoded = JSON.parse(Buffer.from(claims ?? "", "base64url").toString("utf8"))
      assert.strictEqual(decoded.iss, "77")
      assert.isAtMost(decoded.exp - decoded.iat, 600)
      assert.isTrue(verify(
        "RSA-SHA256",
        Buffer.from(`${head}.${claims}`),
        pair.publicKey,
        Buffer.from(signature ?? "", "base64url")
      ))
      assert.isTrue(paths(fake.seen, "/graphql").every(({ token }) => token.startsWith("ghs_")))
    }).pipe(Effect.provide(probeOver(fake, appOptions())))
  })

  it.effect("uses the installations that are named, without listing", () => {
    const fake = fakeGitHub(well)
    return Effect.gen(function*() {
      assert.deepStrictEqual(tags(yield* probeAll(10, "acme", 5)), ["Right"])
      assert.strictEqual(paths(fake.seen, "/app/installations?").length, 0)
      assert.deepStrictEqual(paths(fake.seen, "access_tokens").map(({ path }) => path), [
        "/app/installations/9/access_tokens"
      ])
    }).pipe(Effect.provide(probeOver(fake, appOptions(["9", "9"]))))
  })

  it.effect("leaves nobody waiting where the App's installations make it die, and tries again", () => {
    let deaths = 2
    const fake = fakeGitHub((seen) => {
      if (seen.path.startsWith("/app/installations?") && deaths-- > 0) throw new TypeError("nobody foresaw this")
      return well(seen)
    })
    return Effect.gen(function*() {
      assert.deepStrictEqual(tags(yield* probeAll(2, "a", 10)), ["Left"])
      yield* run(30)
      assert.deepStrictEqual(tags(yield* probeAll(2, "b", 10)), ["Left"])
      yield* run(30)
      assert.deepStrictEqual(tags(yield* probeAll(2, "c", 10)), ["Right"])
      assert.strictEqual(paths(fake.seen, "/app/installations?").length, 3)
    }).pipe(Effect.provide(probeOver(fake, appOptions())))
  })

  it.effect("reads all pages of installations", () => {
    const fake = fakeGitHub((seen) => {
      const page = Number(/[?&]page=(\d+)/.exec(seen.path)?.[1] ?? 0)
      return page === 0 ? well(seen) : {
        status: 200,
        body: Array.from({ length: page === 1 ? 100 : 1 }, (_, i) => ({
          id: page * 1000 + i,
          suspended_at: i === 0 ? null : "2026-01-01T00:00:00Z"
        }))
      }
    })
    return Effect.gen(function*() {
      assert.deepStrictEqual(tags(yield* probeAll(10, "acme", 5)), ["Right"])
      assert.strictEqual(paths(fake.seen, "/app/installations?").length, 2)
      assert.isTrue(paths(fake.seen, "access_tokens").every(({ path }) => /\/(1000|2000)\//.test(path)))
    }).pipe(Effect.provide(probeOver(fake, appOptions())))
  })

  it.effect("renews a token five minutes before it expires", () => {
    const fake = fakeGitHub(well)
    return Effect.gen(function*() {
      yield* probeAll(1, "a", 60)
      yield* run(3120, 60)
      yield* probeAll(1, "b", 60)
      assert.strictEqual(paths(fake.seen, "access_tokens").length, 1)
      yield* run(300, 60)
      yield* probeAll(1, "c", 5)
      const mints = paths(fake.seen, "access_tokens")
      assert.strictEqual(mints.length, 2)
      assert.isAtLeast(mints[1]?.at ?? 0, 3_300_000)
    }).pipe(Effect.provide(probeOver(fake, appOptions(["1"]))))
  })

  it.effect("mints again when a token is refused before its time, and is dropped when that one is refused too", () => {
    let refuse = 1
    const fake = fakeGitHub((seen) =>
      seen.path === "/graphql" && refuse-- > 0 ? { status: 401, body: { message: "Bad credentials" } } : well(seen)
    )
    return Effect.gen(function*() {
      assert.deepStrictEqual(tags(yield* probeAll(1, "a", 20)), ["Right"])
      assert.strictEqual(paths(fake.seen, "access_tokens").length, 2)
      refuse = 100
      assert.deepStrictEqual(tags(yield* probeAll(1, "b", 20)), ["Left"])
      assert.strictEqual(paths(fake.seen, "access_tokens").length, 3)
    }).pipe(Effect.provide(probeOver(fake, appOptions(["1"]))))
  })

  const limits: ReadonlyArray<readonly [string, Reply, number]> = [
    ["403 with Retry-After", {
      status: 403,
      headers: { "retry-after": "120" },
      body: { message: "You have exceeded a secondary rate limit." }
    }, 2],
    ["429 without a time", { status: 429, body: {} }, 3],
    ["503", { status: 503, body: "" }, 10],
    ["a body without a token", { status: 201, body: { token: "" } }, 10]
  ]
  for (const [name, reply, most] of limits) {
    it.effect(`waits out ${name} while minting, without spinning`, () => {
      const fake = fakeGitHub((seen) => seen.path.includes("access_tokens") && seen.at < 119_000 ? reply : well(seen))
      return Effect.gen(function*() {
        assert.deepStrictEqual(tags(yield* probeAll(1, "a", 400, 4)), ["Right"])
        assert.isAtMost(paths(fake.seen, "access_tokens").filter(({ at }) => at < 119_000).length, most)
      }).pipe(Effect.provide(probeOver(fake, appOptions(["1"]))))
    })
  }

  it.effect("waits out a limit while listing", () => {
    const fake = fakeGitHub((seen, number) => number === 1 ? { status: 429, body: {} } : well(seen))
    return Effect.gen(function*() {
      assert.deepStrictEqual(tags(yield* probeAll(1, "a", 100)), ["Right"])
      const listings = paths(fake.seen, "/app/installations?")
      assert.strictEqual(listings.length, 2)
      assert.isAtLeast(listings[1]?.at ?? 0, 60_000)
    }).pipe(Effect.provide(probeOver(fake, appOptions())))
  })

  const refusals: ReadonlyArray<readonly [number, string]> = [[401, "could not be decoded"], [404, "Not Found"]]
  for (const [status, message] of refusals) {
    it.effect(`${status} while minting drops that installation, and the run goes on with the others`, () => {
      const fake = fakeGitHub((seen) =>
        seen.path.includes("/installations/1/access_tokens")
          ? { status, body: { message, documentation_url: "https://docs.github.com/rest" } }
          : well(seen)
      )
      return Effect.gen(function*() {
        assert.deepStrictEqual(tags(yield* probeAll(300, "a", 20)), ["Right"])
        yield* probeAll(300, "b", 40)
        assert.deepStrictEqual(paths(fake.seen, "/installations/1/").map(({ at }) => at < 25_000), [true, true])
      }).pipe(Effect.provide(probeOver(fake, { ...appOptions(), firstBatchSize: 25 })))
    })
  }

  it.effect("401 while listing is AUTH when it is confirmed, and tried again after an hour; the message holds no secret", () => {
    const lines = new Array<string>()
    const logger = Logger.replace(
      Logger.defaultLogger,
      Logger.map(Logger.logfmtLogger, (line) => {
        lines.push(line)
      })
    )
    const fake = fakeGitHub((seen) => seen.at < 60_000 ? { status: 401, body: badToken(seen.token) } : well(seen))
    return Effect.gen(function*() {
      const [result] = yield* probeAll(1, "a", 20)
      const error = result?._tag === "Left" ? result.left : undefined
      assert.strictEqual(error?._tag, "AUTH")
      assert.include(error?.message, "GitHub App 77")
      assert.notInclude(`${error?.message}${lines.join()}`, fake.seen[0]?.token ?? "?")
      assert.strictEqual(fake.seen.length, 2)
      yield* run(3600, 60)
      assert.deepStrictEqual(tags(yield* probeAll(1, "b", 20)), ["Right"])
    }).pipe(Effect.provide(Layer.merge(probeOver(fake, appOptions()), logger)))
  })

  it.effect("without an installation that can work is AUTH", () => {
    const fake = fakeGitHub((seen) => seen.path.startsWith("/app/") ? { status: 200, body: [] } : well(seen))
    return Effect.gen(function*() {
      const [result] = yield* probeAll(1, "a", 20)
      assert.strictEqual(result?._tag === "Left" ? result.left._tag : undefined, "AUTH")
    }).pipe(Effect.provide(probeOver(fake, appOptions())))
  })
})

const check = (reply: (seen: Seen) => Reply, options: Partial<GitHubOptions>) => {
  const fake = fakeGitHub(reply)
  return Effect.map(
    Effect.flatMap(GitHubAccount, ({ check }) => check),
    (reports) => ({ reports, seen: fake.seen })
  ).pipe(
    Effect.provide(
      GitHubAccountHttp.layer({ tokens: [], ...options }).pipe(
        Layer.provide(Layer.merge(fake.layer, RateBudgetsMemory.layer))
      )
    )
  )
}

const account = (seen: Seen): Reply =>
  seen.path === "/app" ? { status: 200, body: { id: 77, name: "Census" } } : well(seen)

const withoutRoutes = (seen: Seen): Reply =>
  seen.path === "/graphql"
    ? seen.token === "bad" ? { status: 401, body: { message: "Bad credentials" } } : all(seen)
    : seen.path === "/rate_limit" || seen.path === "/app"
    ? { status: 404, body: { message: "Not Found" } }
    : well(seen)

describe("GitHubAccount", () => {
  it.effect("says of each token what it is good for, with one free request each", () =>
    Effect.gen(function*() {
      const { reports, seen } = yield* check(
        ({ token }) =>
          token === "good"
            ? { status: 200, body: { resources: { graphql: { limit: 5000, remaining: 4321, used: 679, reset: 60 } } } }
            : token === "down"
            ? { status: 503, body: "" }
            : { status: 401, body: { message: "Bad credentials" } },
        { tokens: tokens("good", "down", "bad") }
      )
      assert.deepStrictEqual(
        reports.map(({ outcome }) => outcome._tag === "Works" ? outcome.detail : outcome.error._tag),
        ["4321 of 5000 points left", "TRANSIENT", "AUTH"]
      )
      assert.deepStrictEqual(seen.map(({ path }) => path), ["/rate_limit", "/rate_limit", "/rate_limit"])
    }))

  it.effect("asks by GraphQL where GitHub has no route for limits, and does without the App's name", () =>
    Effect.gen(function*() {
      const { reports } = yield* check(withoutRoutes, { ...appOptions(), tokens: tokens("good", "bad") })
      assert.deepStrictEqual(
        reports.map(({ outcome }) => outcome._tag === "Works" ? outcome.detail : outcome.error._tag),
        ["4000 of 5000 points left", "AUTH", "unnamed: 2 installations"]
      )
    }))

  it.effect("says of an App how many installations it has, and which of the named ones it has not", () =>
    Effect.gen(function*() {
      const all = yield* check(account, appOptions())
      assert.deepStrictEqual(all.reports.map(({ label, outcome }) => [label, "detail" in outcome && outcome.detail]), [
        ["GitHub App 77", "Census: 2 installations"]
      ])
      const missing = yield* check(account, appOptions(["3", "4"]))
      const outcome = missing.reports[0]?.outcome
      assert.include(outcome?._tag === "Fails" ? outcome.error.message : "", "no installation 4")
    }))
})

describe("readPrivateKey", () => {
  const forms: ReadonlyArray<readonly [string, string]> = [
    ["a PEM file", pem],
    ["PKCS#8", pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString()],
    ["line ends written as \\n", pem.replaceAll("\n", "\\n")],
    ["line ends of Windows", pem.replaceAll("\n", "\r\n")],
    ["base64", Buffer.from(pem).toString("base64")],
    ["base64 in lines", Buffer.from(pem).toString("base64").replace(/(.{76})/g, "$1\n")]
  ]
  for (const [name, text] of forms) {
    it.effect(`reads ${name}`, () =>
      Effect.gen(function*() {
        const key = yield* readPrivateKey(text)
        assert.include(Redacted.value(key), "-----BEGIN PRIVATE KEY-----")
      }))
  }

  const elliptic = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
  const wrong: ReadonlyArray<readonly [string, string]> = [
    ["no key at all", "hush-hush"],
    ["half a key", pem.slice(0, 400)],
    ["a public key", pair.publicKey.export({ type: "spki", format: "pem" }).toString()],
    ["a key of another kind", elliptic.export({ type: "pkcs8", format: "pem" }).toString()]
  ]
  for (const [name, text] of wrong) {
    it.effect(`refuses ${name} in one line that does not show it`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(readPrivateKey(text))
        assert.notInclude(error, "\n")
        assert.notInclude(error, "hush")
      }))
  }
})
