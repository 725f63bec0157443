import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Either, Fiber, Layer, Option, TestClock } from "effect"
import { RateLimit } from "../../../src/domain/Errors.js"
import { linuxAmd64 } from "../../../src/domain/Platform.js"
import { defaultPolicy } from "../../../src/domain/UpdatePolicy.js"
import { lookUpAll } from "../../../src/programs/updates/Batch.js"
import { type UpdateAnswer, UpdateFinder, type UpdateQuestion } from "../../../src/services/UpdateFinder.js"
import { ref } from "../../layers/updates/world.js"

const question = (text: string): UpdateQuestion => ({
  reference: ref(text),
  platform: linuxAmd64,
  policy: defaultPolicy,
  minAge: Duration.zero,
  source: Option.none()
})

const answer = ({ platform, reference, source }: UpdateQuestion): UpdateAnswer => ({
  reference,
  platform,
  current: Option.none(),
  floating: false,
  candidates: [],
  passedOver: [],
  beyond: Option.none(),
  pinned: Option.none(),
  download: Option.none(),
  source,
  listing: { tags: 0, cutOff: Option.none() },
  warnings: []
})

describe("lookUpAll", () => {
  it.effect("asks equal questions once, and answers in their order", () => {
    const asked = new Array<string>()
    const finder = Layer.succeed(UpdateFinder, {
      find: (one) =>
        Effect.sync(() => {
          asked.push(Option.getOrElse(one.reference.tag, () => ""))
          return answer(one)
        })
    })
    return Effect.gen(function*() {
      const tags = ["1", "2", "1", "3", "2"]
      let done = 0
      const looked = yield* lookUpAll(
        tags.map((tag) => question(`ghcr.io/a/b:${tag}`)),
        Effect.sync(() => void (done += 1))
      )
      assert.deepStrictEqual(
        looked.map((one) => Either.isRight(one) ? Option.getOrElse(one.right.reference.tag, () => "") : ""),
        tags
      )
      assert.deepStrictEqual(asked.toSorted(), ["1", "2", "3"])
      assert.strictEqual(done, 3)
    }).pipe(Effect.provide(finder))
  })

  it.effect("a registry that asks to wait holds up its own images only, and the rest is answered", () => {
    const finder = Layer.succeed(UpdateFinder, {
      find: (one) =>
        one.reference.registry === "slow.example"
          ? Effect.delay(
            new RateLimit({
              budget: { service: "slow.example", payer: "anonymous" },
              until: DateTime.unsafeMake(3_600_000),
              reason: "429"
            }),
            "30 seconds"
          )
          : Effect.delay(Effect.succeed(answer(one)), "1 second")
    })
    return Effect.gen(function*() {
      const questions = Array.from({ length: 60 }, (_, n) => [
        question(`slow.example/a/n${n}:1`),
        question(`ghcr.io/a/n${n}:1`)
      ]).flat()
      let done = 0
      const running = yield* Effect.fork(lookUpAll(questions, Effect.sync(() => void (done += 1))))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(done, 60)
      yield* TestClock.adjust("2 minutes")
      const looked = yield* Fiber.join(running)
      assert.strictEqual(looked.filter(Either.isLeft).length, 60)
    }).pipe(Effect.provide(finder))
  })
})
