import { assert, layer } from "@effect/vitest"
import { Effect, Logger, LogLevel, TestClock } from "effect"
import type { Fault } from "../../sandbox/service/Faults.js"
import { circuitWait, requestsWithin, type Service, type Wait } from "../../support/outages.js"
import { embedded } from "../../support/pipeline.js"
import { makeStage, noWrongs } from "../../support/stage.js"

const outageSeconds = 600

interface Case {
  readonly name: string
  readonly fault: Omit<Fault, "service">
  readonly wait: Wait
}

const named = (seconds: number) => () => seconds
// A minute, then two, then four …
const unnamed = (n: number) => Math.min(3600, 60 * 2 ** n)
// A server that names instants in the past is asked later each time.
const past: Wait = (n, service) => Math.min(service === "github" ? 60 : 3600, 2 ** n)

const broken = (name: string, fault: Case["fault"]): Case => ({ name, fault, wait: circuitWait })
const limit = (name: string, fault: Case["fault"], wait: Case["wait"] = named(60)): Case => ({ name, fault, wait })

const everywhere: ReadonlyArray<Case> = [
  limit("429 with seconds", { kind: "rate-limit" }),
  limit("429 with a date", { kind: "rate-limit", retryForm: "date", retryAfter: 90 }, named(90)),
  limit("429 with an epoch second", { kind: "rate-limit", retryForm: "epoch" }),
  limit("429 that names no time", { kind: "rate-limit", retryForm: "absent" }, unnamed),
  limit("429 with a reset in the past", { kind: "rate-limit", retryForm: "epoch", retryAfter: -60 }, past),
  broken("503", { kind: "unavailable" }),
  broken("502", { kind: "unavailable", status: 502 }),
  broken("no answer", { kind: "hang" }),
  broken("connection reset", { kind: "reset" }),
  broken("a body that breaks off", { kind: "truncated" }),
  broken("half a document", { kind: "malformed" }),
  broken("HTML with 200", { kind: "html" }),
  broken("HTML with 403", { kind: "html", status: 403 }),
  broken("HTML with 404", { kind: "html", status: 404 })
]

const github: ReadonlyArray<Case> = [
  limit("primary limit with 200", { kind: "primary-limit" }),
  limit("primary limit with 403", { kind: "primary-limit", status: 403 }),
  limit("primary limit with 429", { kind: "primary-limit", status: 429 }),
  limit("secondary limit with 200", { kind: "secondary-limit", status: 200 }),
  limit("secondary limit with 403", { kind: "secondary-limit" }),
  limit("secondary limit that names no time", { kind: "secondary-limit", retryForm: "absent" }, unnamed)
]

// On the first day half of the list was looked at; on the second the other half is new, and what was found is due.
const survives = (one: Case, service: Service) =>
  Effect.gen(function*() {
    const stage = yield* makeStage({
      world: { repositories: 120, proportions: { hits: 0.3, misses: 0.3, unknown: 0.05 } },
      dockerhub: { limit: 1_000_000 }
    })
    const { counters, faults, join, onStage, resetCounters, run, snapshots, state, store, unchecked, wrongs } = stage
    yield* onStage(Effect.gen(function*() {
      yield* store.addRepositories(stage.listed.slice(0, 60))
      yield* join(yield* Effect.fork(run()), "1 minute")
      const known = yield* snapshots("2026-03-01")
      assert.isAbove(known.length, 10)
      yield* TestClock.adjust("1 day")
      yield* store.addRepositories(stage.listed.slice(60))
      const [deleted = ""] = known
      yield* state.deleteImage(deleted)

      resetCounters()
      yield* faults.add({ ...one.fault, service })
      const running = yield* Effect.fork(run())
      yield* TestClock.adjust(`${outageSeconds} seconds`)
      const requests = counters()[service]?.requests ?? 0
      const most = requestsWithin(outageSeconds, one.wait, service)
      assert.isAtLeast(requests, 2, "it is tried again")
      assert.isAtMost(requests, most, `${requests} requests in ten minutes, at most ${most}`)
      assert.deepStrictEqual(yield* wrongs, noWrongs)
      if (service === "github") assert.strictEqual((yield* unchecked).length, 60)
      else assert.deepStrictEqual(yield* snapshots("2026-03-02"), [])

      yield* faults.clear
      const { discovery, refresh } = yield* join(running, "20 minutes")
      assert.deepStrictEqual(yield* wrongs, noWrongs)
      assert.deepStrictEqual(yield* unchecked, [])
      const count = (outcome: string) => state.world.listed.slice(60).filter((one) => one.outcome === outcome).length
      assert.deepStrictEqual(discovery, {
        checked: 60,
        hits: count("hit"),
        misses: count("miss") + count("none"),
        notFound: count("unknown"),
        deferred: 0
      })
      assert.deepStrictEqual(refresh, { refreshed: known.length - 1, gone: 1, deferred: 0 })
      const all = [...stage.expected.links.keys()].filter((image) => image !== deleted)
      assert.deepStrictEqual(yield* snapshots("2026-03-02"), all.sort())
    }))
  })

layer(embedded, { excludeTestServices: true })("ten minutes of", (it) => {
  for (const service of ["github", "dockerhub"] as const) {
    for (const one of [...everywhere, ...(service === "github" ? github : [])]) {
      it.scoped(`${one.name} from ${service}`, () => Logger.withMinimumLogLevel(survives(one, service), LogLevel.None))
    }
  }
})
