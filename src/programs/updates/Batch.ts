/**
 * Newer versions of many images: registries side by side, so that one that asks to wait holds up nobody but its own
 * images; equal questions are asked once.
 */
import { Array as Arr, Effect, Either } from "effect"
import { type CensusError, Transient } from "../../domain/Errors.js"
import { canonical, canonicalName, familiar } from "../../domain/ImageReference.js"
import { formatAll, normalize } from "../../domain/Platform.js"
import { contained } from "../../layers/contained.js"
import { type UpdateAnswer, UpdateFinder, type UpdateQuestion } from "../../services/UpdateFinder.js"

/** Repositories of one registry that are looked at together; how many requests that makes is the client's to limit. */
const repositoriesAtOnce = 16
/** Images of one repository that are looked at together. */
const imagesAtOnce = 4

const service = "image-census"

export type Looked = Either.Either<UpdateAnswer, CensusError>

// Questions of one batch differ in what they ask about, not in the policy.
const keyOf = ({ platform, reference }: UpdateQuestion): string =>
  `${canonical(reference)} ${formatAll(normalize(platform))}`

/** Looks all of them up, and answers in their order. `done` runs after each image. */
export const lookUpAll = Effect.fn("updates.batch")(function*(
  questions: ReadonlyArray<UpdateQuestion>,
  done: Effect.Effect<void> = Effect.void
) {
  const finder = yield* UpdateFinder
  const answers = new Map<string, Looked>()
  const unique = Arr.dedupeWith(questions, (left, right) => keyOf(left) === keyOf(right))
  const registries = Object.values(Arr.groupBy(unique, ({ reference }) => reference.registry))
  const look = (question: UpdateQuestion) =>
    Effect.suspend(() => finder.find(question)).pipe(
      contained("updates", familiar(question.reference)),
      Effect.flatMap(Either.mapLeft((message) => new Transient({ service, reason: "malformed", message }))),
      Effect.either,
      Effect.tap((looked) => Effect.sync(() => answers.set(keyOf(question), looked))),
      Effect.zipRight(done)
    )
  const repository = (questions: ReadonlyArray<UpdateQuestion>) =>
    Effect.forEach(questions, look, { concurrency: imagesAtOnce, discard: true })
  yield* Effect.forEach(
    registries,
    (questions) =>
      Effect.forEach(
        Object.values(Arr.groupBy(questions, ({ reference }) => canonicalName(reference))),
        repository,
        { concurrency: repositoriesAtOnce, discard: true }
      ),
    { concurrency: "unbounded", discard: true }
  )
  return questions.flatMap((question) => {
    const looked = answers.get(keyOf(question))
    return looked === undefined ? [] : [looked]
  })
})
