/** A GitHub whose answers are spoilt: what the probe makes of them. */
import { HttpClient } from "@effect/platform"
import { Effect, Exit, FastCheck as fc, Layer, Option, Redacted } from "effect"
import type { CensusError } from "../../../src/domain/Errors.js"
import type { RepositoryName } from "../../../src/domain/GitHubRepository.js"
import * as RateBudgetsMemory from "../../../src/layers/budgets/RateBudgetsMemory.js"
import * as GitHubProbeHttp from "../../../src/layers/github/GitHubProbeHttp.js"
import { GitHubProbe } from "../../../src/services/GitHubProbe.js"
import { makeSimulation } from "../../sandbox/Simulation.js"
import { type AnswerSpoiling, answerSpoilings, ended, isNotFound, spoiltClient } from "../spoiltWorld.js"
import { must, target } from "../Target.js"

interface Input {
  readonly question: "probe" | "files" | "texts" | "changed" | "several"
  readonly spoilings: ReadonlyArray<AnswerSpoiling>
}

const head = "0123456789abcdef0123456789abcdef01234567"

const ask = (question: Input["question"], repositories: ReadonlyArray<RepositoryName>) =>
  Effect.gen(function*() {
    const github = yield* GitHubProbe
    const [first = { owner: "a", name: "b" }] = repositories
    switch (question) {
      case "changed":
        return yield* github.probeIfChanged(first, head)
      case "texts": {
        const { files } = yield* github.probe(first)
        return yield* github.texts(first, [...files?.workflows ?? [], { path: "README.md" }])
      }
      case "several":
        return yield* Effect.forEach(repositories, (one) => Effect.exit(github.probe(one)), {
          concurrency: "unbounded"
        })
      default:
        return yield* github.probe(first)
    }
  })

/** Answers of GitHub's GraphQL. */
export const github = target({
  name: "github",
  about: "spoilt answers of GitHub: the four errors only, and NOT_FOUND only where it says so",
  brief: 60,
  input: (): fc.Arbitrary<Input> =>
    fc.record({
      question: fc.constantFrom("probe", "files", "texts", "changed", "several"),
      spoilings: answerSpoilings
    }),
  check: Effect.gen(function*() {
    const { client, state } = yield* makeSimulation({
      world: { repositories: 60 },
      github: { tokens: [{ token: "sandbox-token", limit: 1_000_000_000 }] }
    })
    const present = state.world.listed.filter(({ now }) => now !== undefined).map(({ asked }) => asked)
    const repositories = present.slice(0, 5)
    return ({ question, spoilings }: Input) =>
      Effect.gen(function*() {
        const spoiling = spoiltClient(client, spoilings)
        const layer = GitHubProbeHttp.layer({
          tokens: [Redacted.make("sandbox-token")],
          files: question === "files" || question === "texts"
        }).pipe(
          Layer.provide(RateBudgetsMemory.layer),
          Layer.provide(Layer.succeed(HttpClient.HttpClient, spoiling.client))
        )
        const looking: Effect.Effect<unknown, CensusError> = Effect.provide(ask(question, repositories), layer)
        const exit = yield* ended(looking)
        if (isNotFound(exit)) {
          const said = spoiling.given.some(({ body }) => body.includes("NOT_FOUND"))
          must(said, `NOT_FOUND without GitHub's word: ${spoiling.given.map(({ body }) => body).join("\n")}`)
        }
        if (Exit.isSuccess(exit) && Option.isSome(exit.value) && Array.isArray(exit.value.value)) {
          for (const one of exit.value.value) {
            must(
              !Exit.isExit(one) || Exit.isSuccess(one) || one.cause._tag === "Fail",
              `a batch ended in ${String(one)}`
            )
          }
        }
      })
  })
})
