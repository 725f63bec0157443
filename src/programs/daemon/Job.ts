import type { Effect } from "effect"
import type { Auth, Transient } from "../../domain/Errors.js"

/** Something that the daemon keeps running. Its settings have been checked before it starts. */
export interface Job<R> {
  /** One word, as it stands in the log and in `status`. */
  readonly name: string
  /**
   * Runs for ever, or until it has nothing more to do. TRANSIENT: it is started again, later and later. AUTH: a person
   * has to act; it is started again every five minutes, for what was refused may be mended. Interrupting it writes what was learnt, within two seconds.
   */
  readonly run: Effect.Effect<void, Auth | Transient, R>
}
