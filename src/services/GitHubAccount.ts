import type { Effect } from "effect"
import { Context } from "effect"
import type { CensusError } from "../domain/Errors.js"
import type { BudgetReading } from "../domain/RateBudget.js"

/** What GitHub says of one credential. */
export interface CredentialReport {
  /** For people: `token 1`, `GitHub App 123`. */
  readonly label: string
  /** What it is good for, in one line; or why not. */
  readonly outcome:
    | { readonly _tag: "Works"; readonly detail: string; readonly reading: BudgetReading }
    | { readonly _tag: "Fails"; readonly error: CensusError }
}

/** Tries the credentials for GitHub without spending their budget; for `doctor`. */
export class GitHubAccount extends Context.Tag("image-census/GitHubAccount")<GitHubAccount, {
  /**
   * One report per personal token (one free request each), and one for the App (the App itself, and its installations).
   * Empty where no credential is set. Never waits for a park, and never retries.
   */
  readonly check: Effect.Effect<ReadonlyArray<CredentialReport>>
}>() {}
