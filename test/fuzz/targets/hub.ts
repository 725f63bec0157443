/** A Docker Hub whose answers are spoilt: what its client makes of them. */
import { HttpClient } from "@effect/platform"
import { Effect, Exit, FastCheck as fc, Layer, Option, Redacted, Stream } from "effect"
import type { CensusError } from "../../../src/domain/Errors.js"
import * as RateBudgetsMemory from "../../../src/layers/budgets/RateBudgetsMemory.js"
import * as DockerHubRegistryHttp from "../../../src/layers/dockerhub/DockerHubRegistryHttp.js"
import { DockerHubRegistry } from "../../../src/services/DockerHubRegistry.js"
import { DockerHubTags } from "../../../src/services/DockerHubTags.js"
import { defaultAccount } from "../../sandbox/dockerhub/DockerHub.js"
import { makeSimulation } from "../../sandbox/Simulation.js"
import { type AnswerSpoiling, answerSpoilings, ended, isNotFound, objectIn, spoiltClient } from "../spoiltWorld.js"
import { must, target } from "../Target.js"

interface Input {
  readonly question: "repository" | "namespace" | "tags"
  readonly login: boolean
  readonly spoilings: ReadonlyArray<AnswerSpoiling>
}

const ask = (question: Input["question"], image: string) =>
  Effect.gen(function*() {
    const hub = yield* DockerHubRegistry
    switch (question) {
      case "repository":
        return yield* hub.repository(image)
      case "namespace":
        return yield* Stream.runCollect(hub.namespace(image.slice(0, image.indexOf("/"))))
      case "tags":
        return yield* Stream.runCollect((yield* DockerHubTags).pages(image, { pageSize: 2 }))
    }
  })

/** Answers of Docker Hub's API. */
export const hub = target({
  name: "hub",
  about: "spoilt answers of Docker Hub: the four errors only, NOT_FOUND only in its own words, counts that are counts",
  brief: 60,
  input: (): fc.Arbitrary<Input> =>
    fc.record({
      question: fc.constantFrom("repository", "namespace", "tags"),
      login: fc.boolean(),
      spoilings: answerSpoilings
    }),
  check: Effect.gen(function*() {
    const { client, state } = yield* makeSimulation({
      world: { repositories: 60 },
      dockerhub: { limit: 1_000_000_000, tokenSeconds: 1_000_000_000 }
    })
    const image = [...state.world.images.keys()].find((name) => !name.startsWith("library/")) ?? ""
    return ({ login, question, spoilings }: Input) =>
      Effect.gen(function*() {
        const spoiling = spoiltClient(client, spoilings)
        const layer = DockerHubRegistryHttp.layer({
          egress: "fuzz",
          credentials: login
            ? { username: defaultAccount.username, token: Redacted.make(defaultAccount.secret) }
            : undefined
        }).pipe(
          Layer.provide(RateBudgetsMemory.layer),
          Layer.provide(Layer.succeed(HttpClient.HttpClient, spoiling.client))
        )
        const looking: Effect.Effect<unknown, CensusError> = Effect.provide(ask(question, image), layer)
        const exit = yield* ended(looking)
        if (isNotFound(exit)) {
          // A private image, which its owner is shown, is none for the census.
          const said = spoiling.given.map((one) => ({ status: one.status, document: objectIn(one) })).some((
            { document, status }
          ) => document !== undefined && (status === 404 || document["is_private"] === true))
          must(said, `NOT_FOUND without the Hub's word: ${spoiling.given.map(({ body }) => body).join("\n")}`)
        }
        if (question === "repository" && Exit.isSuccess(exit) && Option.isSome(exit.value)) {
          const facts = exit.value.value
          const pulls = typeof facts === "object" && facts !== null && "pulls" in facts ? facts.pulls : undefined
          must(typeof pulls === "bigint" && pulls >= 0n && pulls < 2n ** 63n, `${String(pulls)} is no count of pulls`)
        }
      })
  })
})
