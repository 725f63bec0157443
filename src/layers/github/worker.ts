/**
 * What one member of the pool does: takes a batch as soon as it is free, asks, hands out what was answered and gives the
 * rest back. One request at a time, so that its responses never take more than 60 s of a minute.
 *
 * While GitHub as a whole fails, nobody's probe does: batches wait for the circuit, which lets single requests through,
 * and go on when it closes, so that a run that outlasts an outage ends with the right result and nothing put off. Only a
 * repository that fails although others are answered is given up: TRANSIENT after three such failures. Where there are no
 * others, a document without repositories tells the two apart.
 */
import { Duration, Effect, Either, Exit, Option, Ref } from "effect"
import { Auth, type CensusError, NotFound, Transient } from "../../domain/Errors.js"
import type { Problem } from "../../domain/GitHubAnswer.js"
import type { AliasAnswer, GraphqlAnswer } from "../../domain/GitHubGraphqlAnswer.js"
import { fullName } from "../../domain/GitHubRepository.js"
import { RateBudgets } from "../../services/RateBudgets.js"
import { type GitHubApi, service } from "./api.js"
import type { Backlog, Slot } from "./backlog.js"
import { grown, halved, initial, recovers } from "./batchSize.js"
import type { Member } from "./credentials.js"
import { probeDocument, rateLimitDocument, readFacts } from "./probeDocument.js"

export interface WorkerOptions {
  readonly batchSize: number
  readonly firstBatchSize: number
  readonly window: Duration.Duration
}

/** What the workers of a pool have in common. */
export interface Workplace {
  readonly api: GitHubApi
  readonly backlog: Backlog
  readonly options: WorkerOptions
  /** Requests that are under way, of all members. */
  readonly busy: Ref.Ref<number>
  /** Ends slots in the queue that every member of the pool is refused at. */
  readonly giveUpRefused: Effect.Effect<void>
}

const maxStrikes = 3

const tooMuch = (reason: Transient["reason"]): boolean => reason === "timeout" || reason === "limits"

const reasonOf = (problem: Problem): Transient =>
  new Transient({
    service,
    reason: problem._tag === "Failed" ? problem.reason : "server",
    message: problem._tag === "Failed" ? problem.message : "no answer"
  })

export const makeWorker = Effect.fnUntraced(function*(place: Workplace, member: Member) {
  const { api, backlog, options } = place
  const budgets = yield* RateBudgets
  const id = member.payer.key.payer
  const size = yield* Ref.make(initial(options.batchSize, options.firstBatchSize))

  // A batch that is not full waits while more come; longer while other requests are under way, whose answers may bring
  // more.
  const gather = Effect.gen(function*() {
    const target = (yield* Ref.get(size)).size
    for (let rounds = 0; rounds < 20; rounds++) {
      const before = backlog.eligible(id)
      if (before >= target) return
      const busy = yield* Ref.get(place.busy)
      yield* Effect.sleep(busy > 0 ? Duration.times(options.window, 10) : options.window)
      if (backlog.eligible(id) === before) return
    }
  })

  // These slots got no answer, for this reason.
  const failedSlots = Effect.fnUntraced(function*(slots: ReadonlyArray<Slot>, sent: number, error: Transient) {
    const { answers } = yield* api.view
    if (tooMuch(error.reason) && sent > 1) yield* Ref.update(size, (state) => halved(state, sent))
    const halve = Math.max(1, Math.ceil(slots.length / 2))
    const given: Array<Slot> = []
    const ended: Array<Slot> = []
    const last: Array<Slot> = []
    for (const slot of slots) {
      const own = slot.failures > 0 && answers > slot.failedAt
      const alone = sent === 1 || (sent > slots.length && !tooMuch(error.reason))
      slot.failures += 1
      slot.failedAt = answers
      if (alone && own) slot.strikes += 1
      if (!alone && (own || tooMuch(error.reason))) slot.cap = halve
      if (sent === 1) slot.cap = 1
      const where = slot.strikes >= maxStrikes ? ended : slot.strikes > 0 ? last : given
      where.push(slot)
    }
    yield* Effect.forEach(ended, (slot) => backlog.finish(slot, Exit.fail(error)), { discard: true })
    yield* backlog.giveBack(given, "front")
    yield* backlog.giveBack(last, "back")
  })

  const handOut = Effect.fnUntraced(function*(slot: Slot, answer: AliasAnswer) {
    switch (answer._tag) {
      case "Missing":
        return yield* backlog.finish(slot, Exit.fail(new NotFound({ service, what: fullName(slot.repository) })))
      case "Forbidden":
        slot.refusedTo.add(id)
        return yield* backlog.giveBack([slot], "front")
      case "Data":
        return yield* Option.match(readFacts(answer.value), {
          onNone: () =>
            failedSlots(
              [slot],
              Number.POSITIVE_INFINITY,
              new Transient({
                service,
                reason: "malformed",
                message: `${fullName(slot.repository)}: not the form that was asked for`
              })
            ),
          onSome: (probe) => backlog.finish(slot, Exit.succeed(probe))
        })
    }
  })

  const distribute = Effect.fnUntraced(function*(
    batch: ReadonlyArray<Slot>,
    aliases: ReadonlyArray<string>,
    answer: GraphqlAnswer
  ) {
    const unanswered: Array<Slot> = []
    for (const [index, slot] of batch.entries()) {
      const found = answer.aliases.get(aliases[index] ?? "")
      if (found === undefined) unanswered.push(slot)
      else yield* handOut(slot, found)
    }
    yield* place.giveUpRefused
    const problem = Option.getOrUndefined(answer.problem)
    if (problem === undefined || unanswered.length === 0) {
      if (recovers(yield* Ref.get(size))) yield* backlog.uncap
      return yield* Ref.update(size, (state) => grown(state, batch.length))
    }
    if (problem._tag !== "Failed") return yield* backlog.giveBack(unanswered, "front")
    yield* failedSlots(unanswered, batch.length, reasonOf(problem))
  })

  // Twice without an answer, and nobody else was answered since: is it GitHub, or is it these repositories?
  const stuck = Effect.fnUntraced(function*(batch: ReadonlyArray<Slot>) {
    const { answers } = yield* api.view
    return batch.every((slot) => slot.failures >= 2 && slot.failedAt >= answers)
  })

  // One request for one batch. What comes back says whether the member can go on.
  const round = Effect.fnUntraced(function*(token: Effect.Effect.Success<Member["token"]>, batch: ReadonlyArray<Slot>) {
    const health = yield* stuck(batch)
    const document = probeDocument(batch.map(({ repository }) => repository))
    const request = health
      ? api.graphql(member.payer, token, rateLimitDocument, ["rateLimit"])
      : api.graphql(member.payer, token, document, document.aliases)
    const outcome = yield* Effect.acquireUseRelease(
      Ref.update(place.busy, (busy) => busy + 1),
      () => Effect.either(request),
      () => Ref.update(place.busy, (busy) => busy - 1)
    )
    if (Either.isRight(outcome)) {
      yield* member.accepted
      return yield* health ? backlog.giveBack(batch, "front") : distribute(batch, document.aliases, outcome.right)
    }
    const error = outcome.left
    if (error._tag === "TRANSIENT" && !health) return yield* failedSlots(batch, batch.length, error)
    yield* backlog.giveBack(batch, "front")
    if (error._tag === "AUTH" && !(yield* member.refused)) return yield* error
  })

  /** Works until the member is refused for good: fails with AUTH then, and only then. */
  const run: Effect.Effect<never, Auth> = Effect.gen(function*() {
    yield* backlog.awaitWork(id)
    yield* budgets.gate(member.payer.key)
    const token = yield* Effect.either(member.token)
    if (Either.isLeft(token)) {
      // A limit has parked the member, a failure has opened the circuit: the next round waits for them.
      if (token.left._tag === "AUTH") return yield* token.left
      return
    }
    yield* gather
    const batch = yield* backlog.take(id, (yield* Ref.get(size)).size)
    if (batch.length > 0) yield* round(token.right, batch)
  }).pipe(Effect.forever)

  return { id, run } as const
})

/** All that is refused to every member: this repository's own AUTH. */
export const refusedToAll = (slot: Slot): CensusError =>
  new Auth({
    service,
    scope: "one",
    message: `GitHub refuses ${fullName(slot.repository)} to every credential: an organization's SAML or IP allow list`
  })
