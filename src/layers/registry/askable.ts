/**
 * References may come from rows that were stored before their registries were held to what a URL can name: then nothing
 * is sent, and that is no answer.
 */
import { Effect, Stream } from "effect"
import type { Transient } from "../../domain/Errors.js"
import { addressProblem } from "../../domain/ReferenceGrammar.js"
import type { OciRegistry, RegistryRepository } from "../../services/OciRegistry.js"
import { malformed } from "./failures.js"

type Client = typeof OciRegistry.Service

const held = ({ registry }: Pick<RegistryRepository, "registry">): Effect.Effect<void, Transient> => {
  const problem = addressProblem(registry)
  return problem === undefined ? Effect.void : Effect.fail(malformed(registry, `nothing can be asked: ${problem}`))
}

const before = <A, E, R>(of: Pick<RegistryRepository, "registry">, call: () => Effect.Effect<A, E, R>) =>
  Effect.zipRight(held(of), Effect.suspend(call))

/** The client, whose reads fail with TRANSIENT (malformed) for registries that no URL can name. */
export const askable = (client: Client): Client => ({
  ...client,
  resolve: (reference, kind) => before(reference, () => client.resolve(reference, kind)),
  manifest: (reference) => before(reference, () => client.manifest(reference)),
  blob: (reference) => before(reference, () => client.blob(reference)),
  document: (reference) => before(reference, () => client.document(reference)),
  tags: (repository, options) =>
    Stream.unwrap(Effect.as(held(repository), Stream.suspend(() => client.tags(repository, options)))),
  referrers: (reference, options) => before(reference, () => client.referrers(reference, options)),
  has: (kind, reference) => before(reference, () => client.has(kind, reference))
})
