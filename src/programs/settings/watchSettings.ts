/**
 * What is set about watching.
 */
import { Config, type Duration, type Option, type Redacted } from "effect"
import { watchDefinitions } from "./watchDefinitions.js"

export interface WatchSettings {
  readonly interval: Duration.Duration
  /** 0 to 50. */
  readonly jitterPercent: number
  readonly webhookSecret: Option.Option<Redacted.Redacted>
  readonly webhookTimeout: Duration.Duration
  readonly commandTimeout: Duration.Duration
  readonly concurrency: number
  readonly attempts: number
}

export const watchSettings: Config.Config<WatchSettings> = Config.all({
  interval: watchDefinitions.watchInterval.config,
  jitterPercent: watchDefinitions.watchJitter.config,
  webhookSecret: watchDefinitions.watchWebhookSecret.config,
  webhookTimeout: watchDefinitions.watchWebhookTimeout.config,
  commandTimeout: watchDefinitions.watchCommandTimeout.config,
  concurrency: watchDefinitions.watchConcurrency.config,
  attempts: watchDefinitions.watchAttempts.config
})
