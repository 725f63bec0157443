import type { Effect, Option } from "effect"
import { Context } from "effect"
import type { WatchAction } from "../domain/Watch.js"
import type { WatchEvent } from "../domain/WatchEvent.js"

/** How an action ended. */
export interface ActionResult {
  /** Was the event taken? */
  readonly ok: boolean
  /** One line: `HTTP 204`, `exit code 1`, `no answer within 30 s`. Never holds a secret. */
  readonly result: string
  /** The end of what the program printed, or of the answer's body. */
  readonly output: Option.Option<string>
  /** When the receiver asked to be tried again (epoch milliseconds). */
  readonly retryAt: Option.Option<number>
}

/** Does what a watch asks for. Never fails: what goes wrong is a result. */
export class WatchActions extends Context.Tag("image-census/WatchActions")<WatchActions, {
  /** Delivers an event to an action. Interrupting it ends the request, or the program. */
  readonly deliver: (event: WatchEvent, action: WatchAction) => Effect.Effect<ActionResult>
  /**
   * What is wrong with an action before any event, in one line: an address in a private network that is not allowed, a
   * program that is none.
   */
  readonly problemOf: (action: WatchAction) => Effect.Effect<Option.Option<string>>
}>() {}
