/**
 * The exporter of traces: Effect's own, without OpenTelemetry's SDK.
 */
import * as OtlpSerialization from "@effect/opentelemetry/OtlpSerialization"
import * as OtlpTracer from "@effect/opentelemetry/OtlpTracer"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { Duration, Layer } from "effect"

/** Where traces go (the collector's base address; `/v1/traces` is appended, as OTLP over HTTP has it), and from whom. */
export interface OtlpOptions {
  readonly endpoint: string
  readonly version: string
}

/** Together with the end of the program below two seconds. */
const shutdownTimeout = Duration.millis(800)

/** Collects spans and sends them every few seconds, as JSON, and once more at the end. */
export const make = ({ endpoint, version }: OtlpOptions): Layer.Layer<never> =>
  OtlpTracer.layer({
    url: `${endpoint}/v1/traces`,
    resource: { serviceName: "image-census", serviceVersion: version },
    exportInterval: Duration.seconds(2),
    shutdownTimeout
  }).pipe(Layer.provide(Layer.merge(OtlpSerialization.layerJson, FetchHttpClient.layer)))
