import { Duration } from "effect"
import type { SettingsValues } from "../settings/Settings.js"
import type { WatchOptions } from "./WatchOptions.js"

// A program that does not end by itself is asked to, then killed; then its end is written.
const actionMargin = Duration.seconds(15)

const poll = Duration.seconds(5)

/** How to watch, by the settings and what the command line says. */
export const watchOptions = (
  { registries, store, watch }: SettingsValues,
  flags: { readonly once: boolean; readonly jitter: boolean }
): WatchOptions => ({
  once: flags.once,
  lease: store.lease,
  jitter: flags.jitter ? watch.jitterPercent / 100 : 0,
  looksPerRegistry: 2 * registries.concurrency,
  concurrency: watch.concurrency,
  attempts: watch.attempts,
  deliveryLease: Duration.sum(Duration.max(watch.webhookTimeout, watch.commandTimeout), actionMargin),
  poll
})
