/**
 * The outbox as a state machine: whatever processes do, die of or are asked for, events of a reference reach each action
 * in their order, none is lost, and an event that comes again has the same id.
 */
import { assert, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Option, TestClock } from "effect"
import { emptyWatchTables } from "../../../src/layers/memory/watches/tables.js"
import * as WatchStoreMemory from "../../../src/layers/memory/WatchStoreMemory.js"
import type { ClaimedDelivery } from "../../../src/services/WatchStore.js"
import { attempt, claims, minute, night, selection, watchOf, webhook } from "../../support/watches.js"

const names = ["nginx", "redis"] as const
const processes = ["one", "two"] as const
const bound = 3

type Step =
  | { readonly _tag: "Fire"; readonly name: (typeof names)[number] }
  | { readonly _tag: "Claim"; readonly process: (typeof processes)[number]; readonly limit: number }
  /** The attempt of a held delivery ends; `kept` false: the process dies before it can write that. */
  | { readonly _tag: "End"; readonly which: number; readonly ok: boolean; readonly kept: boolean }
  | { readonly _tag: "Release"; readonly which: number }
  | { readonly _tag: "Retry" }
  | { readonly _tag: "Wait"; readonly minutes: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ _tag: fc.constant("Fire" as const), name: fc.constantFrom(...names) }),
  fc.record({
    _tag: fc.constant("Claim" as const),
    process: fc.constantFrom(...processes),
    limit: fc.integer({ min: 1, max: 5 })
  }),
  fc.record({ _tag: fc.constant("End" as const), which: fc.nat(9), ok: fc.boolean(), kept: fc.boolean() }),
  fc.record({ _tag: fc.constant("Release" as const), which: fc.nat(9) }),
  fc.record({ _tag: fc.constant("Retry" as const) }),
  fc.record({ _tag: fc.constant("Wait" as const), minutes: fc.integer({ min: 1, max: 5 }) })
)

interface Held {
  readonly process: (typeof processes)[number]
  readonly claim: ClaimedDelivery
}

const lane = ({ event, position }: ClaimedDelivery) => `${event.watch}/${position}`

it.effect.prop("outbox", [fc.array(step, { maxLength: 60 })], ([steps]) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(night)
    const tables = emptyWatchTables()
    const stores = { one: WatchStoreMemory.make("one", tables), two: WatchStoreMemory.make("two", tables) }
    const { one } = stores
    yield* one.add(names.map((name) => watchOf(name, { actions: [webhook(), webhook("https://example.org/2")] })))
    const held = new Array<Held>()
    const arrived = new Map<string, Array<ClaimedDelivery>>()
    const fired = new Array<string>()
    let now = night

    const openBefore = (claim: ClaimedDelivery) =>
      Effect.map(one.events({ limit: 1000 }), (events) =>
        events.filter(({ deliveries, event }) =>
          event.watch === claim.event.watch && event.sequence < claim.event.sequence &&
          deliveries[claim.position]?.status === "pending"
        ))

    const claim = (process: Held["process"], limit: number) =>
      Effect.gen(function*() {
        const claimed = yield* stores[process].claimDeliveries({ ...claims, limit })
        for (const one of claimed) {
          assert.deepStrictEqual(yield* openBefore(one), [], "an earlier one is not done")
          held.push({ process, claim: one })
        }
        assert.strictEqual(new Set(claimed.map(lane)).size, claimed.length, "two at once")
      })

    const end = ({ claim, process }: Held, ok: boolean, kept: boolean) =>
      Effect.gen(function*() {
        if (ok) {
          arrived.set(lane(claim), [...(arrived.get(lane(claim)) ?? []), claim])
        }
        if (kept) {
          yield* stores[process].settle([attempt(claim, now, ok)], bound)
        }
      })

    const doStep = (step: Step) =>
      Effect.gen(function*() {
        switch (step._tag) {
          case "Fire":
            return void fired.push(...(yield* one.fire(selection(step.name))).map(({ id }) =>
              id
            ))
          case "Claim":
            return yield* claim(step.process, step.limit)
          case "End": {
            const [taken] = held.splice(step.which % Math.max(held.length, 1), 1)
            return taken === undefined ? undefined : yield* end(taken, step.ok, step.kept)
          }
          case "Release": {
            const [taken] = held.splice(step.which % Math.max(held.length, 1), 1)
            return taken === undefined ? undefined : yield* stores[taken.process].releaseDeliveries([taken.claim])
          }
          case "Retry":
            return void (yield* one.retry(Option.none()))
          case "Wait":
            now += step.minutes * minute
            return yield* TestClock.setTime(now)
        }
      })

    yield* Effect.forEach(steps, doStep, { discard: true })
    // In the end everything works, and a person asks for what was set aside.
    held.length = 0
    for (let quiet = 0; quiet < 2;) {
      now += 3 * minute
      yield* TestClock.setTime(now)
      yield* one.retry(Option.none())
      yield* claim("two", 100)
      quiet = held.length === 0 ? quiet + 1 : 0
      for (const one of held.splice(0)) yield* end(one, true, true)
    }
    for (const name of ["1/0", "1/1", "2/0", "2/1"]) {
      const ids = new Set((arrived.get(name) ?? []).map(({ event }) => event.id))
      const wanted = (yield* one.events({ limit: 1000, watch: name.slice(0, 1) })).map(({ event }) => event.id)
      assert.deepStrictEqual([...ids].sort(), [...wanted].sort())
    }
    const all = yield* one.events({ limit: 1000 })
    assert.deepStrictEqual(all.map(({ event }) => event.id), fired)
    assert.isTrue(all.every(({ status }) => status === "delivered"))
  }), { fastCheck: { numRuns: 80 } })
