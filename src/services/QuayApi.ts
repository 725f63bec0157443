import type { Effect, Option } from "effect"
import { Context } from "effect"
import type { CensusError } from "../domain/Errors.js"
import type { DayOfActivity } from "../domain/RegistryCheck.js"

/** What Quay says of a public repository. Quay counts neither lifetime pulls nor shows stars to strangers. */
export interface QuayRepository {
  /** When its newest tag was pushed (epoch milliseconds); none without tags. */
  readonly lastUpdated: Option.Option<number>
  /** Pulls, pushes and others of about the last three months, by UTC day, oldest first; the present day is not over. */
  readonly activity: ReadonlyArray<DayOfActivity>
}

/** Quay's own API, beside its registry. */
export class QuayApi extends Context.Tag("image-census/QuayApi")<QuayApi, {
  /**
   * `GET /api/v1/repository/{namespace}/{name}`: one attempt. A park of up to a minute is waited out before the call is
   * made; a longer one, and a RATE_LIMIT answer, fail.
   *
   * AUTH with scope `one`: missing or private, which Quay does not tell apart for strangers. NOT_FOUND: there is no such
   * repository, or it holds no images. TRANSIENT: everything that is no answer of Quay's own.
   */
  readonly repository: (namespace: string, name: string) => Effect.Effect<QuayRepository, CensusError>
}>() {}
