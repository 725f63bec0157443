/**
 * `FirstSights` in memory: forgotten when the process ends.
 */
import { Clock, Effect, Layer } from "effect"
import { canonicalName } from "../../domain/ImageReference.js"
import { FirstSights } from "../../services/FirstSights.js"

/** Remembers sights in `seen`: instants (epoch milliseconds) by `docker.io/library/nginx:1.27`. */
export const make = (seen: Map<string, number> = new Map()): typeof FirstSights.Service => ({
  see: (repository, tags) =>
    Effect.map(Clock.currentTimeMillis, (now) =>
      new Map(tags.map((tag) => {
        const key = `${canonicalName(repository)}:${tag}`
        const at = seen.get(key) ?? now
        seen.set(key, at)
        return [tag, at]
      })))
})

/** The memory as a layer. */
export const layer: Layer.Layer<FirstSights> = Layer.sync(FirstSights, () => make())
