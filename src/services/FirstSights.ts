import type { Effect } from "effect"
import { Context } from "effect"
import type { Transient } from "../domain/Errors.js"
import type { RegistryRepository } from "./OciRegistry.js"

/** Since when tags are known to be there, for registries that do not say when a tag was pushed. */
export class FirstSights extends Context.Tag("image-census/FirstSights")<FirstSights, {
  /**
   * When each of these tags was first asked about here (epoch milliseconds). A tag that nobody asked about before is
   * seen now, and remembered.
   */
  readonly see: (
    repository: RegistryRepository,
    tags: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyMap<string, number>, Transient>
}>() {}
