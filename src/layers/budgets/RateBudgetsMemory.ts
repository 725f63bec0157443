/**
 * Budgets of one process, kept in memory.
 */
import { Clock, Effect, Layer, Ref } from "effect"
import { budgetId, type BudgetKey, type BudgetReading, type BudgetState } from "../../domain/RateBudget.js"
import { RateBudgets } from "../../services/RateBudgets.js"
import { type FairSemaphore, unsafeMakeFairSemaphore } from "../fairSemaphore.js"

const fresh = (key: BudgetKey, now: number): BudgetState => ({
  key,
  limit: undefined,
  remaining: undefined,
  resetsAt: undefined,
  parkedUntil: undefined,
  parkReason: undefined,
  requests: 0,
  points: 0,
  observedAt: now
})

const observed = (state: BudgetState, reading: BudgetReading): BudgetState => ({
  ...state,
  limit: reading.limit ?? state.limit,
  remaining: reading.remaining ?? state.remaining,
  resetsAt: reading.resetsAt ?? state.resetsAt
})

// A park that has passed gives way to any other; one that lasts gives way to a longer one alone.
const parked = (state: BudgetState, until: number, reason: string): BudgetState =>
  until > (state.parkedUntil ?? 0) ? { ...state, parkedUntil: until, parkReason: reason } : state

/** Budgets that start empty. Turns are given in the order in which they were asked for. */
export const make: Effect.Effect<RateBudgets["Type"]> = Effect.gen(function*() {
  const budgets = yield* Ref.make<ReadonlyMap<string, BudgetState>>(new Map())
  const turns = yield* Ref.make<ReadonlyMap<string, FairSemaphore>>(new Map())

  const update = (key: BudgetKey, change: (state: BudgetState) => BudgetState) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Ref.update(budgets, (budgets) => {
        const id = budgetId(key)
        return new Map(budgets).set(id, { ...change(budgets.get(id) ?? fresh(key, now)), observedAt: now })
      }))

  const parkEnd = (key: BudgetKey) =>
    Effect.map(Ref.get(budgets), (budgets) => budgets.get(budgetId(key))?.parkedUntil ?? 0)

  const parkedUntil = Effect.fn("RateBudgets.parkedUntil")(function*(key: BudgetKey) {
    const now = yield* Clock.currentTimeMillis
    const until = yield* parkEnd(key)
    return until > now ? until : 0
  })

  const gate = Effect.fn("RateBudgets.gate")(function*(key: BudgetKey) {
    while (true) {
      const now = yield* Clock.currentTimeMillis
      const until = yield* parkEnd(key)
      if (until <= now) return
      yield* Effect.sleep(until - now)
    }
  })

  const semaphore = (key: BudgetKey) =>
    Ref.modify(turns, (turns): [FairSemaphore, ReadonlyMap<string, FairSemaphore>] => {
      const id = budgetId(key)
      const known = turns.get(id)
      if (known !== undefined) return [known, turns]
      const made = unsafeMakeFairSemaphore(1)
      return [made, new Map(turns).set(id, made)]
    })

  return {
    gate,
    parkedUntil,
    park: Effect.fn("RateBudgets.park")((key: BudgetKey, until: number, reason: string) =>
      update(key, (state) => parked(state, until, reason))
    ),
    observe: Effect.fn("RateBudgets.observe")((key: BudgetKey, reading: BudgetReading) =>
      update(key, (state) => observed(state, reading))
    ),
    spend: Effect.fn("RateBudgets.spend")((key: BudgetKey, requests: number, points: number) =>
      update(key, (state) => ({ ...state, requests: state.requests + requests, points: state.points + points }))
    ),
    turn: (key) => (effect) => Effect.flatMap(semaphore(key), (turns) => turns.withPermit(effect)),
    snapshot: Effect.map(Ref.get(budgets), (budgets) => [...budgets.values()])
  }
})

/** For one process, or for several that share no database. */
export const layer: Layer.Layer<RateBudgets> = Layer.effect(RateBudgets, make)
