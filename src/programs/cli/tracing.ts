/**
 * Traces over OTLP, where `OTEL_EXPORTER_OTLP_ENDPOINT` says where to. Without it nothing of this is loaded.
 */
import { Effect, Layer, Option } from "effect"
import { Settings } from "../settings/Settings.js"
import { version } from "../version.js"

/** Sends what spans tell to the collector that the settings name. A collector that is not there changes nothing. */
export const layer: Layer.Layer<never, never, Settings> = Layer.unwrapEffect(
  Effect.flatMap(Settings, ({ tracing }) =>
    Option.match(tracing.endpoint, {
      onNone: () => Effect.succeed(Layer.empty),
      onSome: (endpoint) =>
        Effect.map(
          Effect.promise(() => import("../node/otlp.js")),
          ({ make }) => make({ endpoint, version: version() })
        )
    }))
)
