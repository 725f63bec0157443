/**
 * The repositories that callers wait for. A repository that several callers ask for is there once. Workers take from the
 * front; what got no answer comes back.
 */
import { Deferred, Effect, Exit, Ref } from "effect"
import type { CensusError } from "../../domain/Errors.js"
import type { RepositoryProbe } from "../../domain/Finding.js"
import { key, type RepositoryName } from "../../domain/GitHubRepository.js"

/** A repository that somebody waits for. Only the backlog and the one worker that took it change it. */
export interface Slot {
  readonly repository: RepositoryName
  readonly result: Deferred.Deferred<RepositoryProbe, CensusError>
  waiting: number
  /** The largest batch that it may go in: smaller after batches that were too much. */
  cap: number
  /** Requests in a row that got no answer for it. */
  failures: number
  /** How many answers there had been from GitHub when it failed last. */
  failedAt: number
  /** Failures that are its own: others were answered. */
  strikes: number
  /** Credentials that are refused at this repository. */
  readonly refusedTo: Set<string>
}

export const makeBacklog = Effect.gen(function*() {
  // What is waited for, queued or taken; the queue alone is in `queue`.
  const known = new Map<string, Slot>()
  let queue = new Set<Slot>()
  let closedBy: CensusError | undefined
  const arrival = yield* Ref.make(yield* Deferred.make<void>())

  const wake = Effect.gen(function*() {
    const next = yield* Deferred.make<void>()
    yield* Deferred.succeed(yield* Ref.getAndSet(arrival, next), undefined)
  })

  const enter = (repository: RepositoryName, result: Slot["result"]): Slot => {
    const id = key(repository)
    const slot = known.get(id) ?? {
      repository,
      result,
      waiting: 0,
      cap: Number.POSITIVE_INFINITY,
      failures: 0,
      failedAt: -1,
      strikes: 0,
      refusedTo: new Set()
    }
    if (!known.has(id)) {
      known.set(id, slot)
      queue.add(slot)
    }
    slot.waiting += 1
    return slot
  }

  const leave = (slot: Slot) => {
    slot.waiting -= 1
    if (slot.waiting === 0 && queue.delete(slot)) known.delete(key(slot.repository))
  }

  /** Waits for the answer. Who is interrupted leaves; a slot that nobody waits for is not asked for. */
  const ask = (repository: RepositoryName): Effect.Effect<RepositoryProbe, CensusError> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        if (closedBy !== undefined) return yield* closedBy
        const slot = enter(repository, yield* Deferred.make<RepositoryProbe, CensusError>())
        yield* wake
        return yield* restore(Deferred.await(slot.result)).pipe(
          Effect.onInterrupt(() => Effect.sync(() => leave(slot)))
        )
      })
    )

  const finish = (slot: Slot, exit: Exit.Exit<RepositoryProbe, CensusError>) =>
    Effect.suspend(() => {
      known.delete(key(slot.repository))
      return Deferred.done(slot.result, exit)
    })

  /** How many slots this member may take. */
  const eligible = (member: string): number =>
    [...queue].reduce((count, slot) => slot.refusedTo.has(member) ? count : count + 1, 0)

  /** Waits until there is something for this member; says how much. */
  const awaitWork = (member: string): Effect.Effect<number> =>
    Effect.gen(function*() {
      while (true) {
        const arrived = yield* Ref.get(arrival)
        const count = eligible(member)
        if (count > 0) return count
        yield* Deferred.await(arrived)
      }
    })

  /** Takes up to `size` slots for this member from the front, fewer where one of them may not go in so large a batch. */
  const take = (member: string, size: number): Effect.Effect<ReadonlyArray<Slot>> =>
    Effect.sync(() => {
      const taken = new Set<Slot>()
      let limit = size
      for (const slot of queue) {
        if (taken.size >= limit) break
        if (slot.refusedTo.has(member) || slot.cap <= taken.size) continue
        taken.add(slot)
        limit = Math.min(limit, slot.cap)
      }
      for (const slot of taken) queue.delete(slot)
      return [...taken]
    })

  /** Gives slots back: to the front, or behind all others. Those that nobody waits for any more are dropped. */
  const giveBack = (slots: ReadonlyArray<Slot>, where: "front" | "back"): Effect.Effect<void> =>
    Effect.suspend(() => {
      const wanted = slots.filter((slot) => slot.waiting > 0)
      for (const slot of slots) if (slot.waiting === 0) known.delete(key(slot.repository))
      queue = new Set(where === "front" ? [...wanted, ...queue] : [...queue, ...wanted])
      return wanted.length === 0 ? Effect.void : wake
    })

  /** After an outage: what failed then may go in large batches again, unless it has failed on its own. */
  const uncap = Effect.sync(() => {
    for (const slot of known.values()) if (slot.strikes === 0) slot.cap = Number.POSITIVE_INFINITY
  })

  /** Takes out of the queue what satisfies the predicate, and ends each with its error. */
  const failWhere = (
    predicate: (slot: Slot) => boolean,
    error: (slot: Slot) => CensusError
  ): Effect.Effect<void> =>
    Effect.suspend(() => {
      const failing = [...queue].filter(predicate)
      for (const slot of failing) queue.delete(slot)
      return Effect.forEach(failing, (slot) => finish(slot, Exit.fail(error(slot))), { discard: true })
    })

  /** Ends everything that is waited for, and all that will be asked. */
  const close = (error: CensusError): Effect.Effect<void> =>
    Effect.suspend(() => {
      closedBy = error
      queue.clear()
      return Effect.forEach([...known.values()], (slot) => finish(slot, Exit.fail(error)), { discard: true })
    })

  return { ask, finish, eligible, awaitWork, take, giveBack, uncap, failWhere, close } as const
})

export type Backlog = Effect.Effect.Success<typeof makeBacklog>
