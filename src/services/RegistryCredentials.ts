import type { Effect, Option, Redacted } from "effect"
import { Context } from "effect"

/** Something with which to prove to a registry who is asking. Secrets stay redacted until a header is written. */
export type RegistryCredential =
  | {
    readonly kind: "basic"
    /** Names the credential in budgets and messages; never secret. */
    readonly id: string
    readonly username: string
    readonly secret: Redacted.Redacted
  }
  | {
    /** A refresh token (`identitytoken`), exchanged at the token endpoint. */
    readonly kind: "identity"
    readonly id: string
    readonly secret: Redacted.Redacted
  }
  | {
    /** A bearer token (`registrytoken`), sent to the registry as it is. */
    readonly kind: "bearer"
    readonly id: string
    readonly secret: Redacted.Redacted
  }

/** Where a registry's credentials come from. */
export class RegistryCredentials extends Context.Tag("image-census/RegistryCredentials")<RegistryCredentials, {
  /**
   * The credential for a repository of a registry (`docker.io`, `ghcr.io`, `localhost:5000`); none means to ask as
   * nobody. A source that cannot be read is told in the log and passed over.
   */
  readonly find: (registry: string, repository: string) => Effect.Effect<Option.Option<RegistryCredential>>
}>() {}
