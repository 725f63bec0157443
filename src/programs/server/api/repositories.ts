/**
 * Repositories: what is looked at, and what was found there.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import { Schema } from "effect"
import { NotFound, Transient } from "../../../domain/Errors.js"
import { Link } from "./links.js"
import { Conflict, Invalid } from "./problems.js"
import { cursor, Instant, limit, Next, nextOf, orNull, RepositoryPath, search } from "./wire.js"

/** A repository on a list. */
export const Repository = Schema.Struct({
  owner: Schema.String,
  name: Schema.String,
  url: Schema.String,
  /** The last definite answer. */
  checkedAt: orNull(Instant),
  /** `hit`, `miss`, `no-dockerfile` or `not-found`. */
  outcome: orNull(Schema.String),
  /** Names of its images. */
  images: Schema.Array(Schema.String),
  /** Those of them whose own label names this repository. */
  verified: Schema.Array(Schema.String)
}).annotations({ identifier: "Repository" })

/** Everything that is known of one repository. */
export const RepositoryDetail = Schema.Struct({
  ...Repository.fields,
  addedAt: Instant,
  /** The commit that was looked at. */
  headOid: orNull(Schema.String),
  dockerfiles: Schema.Array(Schema.String),
  /** `owner/name` before a rename or transfer. */
  renamedFrom: orNull(Schema.String),
  /** It is put off until then, because of `lastError`. */
  notBefore: orNull(Instant),
  lastError: orNull(Schema.String),
  links: Schema.Array(Link)
}).annotations({ identifier: "RepositoryDetail" })

const RepositoryKey = Schema.Struct({ id: Schema.String.pipe(Schema.pattern(/^\d{1,18}$/)) })

/** The `next` of a page of repositories. */
export const nextRepository = nextOf(RepositoryKey)

const RepositoryPage = Schema.Struct({ repositories: Schema.Array(Repository), next: Next })
  .annotations({ identifier: "RepositoryPage" })

const Added = Schema.Struct({
  added: Schema.Int,
  known: Schema.Int
}).annotations({ identifier: "Added" })

/** What was asked for is done behind the answer: its result is seen at the thing itself. */
export const Accepted = Schema.Struct({
  /** Requests that are done before this one. */
  ahead: Schema.Int
}).annotations({ identifier: "Accepted" })

/** Repositories asked for in one request at most. */
const mostAdded = 1000

export const repositories = HttpApiGroup.make("repositories")
  .add(
    HttpApiEndpoint.get("list", "/repositories")
      .setUrlParams(Schema.Struct({ search, limit, after: cursor(RepositoryKey) }))
      .addSuccess(RepositoryPage)
  )
  .add(
    HttpApiEndpoint.get("get", "/repositories/:owner/:name")
      .setPath(RepositoryPath)
      .addSuccess(RepositoryDetail)
      .addError(NotFound, { status: 404 })
  )
  .add(
    HttpApiEndpoint.post("add", "/repositories")
      .setPayload(Schema.Struct({
        /** `owner/name`, or addresses on GitHub. */
        repositories: Schema.Array(Schema.String.pipe(Schema.maxLength(500))).pipe(
          Schema.minItems(1),
          Schema.maxItems(mostAdded)
        )
      }))
      .addSuccess(Added)
  )
  .add(
    HttpApiEndpoint.post("check", "/repositories/:owner/:name/check")
      .setPath(RepositoryPath)
      .addSuccess(Accepted, { status: 202 })
      .addError(NotFound, { status: 404 })
      .addError(Conflict, { status: 409 })
  )
  .addError(Invalid, { status: 400 })
  .addError(Transient, { status: 503 })
