import type { Array, Effect } from "effect"
import { Context } from "effect"
import type { RateLimit } from "../domain/Errors.js"
import type { LookResult } from "../domain/WatchState.js"
import type { ClaimedWatch } from "./WatchStore.js"

/** Looks at watched references: what do their tags point to now? */
export class DigestWatcher extends Context.Tag("image-census/DigestWatcher")<DigestWatcher, {
  /**
   * Looks at the watches of one reference, which differ in their platforms. One HEAD; the manifest is read only where
   * the tag has moved (or was never seen) and a platform is watched. A result for each watch, in their order: what the
   * registry definitely said, or that it said nothing definite. Fails with RATE_LIMIT where the registry asks to wait.
   */
  readonly look: (
    watches: Array.NonEmptyReadonlyArray<ClaimedWatch>
  ) => Effect.Effect<ReadonlyArray<LookResult>, RateLimit>
}>() {}
