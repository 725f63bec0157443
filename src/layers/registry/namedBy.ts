/**
 * Reads of what labels name, held to where strangers may send us.
 */
import { Effect, Option } from "effect"
import { Auth } from "../../domain/Errors.js"
import type { ImageReference } from "../../domain/ImageReference.js"
import { labelRefusal } from "../../domain/PublicRegistries.js"
import type { LabelledImages, OciRegistry, RegistryRepository } from "../../services/OciRegistry.js"

type Reads = Omit<LabelledImages, "refusal">

/**
 * `namedBy` of a client: `own` reads at the registry of the image, `others` elsewhere. `configured` has the names of
 * registries that a person has configured.
 */
export const makeNamedBy = (
  own: Reads,
  others: Reads,
  configured: ReadonlyArray<string> = []
): typeof OciRegistry.Service.namedBy => {
  const names = new Set(configured)

  return (image) => {
    const refusal = ({ registry }: RegistryRepository) =>
      registry === image.registry ? Option.none() : Option.fromNullable(labelRefusal(registry, names))
    const held = <A, E>(reference: ImageReference, read: (reads: Reads) => Effect.Effect<A, E>) =>
      Option.match(refusal(reference), {
        onNone: (): Effect.Effect<A, E | Auth> => read(reference.registry === image.registry ? own : others),
        onSome: (message) => Effect.fail(new Auth({ service: reference.registry, scope: "one", message }))
      })
    return {
      refusal,
      manifest: (reference) => held(reference, ({ manifest }) => manifest(reference)),
      document: (reference) => held(reference, ({ document }) => document(reference))
    }
  }
}
