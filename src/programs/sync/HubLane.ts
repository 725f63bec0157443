/**
 * The one lane to Docker Hub: everybody asks here, one call at a time leaves. A namespace's requests are answered by a
 * listing where that saves calls; while the Hub fails, single probes go out at growing intervals and nobody's retries
 * are spent.
 */
import { Array as Arr, Chunk, Clock, Deferred, Effect, Either, Option, Queue, Ref, type Scope, Stream } from "effect"
import { defectOf } from "../../domain/Defect.js"
import type { Auth, CensusError } from "../../domain/Errors.js"
import { type ImageFacts, withoutDetails } from "../../domain/Finding.js"
import { hubPath } from "../../domain/HubImage.js"
import { readPage, worthListing } from "../../domain/HubPlan.js"
import { makeCircuit } from "../../layers/circuit.js"
import { contained, roundsOf } from "../../layers/contained.js"
import { DockerHubRegistry, type NamespacePage } from "../../services/DockerHubRegistry.js"
import * as LaneQueue from "./LaneQueue.js"
import type { AskHub } from "./looks.js"
import * as RecentAnswers from "./recentAnswers.js"
import { SyncProgress } from "./SyncProgress.js"

/** A request that waits for its answer, and what became of it so far. */
interface Wanted extends LaneQueue.Waiting {
  readonly image: string
  readonly answer: Deferred.Deferred<Option.Option<ImageFacts>, CensusError>
  /** A listing could not tell: ask for this image alone. */
  single: boolean
  failures: number
  /** Failures while others were answered: the fault is this request's own. */
  strikes: number
  answersAtLastFailure: number | undefined
}

export interface HubLane {
  /** Waits for the lane's answer. Fails as the Hub does, where the request itself is at fault or the outage is long. */
  readonly ask: AskHub
  /** Serves requests for ever. Where the Hub refuses us for everything, all that wait are told so (AUTH, scope `all`). */
  readonly serve: Effect.Effect<never>
}

const mostSizes = 50_000
const mostStrikes = 3
// At the circuit's steps this is some twenty minutes without an answer to anybody.
const mostFailures = 12
// Every failure is a step: 1 s, 2 s, 4 s … 5 minutes between single probes.
const circuitSteps = { threshold: 1, firstInterval: 1000 }

/** An idle lane. */
export const make = Effect.fn("HubLane.make")(function*(): Effect.fn.Return<
  HubLane,
  never,
  DockerHubRegistry | SyncProgress
> {
  const hub = yield* DockerHubRegistry
  const progress = yield* SyncProgress
  const circuit = yield* makeCircuit("Docker Hub", circuitSteps)
  const arrivals = yield* Queue.unbounded<Wanted>()
  const queue = LaneQueue.make<Wanted>()
  // How many repositories a namespace has, once a listing has told.
  const sizes = new Map<string, number>()
  const recent = RecentAnswers.make()

  const ask: AskHub = Effect.fn("HubLane.ask")(function*(kind, image) {
    const answer = yield* Deferred.make<Option.Option<ImageFacts>, CensusError>()
    yield* Queue.offer(arrivals, {
      kind,
      image,
      namespace: hubPath(image).namespace,
      answer,
      single: false,
      failures: 0,
      strikes: 0,
      answersAtLastFailure: undefined
    })
    return yield* Deferred.await(answer)
  })

  const answered = (members: ReadonlyArray<Wanted>, answer: Option.Option<ImageFacts>) =>
    Effect.forEach(members, (wanted) => Deferred.succeed(wanted.answer, answer), { discard: true })

  const unanswered = (members: ReadonlyArray<Wanted>) =>
    Effect.filter(members, ({ answer }) => Effect.negate(Deferred.isDone(answer)))

  /** Work for members; where it dies, they do of the same, each on its own. The lane goes on. */
  const orDieWith = (members: ReadonlyArray<Wanted>) => <E>(work: Effect.Effect<void, E>): Effect.Effect<void, E> =>
    Effect.catchAllCause(work, (cause) =>
      Option.match(defectOf(cause), {
        onNone: () => Effect.failCause(cause),
        onSome: (defect) =>
          Effect.forEach(members, ({ answer }) => Deferred.failCause(answer, defect), { discard: true })
      }))

  const again = (members: ReadonlyArray<Wanted>) => members.forEach((wanted) => queue.add(wanted))

  /** Whatever waits would be refused too: nothing is spent on finding out one by one. */
  const refused = Effect.fn("HubLane.refused")(function*(members: ReadonlyArray<Wanted>, error: Auth) {
    again(members)
    again(Chunk.toReadonlyArray(yield* Queue.takeAll(arrivals)))
    for (let group = queue.next(); group !== undefined; group = queue.next()) {
      yield* Effect.forEach(group.members, (wanted) => Deferred.fail(wanted.answer, error), { discard: true })
    }
  })

  /** Decides what a failure means for those who waited for that call: behind the others again, or given up. */
  const failed = Effect.fn("HubLane.failed")(function*(members: ReadonlyArray<Wanted>, error: CensusError) {
    if (error._tag === "AUTH" && error.scope === "all") return yield* refused(members, error)
    const { answers } = yield* circuit.view
    for (const wanted of members) {
      if (error._tag === "TRANSIENT") {
        wanted.failures += 1
        if (wanted.answersAtLastFailure !== undefined && answers > wanted.answersAtLastFailure) wanted.strikes += 1
        wanted.answersAtLastFailure = answers
      }
      const givenUp = error._tag === "AUTH" || wanted.strikes >= mostStrikes || wanted.failures >= mostFailures
      if (givenUp) yield* Deferred.fail(wanted.answer, error)
      else queue.add(wanted)
    }
  })

  /** One call for one image; whoever waits for the same image gets the same answer. */
  const askSingly = (members: ReadonlyArray<Wanted>, image: string): Effect.Effect<void> =>
    circuit.run(hub.repository(image)).pipe(
      Effect.asSome,
      Effect.catchTag("NOT_FOUND", () => Effect.succeedNone),
      Effect.matchEffect({
        onSuccess: (facts) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => {
            recent.answered(image, Option.map(facts, withoutDetails), now)
            return answered(members, facts)
          }),
        onFailure: (error) => failed(members, error)
      })
    )

  /** Answers those of whom the Hub has spoken lately; returns the others. */
  const withoutAnswer = Effect.fn("HubLane.withoutAnswer")(function*(members: ReadonlyArray<Wanted>) {
    const now = yield* Clock.currentTimeMillis
    const [open, known] = Arr.partitionMap(
      members,
      (wanted) =>
        Option.match(recent.find(wanted.kind, wanted.image, now), {
          onNone: () => Either.left(wanted),
          onSome: (answer) => Either.right({ wanted, answer })
        })
    )
    yield* Effect.forEach(known, ({ answer, wanted }) => answered([wanted], answer), { discard: true })
    return open
  })

  /** Absent for discovery; a known image is only gone by the Hub's own 404, so it is asked for alone. */
  const absent = Effect.fn("HubLane.absent")(function*(members: ReadonlyArray<Wanted>) {
    const [toConfirm, missing] = Arr.partition(members, (wanted) => wanted.kind === "discovery")
    yield* answered(missing, Option.none())
    return toConfirm
  })

  /** Lists a namespace as far as it pays; each page is a call of its own. Returns who has to be asked for alone. */
  const list = Effect.fn("HubLane.list")(
    function*(
      namespace: string,
      kind: LaneQueue.LaneKind,
      members: ReadonlyArray<Wanted>
    ): Effect.fn.Return<ReadonlyArray<Wanted>, never, Scope.Scope> {
      const pull = yield* Stream.toPull(hub.namespace(namespace))
      const seen = new Array<ImageFacts>()
      const next = circuit.run(Effect.catchAll(
        pull,
        Option.match({
          onNone: () => Effect.succeed(Chunk.empty<NamespacePage>()),
          onSome: (error) => Effect.fail(error)
        })
      )).pipe(Effect.map(Chunk.head))
      const turnPage = (open: ReadonlyArray<Wanted>, pages: number): Effect.Effect<ReadonlyArray<Wanted>> =>
        next.pipe(
          Effect.tap(() => Effect.sync(() => queue.spent(kind, 1))),
          Effect.matchEffect({
            onFailure: (error) => {
              if (error._tag === "NOT_FOUND") return absent(open)
              // A listing that fails must not stand between these images and their single calls.
              if (error._tag !== "RATE_LIMIT") { for (const wanted of open) wanted.single = true }
              return error._tag === "AUTH" && error.scope === "one"
                ? Effect.succeed(open)
                : Effect.as(failed(open, error), [])
            },
            onSuccess: Effect.fnUntraced(function*(page) {
              if (Option.isNone(page)) return open
              if (sizes.size >= mostSizes) sizes.clear()
              sizes.set(namespace, page.value.count)
              seen.push(...page.value.images)
              const now = yield* Clock.currentTimeMillis
              for (const facts of page.value.images) recent.answered(facts.image, Option.some(facts), now)
              if (page.value.complete) recent.listed(namespace, seen, now)
              const verdict = readPage(open, page.value, pages)
              yield* Effect.forEach(verdict.found, (one) => answered([one.wanted], Option.some(one.facts)))
              const toConfirm = yield* absent(verdict.absent)
              const rest = [...verdict.open, ...toConfirm]
              return verdict.goOn ? yield* turnPage(rest, pages + 1) : rest
            })
          })
        )
      return yield* turnPage(members, 1)
    },
    Effect.scoped
  )

  const serveGroup = Effect.fn("HubLane.serve")(function*(group: LaneQueue.Group<Wanted>) {
    const members = yield* withoutAnswer(group.members)
    const [first] = members
    if (first === undefined) return
    const [single, listable] = Arr.partition(members, (wanted) => !wanted.single)
    const distinct = new Set(listable.map((wanted) => wanted.image)).size
    if (worthListing(distinct, sizes.get(group.namespace))) {
      again(single)
      const listed = yield* contained("dockerhub", group.namespace)(list(group.namespace, group.kind, listable))
      // Where reading the listing died of one of them, each is asked for alone.
      const open = Either.isRight(listed) ? listed.right : yield* unanswered(listable)
      for (const wanted of open) wanted.single = true
      return again(open)
    }
    const { image } = first
    const [others, same] = Arr.partition(members, (wanted) => wanted.image === image)
    again(others)
    yield* orDieWith(same)(Effect.suspend(() => askSingly(same, image)))
    queue.spent(group.kind, 1)
  })

  const showCircuit = Effect.flatMap(
    circuit.view,
    ({ openUntil }) => Ref.update(progress, (state) => ({ ...state, circuitOpenUntil: openUntil }))
  )

  const serve = Effect.gen(function*() {
    if (queue.size() === 0) {
      queue.add(yield* Queue.take(arrivals))
      // Whoever asks at the same moment may be a neighbour of the first.
      yield* Effect.yieldNow()
    }
    again(Chunk.toReadonlyArray(yield* Queue.takeAll(arrivals)))
    const group = queue.next()
    if (group !== undefined) yield* orDieWith(group.members)(serveGroup(group))
    yield* showCircuit
  }).pipe(roundsOf("dockerhub", "the lane to Docker Hub"))

  return { ask, serve }
})
