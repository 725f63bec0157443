/**
 * What one member of the pool does with one kind of question: takes a batch, asks, hands out what was answered and gives
 * the rest back.
 *
 * While GitHub as a whole fails, nobody's question does: batches wait for the circuit, which lets single requests
 * through, and go on when it closes, so that a run that outlasts an outage ends with the right result and nothing put
 * off. Only a question that fails although others are answered is given up: TRANSIENT after three such failures. Where
 * there are no others, a document without repositories tells the two apart.
 */
import { type Cause, Deferred, Effect, Either, Exit, Option, type Redacted, Ref, type Tracer } from "effect"
import { defectOf } from "../../domain/Defect.js"
import { Auth, type CensusError, NotFound, Transient } from "../../domain/Errors.js"
import type { Problem } from "../../domain/GitHubAnswer.js"
import type { AliasAnswer } from "../../domain/GitHubGraphqlAnswer.js"
import { fullName } from "../../domain/GitHubRepository.js"
import { type GitHubApi, service, type TimedAnswer } from "./api.js"
import type { Backlog, Question, Slot } from "./backlog.js"
import { grown, halved, initial, recovers } from "./batchSize.js"
import type { Member } from "./credentials.js"
import { rateLimitDocument } from "./document.js"
import type { Kind } from "./questions.js"

/** What the workers of a pool have in common. */
export interface Workplace {
  readonly api: GitHubApi
  /** Requests that are under way, of all members. */
  readonly busy: Ref.Ref<number>
  /** Ends questions in the queues that every member of the pool is refused at. */
  readonly giveUpRefused: Effect.Effect<void>
}

/** How many questions of one kind go in a request. */
export interface BatchOptions {
  readonly largest: number
  readonly first: number
}

/** One kind of question, for one member. */
export interface Lane {
  /** Questions that wait for this member. */
  readonly waiting: () => number
  /** How many make a full batch. */
  readonly full: Effect.Effect<number>
  /** One request for one batch. Fails with AUTH where the member is refused; the batch waits for others, or for it. */
  readonly turn: (token: Redacted.Redacted) => Effect.Effect<void, Auth>
}

const maxStrikes = 3
// Of an answer with texts: a quarter of a second's transfer, and little beside the memory that it takes to parse.
const mostBytes = 512 * 1024

const tooMuch = (reason: Transient["reason"]): boolean => reason === "timeout" || reason === "limits"

const reasonOf = (problem: Problem): Transient =>
  new Transient({
    service,
    reason: problem._tag === "Failed" ? problem.reason : "server",
    message: problem._tag === "Failed" ? problem.message : "no answer"
  })

/** What is asked for, for people. */
const what = ({ label, repository }: Question): string =>
  label === "" ? fullName(repository) : `${fullName(repository)}: ${label}`

/** A span for a batch: part of the trace of who asked first, with links to the others'. */
const onBehalfOf =
  (batch: ReadonlyArray<{ readonly span: Option.Option<Tracer.AnySpan> }>) =>
  <A, E, R>(request: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
    const [first, ...others] = batch.flatMap(({ span }) => Option.toArray(span))
    return Effect.withSpan(request, "GitHub.batch", {
      ...(first === undefined ? { root: true } : { parent: first }),
      links: others.map((span) => ({ _tag: "SpanLink", span, attributes: {} })),
      attributes: { questions: batch.length }
    })
  }

/** Lets a member answer one kind of question. */
export const makeLane = Effect.fnUntraced(function*<Q extends Question, A>(
  place: Workplace,
  member: Member,
  backlog: Backlog<Q, A>,
  kind: Kind<Q, A>,
  options: BatchOptions
) {
  const { api } = place
  const id = member.payer.key.payer
  const size = yield* Ref.make(initial(options.largest, options.first))

  // These slots got no answer, for this reason.
  const failedSlots = Effect.fnUntraced(function*(slots: ReadonlyArray<Slot<Q, A>>, sent: number, error: Transient) {
    const { answers } = yield* api.view
    if (tooMuch(error.reason) && sent > 1) yield* Ref.update(size, (state) => halved(state, sent))
    const halve = Math.max(1, Math.ceil(slots.length / 2))
    const given: Array<Slot<Q, A>> = []
    const ended: Array<Slot<Q, A>> = []
    const last: Array<Slot<Q, A>> = []
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

  const handOut = Effect.fnUntraced(function*(slot: Slot<Q, A>, answer: AliasAnswer) {
    const { question } = slot
    switch (answer._tag) {
      case "Missing":
        return yield* backlog.finish(slot, Exit.fail(new NotFound({ service, what: fullName(question.repository) })))
      case "Forbidden":
        slot.refusedTo.add(id)
        return yield* backlog.giveBack([slot], "front")
      case "Data":
        return yield* Option.match(kind.read(answer.value, question), {
          onNone: () =>
            failedSlots(
              [slot],
              Number.POSITIVE_INFINITY,
              new Transient({ service, reason: "malformed", message: `${what(question)}: not the form asked for` })
            ),
          onSome: (value) => backlog.finish(slot, Exit.succeed(value))
        })
    }
  })

  // What cannot be read kills its own question, which is told where the row is.
  const orDieWith = (slot: Slot<Q, A>) => <R>(work: Effect.Effect<void, never, R>) =>
    Effect.catchAllCause(work, (cause) =>
      Option.match(defectOf(cause), {
        onNone: () => Effect.failCause(cause),
        onSome: (defect) => backlog.finish(slot, Exit.failCause(defect))
      }))

  // A request that dies of one of its questions: halved until that one is alone, and dies.
  const died = Effect.fnUntraced(function*(batch: ReadonlyArray<Slot<Q, A>>, defect: Cause.Cause<never>) {
    const open = yield* Effect.filter(batch, ({ result }) => Effect.negate(Deferred.isDone(result)))
    const [first] = open
    if (first !== undefined && open.length === 1) return yield* backlog.finish(first, Exit.failCause(defect))
    for (const slot of open) slot.cap = Math.ceil(open.length / 2)
    yield* backlog.giveBack(open, "front")
  })

  const distribute = Effect.fnUntraced(function*(
    batch: ReadonlyArray<Slot<Q, A>>,
    aliases: ReadonlyArray<string>,
    answer: TimedAnswer
  ) {
    const unanswered: Array<Slot<Q, A>> = []
    for (const [index, slot] of batch.entries()) {
      const found = answer.aliases.get(aliases[index] ?? "")
      if (found === undefined) unanswered.push(slot)
      else yield* orDieWith(slot)(handOut(slot, found))
    }
    yield* place.giveUpRefused
    const problem = Option.getOrUndefined(answer.problem)
    if (problem === undefined || unanswered.length === 0) {
      if (recovers(yield* Ref.get(size))) yield* backlog.uncap
      return yield* Ref.update(size, (state) => grown(state, batch.length, answer.millis))
    }
    if (problem._tag !== "Failed") return yield* backlog.giveBack(unanswered, "front")
    yield* failedSlots(unanswered, batch.length, reasonOf(problem))
  })

  // Twice without an answer, and nobody else was answered since: is it GitHub, or is it these questions?
  const stuck = Effect.fnUntraced(function*(batch: ReadonlyArray<Slot<Q, A>>) {
    const { answers } = yield* api.view
    return batch.every((slot) => slot.failures >= 2 && slot.failedAt >= answers)
  })

  // One request for one batch. What comes back says whether the member can go on.
  const round = Effect.fnUntraced(function*(token: Redacted.Redacted, batch: ReadonlyArray<Slot<Q, A>>) {
    const health = yield* stuck(batch)
    const document = kind.document(batch.map(({ question }) => question))
    const request = health
      ? api.graphql(member.payer, token, rateLimitDocument, ["rateLimit"])
      : api.graphql(member.payer, token, document, document.aliases)
    const outcome = yield* Effect.acquireUseRelease(
      Ref.update(place.busy, (busy) => busy + 1),
      () => Effect.either(onBehalfOf(batch)(request)),
      () => Ref.update(place.busy, (busy) => busy - 1)
    )
    if (Either.isRight(outcome)) {
      return yield* health ? backlog.giveBack(batch, "front") : distribute(batch, document.aliases, outcome.right)
    }
    const error = outcome.left
    if (error._tag === "TRANSIENT" && !health) return yield* failedSlots(batch, batch.length, error)
    yield* backlog.giveBack(batch, "front")
    if (error._tag === "AUTH") return yield* error
  })

  return {
    waiting: () => backlog.eligible(id),
    full: Effect.map(Ref.get(size), (state) => state.size),
    turn: Effect.fnUntraced(function*(token: Redacted.Redacted) {
      const batch = yield* backlog.take(id, (yield* Ref.get(size)).size, mostBytes)
      if (batch.length === 0) return
      yield* round(token, batch).pipe(
        Effect.catchAllCause((cause) =>
          Option.match(defectOf(cause), {
            onNone: () => Effect.failCause(cause),
            onSome: (defect) => died(batch, defect)
          })
        )
      )
    })
  } satisfies Lane
})

/** All that is refused to every member: this repository's own AUTH. */
export const refusedToAll = ({ repository }: Question): CensusError =>
  new Auth({
    service,
    scope: "one",
    message: `GitHub refuses ${fullName(repository)} to every credential: an organization's SAML or IP allow list`
  })
