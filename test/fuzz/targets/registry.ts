/** Registries whose answers are spoilt: what the client makes of them. */
import { HttpClient } from "@effect/platform"
import { Effect, Either, FastCheck as fc, Layer, Option, Redacted, Stream } from "effect"
import type { CensusError } from "../../../src/domain/Errors.js"
import { type ImageReference, parse } from "../../../src/domain/ImageReference.js"
import * as RateBudgetsMemory from "../../../src/layers/budgets/RateBudgetsMemory.js"
import * as QuayApiHttp from "../../../src/layers/quay/QuayApiHttp.js"
import * as ContentCacheMemory from "../../../src/layers/registry/ContentCacheMemory.js"
import * as OciRegistryHttp from "../../../src/layers/registry/OciRegistryHttp.js"
import * as RegistryCredentialsMemory from "../../../src/layers/registry/RegistryCredentialsMemory.js"
import * as ReleaseProjectsHttp from "../../../src/layers/releases/ReleaseProjectsHttp.js"
import { OciRegistry } from "../../../src/services/OciRegistry.js"
import { QuayApi } from "../../../src/services/QuayApi.js"
import type { RegistryCredential } from "../../../src/services/RegistryCredentials.js"
import { ReleaseProjects } from "../../../src/services/ReleaseProjects.js"
import { registryServices } from "../../sandbox/registry/services.js"
import { makeSimulation } from "../../sandbox/Simulation.js"
import {
  type AnswerSpoiling,
  answerSpoilings,
  ended,
  type Given,
  isNotFound,
  objectIn,
  privateRegistry,
  spoiltClient
} from "../spoiltWorld.js"
import { must, target } from "../Target.js"

const questions = ["resolve", "manifest", "document", "blob", "tags", "referrers", "has", "quay", "releases"] as const

interface Input {
  readonly question: typeof questions[number]
  readonly registry: string
  readonly spoilings: ReadonlyArray<AnswerSpoiling>
}

// Of another registry than those that are asked: it must go to none of them.
const secret = "a-secret-that-is-not-theirs"

const unknown = /"(?:MANIFEST_UNKNOWN|NAME_UNKNOWN|BLOB_UNKNOWN|BLOB_UPLOAD_UNKNOWN|MANIFEST_BLOB_UNKNOWN|TAG_EXPIRED)"/

/** A registry's own word that something is not there: an error of its own shape. */
const proves = (given: Given): boolean => {
  const document = objectIn(given)
  return document !== undefined && Array.isArray(document["errors"]) &&
    (given.status === 404 || given.status >= 400 && given.status < 500 && unknown.test(given.body))
}

/** Quay's API says it in one of its own shapes. */
const quayProves = (given: Given): boolean => objectIn(given) !== undefined && given.status >= 400 && given.status < 500

const ask = (question: Input["question"], reference: ImageReference) =>
  Effect.gen(function*() {
    const registry = yield* OciRegistry
    switch (question) {
      case "resolve":
        return yield* registry.resolve(reference)
      case "manifest":
        return yield* registry.manifest(reference)
      case "tags":
        return yield* Stream.runCount(registry.tags(reference, { pageSize: 2 }))
      case "has":
        return yield* registry.has("manifest", reference)
      case "quay":
        return yield* (yield* QuayApi).repository("acme", "app")
      case "releases":
        return yield* (yield* ReleaseProjects).startsWithV({
          forge: Option.some("github"),
          host: "github.com",
          path: "acme/app"
        })
      default: {
        const { digest } = yield* registry.resolve(reference)
        const exact = { ...reference, tag: Option.none(), digest: Option.some(digest) }
        if (question === "referrers") return yield* registry.referrers(exact)
        if (question === "document") return yield* registry.document(exact)
        return yield* Effect.flatMap(registry.blob(exact), ({ bytes }) => Stream.runCount(bytes))
      }
    }
  })

/** Answers of registries, Quay's API and forges. */
export const registry = target({
  name: "registry",
  about: "spoilt answers of registries: the four errors only, and NOT_FOUND only on a registry's own word",
  brief: 150,
  input: (): fc.Arbitrary<Input> =>
    fc.record({
      question: fc.constantFrom(...questions),
      registry: fc.constantFrom("docker.io", "ghcr.io", "quay.io"),
      spoilings: answerSpoilings
    }),
  check: Effect.gen(function*() {
    const { client, state } = yield* makeSimulation({
      world: { repositories: 1_000 },
      more: registryServices({ pullLimit: 1_000_000_000 })
    })
    const references = new Map(
      [...state.world.published.values()].flatMap(({ registry, repository }) =>
        Option.toArray(Either.getRight(parse(`${registry}/${repository}:latest`))).map((read) =>
          [registry, read] as const
        )
      )
    )
    const credential: RegistryCredential = { kind: "bearer", id: "mine", secret: Redacted.make(secret) }
    const credentials = new Map([[privateRegistry, credential]])
    return ({ question, registry, spoilings }: Input) =>
      Effect.gen(function*() {
        const spoiling = spoiltClient(client, spoilings)
        const reference = references.get(registry)
        if (reference === undefined) return yield* Effect.dieMessage(`there is no image at ${registry}`)
        const layers = Layer.mergeAll(OciRegistryHttp.layer(), QuayApiHttp.layer(), ReleaseProjectsHttp.layer()).pipe(
          Layer.provide(Layer.mergeAll(
            Layer.succeed(HttpClient.HttpClient, spoiling.client),
            RateBudgetsMemory.layer,
            ContentCacheMemory.layer(),
            RegistryCredentialsMemory.layer(credentials)
          ))
        )
        const looking: Effect.Effect<unknown, CensusError> = Effect.provide(ask(question, reference), layers)
        const exit = yield* ended(looking)
        const { asked, given } = spoiling
        if (isNotFound(exit)) {
          const proof = given.some((one) =>
            one.method !== "HEAD" && (question === "quay" ? quayProves(one) : proves(one))
          )
          must(
            proof,
            `NOT_FOUND without a registry's word: ${given.map(({ body, status }) => `${status} ${body}`).join("\n")}`
          )
        }
        for (const { authorization, url } of asked) {
          must(!(authorization ?? "").includes(secret), `the credential of another registry was sent to ${url.href}`)
        }
      })
  })
})
