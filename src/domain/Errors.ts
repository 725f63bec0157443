/**
 * The four errors that drive control flow. Every service maps what its outside world says to one of them, in one
 * place; programs dispatch on the tag and on nothing else. Defects stay defects.
 */
import { DateTime, Schema } from "effect"
import { BudgetKey } from "./RateBudget.js"

/**
 * Credentials are missing, wrong, revoked or refused: waiting does not help, a person has to act.
 * Scope `all` (the default): nothing of this service can go on, so the run ends. Scope `one`: only what was asked for is
 * refused (a repository behind SAML, a single image's 403); it is put off, others go on.
 */
export class Auth extends Schema.TaggedError<Auth>("image-census/Auth")("AUTH", {
  service: Schema.String,
  scope: Schema.optionalWith(Schema.Literal("all", "one"), { default: () => "all" as const }),
  /** One line: what was refused, and what to check. Never holds a secret. */
  message: Schema.String
}) {}

/** The budget of `budget` is spent until `until`; whoever pays from it waits, others do not. */
export class RateLimit extends Schema.TaggedError<RateLimit>("image-census/RateLimit")("RATE_LIMIT", {
  budget: BudgetKey,
  until: Schema.DateTimeUtcFromSelf,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.budget.service} (${this.budget.payer}) asks to wait until ${
      DateTime.formatIso(this.until)
    }: ${this.reason}`
  }
}

/** A definite answer: what was asked for does not exist, or is not visible to us. */
export class NotFound extends Schema.TaggedError<NotFound>("image-census/NotFound")("NOT_FOUND", {
  service: Schema.String,
  what: Schema.String
}) {
  override get message(): string {
    return `${this.service} does not know ${this.what}`
  }
}

/** Why no definite answer was had. `limits`: the request was too much for the server and has to be made smaller. */
export const TransientReason = Schema.Literal("timeout", "network", "server", "malformed", "limits")
export type TransientReason = typeof TransientReason.Type

/**
 * No definite answer this time: nothing that is stored may change because of it. Scope `all` (the default): others may
 * meet the same at this service. Scope `one`: the service answers well, and what is wrong is what was asked for (an
 * image's manifest that is none), so that nobody else has to wait.
 */
export class Transient extends Schema.TaggedError<Transient>("image-census/Transient")("TRANSIENT", {
  service: Schema.String,
  reason: TransientReason,
  scope: Schema.optionalWith(Schema.Literal("all", "one"), { default: () => "all" as const }),
  /** One line for people. Never holds a secret. */
  message: Schema.String
}) {}

/** Everything that a call to an outside world can end in, besides success. */
export type CensusError = Auth | RateLimit | NotFound | Transient

/**
 * Something that a person set is wrong, found before any work started: a setting's value, a database that cannot be
 * reached, is too old or newer than the program, a data folder that another process holds. Ends the program with exit
 * code 2 and this one line; never part of the control flow of a running job.
 */
export class SettingsError extends Schema.TaggedError<SettingsError>("image-census/SettingsError")("SETTINGS", {
  /** The setting's name (`DATABASE_URL`), or the command line's option. */
  setting: Schema.String,
  /** What was wrong, and what would be right. Never holds a secret. */
  message: Schema.String
}) {}
