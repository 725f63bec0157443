/**
 * What the settings say of watches, for those that are added over HTTP.
 */
import { Context, type Duration } from "effect"

/** How a reference is watched where the request does not say. */
export class WatchDefaults extends Context.Tag("image-census/WatchDefaults")<WatchDefaults, {
  /** From one look to the next. */
  readonly every: Duration.Duration
}>() {}
