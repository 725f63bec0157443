/**
 * Credentials that are given as values.
 */
import { Effect, Layer, Option } from "effect"
import { type RegistryCredential, RegistryCredentials } from "../../services/RegistryCredentials.js"

/** The credentials of these registries, and none for others. */
export const make = (
  known: ReadonlyMap<string, RegistryCredential> = new Map()
): typeof RegistryCredentials.Service => ({
  find: (registry) => Effect.sync(() => Option.fromNullable(known.get(registry)))
})

/** The credentials as a layer. */
export const layer = (known: ReadonlyMap<string, RegistryCredential> = new Map()): Layer.Layer<RegistryCredentials> =>
  Layer.sync(RegistryCredentials, () => make(known))
