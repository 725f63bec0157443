/**
 * The questions that callers wait for, all of one kind. A question that several callers ask is there once. Workers take
 * from the front; what got no answer comes back.
 */
import { Deferred, Effect, Exit, type Option, type Tracer } from "effect"
import type { CensusError } from "../../domain/Errors.js"
import type { RepositoryName } from "../../domain/GitHubRepository.js"
import type { Signal } from "./signal.js"

/** What is asked, of which repository. */
export interface Question {
  /** Two questions with the same key have the same answer. */
  readonly key: string
  readonly repository: RepositoryName
  /** For people: what is asked for. */
  readonly label: string
  /** Roughly how many bytes the answer has, where that matters. */
  readonly bytes: number
}

/** A question that somebody waits for. Only the backlog and the one worker that took it change it. */
export interface Slot<Q extends Question, A> {
  readonly question: Q
  readonly result: Deferred.Deferred<A, CensusError>
  /** On whose behalf: the span of who asked first. */
  readonly span: Option.Option<Tracer.AnySpan>
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

/** Nobody waits for anything yet. Whoever asks wakes those who wait for the signal. */
export const makeBacklog = <Q extends Question, A>(signal: Signal) => {
  // What is waited for, queued or taken; the queue alone is in `queue`.
  const known = new Map<string, Slot<Q, A>>()
  let queue = new Set<Slot<Q, A>>()
  let closedBy: CensusError | undefined

  const enter = (question: Q, result: Slot<Q, A>["result"], span: Slot<Q, A>["span"]): Slot<Q, A> => {
    const slot = known.get(question.key) ?? {
      question,
      result,
      span,
      waiting: 0,
      cap: Number.POSITIVE_INFINITY,
      failures: 0,
      failedAt: -1,
      strikes: 0,
      refusedTo: new Set()
    }
    if (!known.has(question.key)) {
      known.set(question.key, slot)
      queue.add(slot)
    }
    slot.waiting += 1
    return slot
  }

  const leave = (slot: Slot<Q, A>) => {
    slot.waiting -= 1
    if (slot.waiting === 0 && queue.delete(slot)) known.delete(slot.question.key)
  }

  /** Waits for the answer. Who is interrupted leaves; a slot that nobody waits for is not asked for. */
  const ask = (question: Q): Effect.Effect<A, CensusError> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        if (closedBy !== undefined) return yield* closedBy
        const span = yield* Effect.option(Effect.currentParentSpan)
        const slot = enter(question, yield* Deferred.make<A, CensusError>(), span)
        yield* signal.wake
        return yield* restore(Deferred.await(slot.result)).pipe(
          Effect.onInterrupt(() => Effect.sync(() => leave(slot)))
        )
      })
    )

  const finish = (slot: Slot<Q, A>, exit: Exit.Exit<A, CensusError>) =>
    Effect.suspend(() => {
      known.delete(slot.question.key)
      return Deferred.done(slot.result, exit)
    })

  /** How many slots this member may take. */
  const eligible = (member: string): number =>
    [...queue].reduce((count, slot) => slot.refusedTo.has(member) ? count : count + 1, 0)

  /**
   * Takes up to `size` slots for this member from the front: fewer where one of them may not go in so large a batch, and
   * where their answers would have more than `bytes` together.
   */
  const take = (member: string, size: number, bytes: number): Effect.Effect<ReadonlyArray<Slot<Q, A>>> =>
    Effect.sync(() => {
      const taken = new Set<Slot<Q, A>>()
      let limit = size
      let left = bytes
      for (const slot of queue) {
        if (taken.size >= limit) break
        if (slot.refusedTo.has(member) || slot.cap <= taken.size) continue
        if (taken.size > 0 && slot.question.bytes > left) continue
        taken.add(slot)
        left -= slot.question.bytes
        limit = Math.min(limit, slot.cap)
      }
      for (const slot of taken) queue.delete(slot)
      return [...taken]
    })

  /** Gives slots back: to the front, or behind all others. Those that nobody waits for any more are dropped. */
  const giveBack = (slots: ReadonlyArray<Slot<Q, A>>, where: "front" | "back"): Effect.Effect<void> =>
    Effect.suspend(() => {
      const wanted = slots.filter((slot) => slot.waiting > 0)
      for (const slot of slots) if (slot.waiting === 0) known.delete(slot.question.key)
      queue = new Set(where === "front" ? [...wanted, ...queue] : [...queue, ...wanted])
      return wanted.length === 0 ? Effect.void : signal.wake
    })

  /** After an outage: what failed then may go in large batches again, unless it has failed on its own. */
  const uncap = Effect.sync(() => {
    for (const slot of known.values()) if (slot.strikes === 0) slot.cap = Number.POSITIVE_INFINITY
  })

  /** Takes out of the queue what every one of these members is refused at, and ends each with its error. */
  const failRefused = (
    members: ReadonlySet<string>,
    error: (question: Question) => CensusError
  ): Effect.Effect<void> =>
    Effect.suspend(() => {
      const failing = [...queue].filter((slot) => [...members].every((member) => slot.refusedTo.has(member)))
      for (const slot of failing) queue.delete(slot)
      return Effect.forEach(failing, (slot) => finish(slot, Exit.fail(error(slot.question))), { discard: true })
    })

  /** Takes questions again. */
  const open = Effect.sync(() => {
    closedBy = undefined
  })

  /** Ends everything that is waited for, and all that will be asked until it is opened again. */
  const close = (error: CensusError): Effect.Effect<void> =>
    Effect.suspend(() => {
      closedBy = error
      queue.clear()
      return Effect.forEach([...known.values()], (slot) => finish(slot, Exit.fail(error)), { discard: true })
    })

  return { ask, finish, eligible, take, giveBack, uncap, failRefused, close, open } as const
}

export type Backlog<Q extends Question, A> = ReturnType<typeof makeBacklog<Q, A>>
