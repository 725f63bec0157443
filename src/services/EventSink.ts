import type { Option, Stream } from "effect"
import { Context } from "effect"
import type { Transient } from "../domain/Errors.js"
import type { WatchEvent } from "../domain/WatchEvent.js"

/** Where programs take events from. */
export class EventSink extends Context.Tag("image-census/EventSink")<EventSink, {
  /**
   * The events behind a `sequence` (none: behind the newest one that is there now), in their order, and then each new one
   * as it is written, by whatever process; never ends. Who keeps the last sequence that it has dealt with gets every
   * event at least once, also over restarts.
   */
  readonly events: (from: Option.Option<number>) => Stream.Stream<WatchEvent, Transient>
}>() {}
