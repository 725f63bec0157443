/**
 * The settings of watching, in the order of the README's table.
 */
import { Duration, Either } from "effect"
import * as Read from "./readers.js"
import { optional, withDefault } from "./Setting.js"

const seconds = (name: string, fallback: number, bounds: Read.Bounds, doc: string) =>
  withDefault(
    name,
    { type: "number", unit: "seconds", default: String(fallback), doc },
    (text) => Either.map(Read.number(bounds)(text), Duration.seconds)
  )

const whole = (name: string, unit: string, fallback: number, bounds: Read.Bounds, doc: string) =>
  withDefault(name, { type: "whole number", unit, default: String(fallback), doc }, Read.wholeNumber(bounds))

export const watchDefinitions = {
  watchInterval: seconds(
    "WATCH_INTERVAL_SEC",
    300,
    { min: 1, max: 2_592_000 },
    "How long from one look at a watched reference to the next, where neither `--every` nor the request to the API says."
  ),
  watchJitter: whole(
    "WATCH_JITTER_PERCENT",
    "percent",
    10,
    { min: 0, max: 50 },
    "How far a look may stray from its time, so that they do not come all at once; 0 switches it off."
  ),
  watchWebhookSecret: optional("WATCH_WEBHOOK_SECRET", {
    type: "secret",
    doc: "Signs webhooks (HMAC-SHA256, in the header `X-Image-Census-Signature`). Unset: they are not signed.",
    secret: true
  }, Read.token),
  watchWebhookTimeout: seconds(
    "WATCH_WEBHOOK_TIMEOUT_SEC",
    30,
    { min: 1, max: 600 },
    "How long a webhook may take."
  ),
  watchCommandTimeout: seconds(
    "WATCH_COMMAND_TIMEOUT_SEC",
    300,
    { min: 1, max: 86_400 },
    "How long a command may take; then it is ended, and has failed."
  ),
  watchConcurrency: whole(
    "WATCH_CONCURRENCY",
    "deliveries",
    8,
    { min: 1, max: 1000 },
    "Webhooks and commands under way at once."
  ),
  watchAttempts: whole(
    "WATCH_DELIVERY_ATTEMPTS",
    "attempts",
    12,
    { min: 1, max: 1000 },
    "So many failures set a delivery aside, until `watch retry`. For updates it is three."
  )
} as const
