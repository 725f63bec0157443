/**
 * What the thread that reads workflows is told, and what it answers. Messages are copied, so they hold plain values only.
 */
import { Schema } from "effect"
import type { RepositoryFile } from "../../domain/WorkflowImages.js"

/** Asks for the workflows at `paths`, one after the other; each is answered for itself, in their order. */
export interface Request {
  /** The repository's number: its files are kept under it. */
  readonly session: number
  readonly owner: string
  readonly name: string
  readonly defaultBranch: string | null
  /** Files that the thread does not have yet. */
  readonly given: ReadonlyArray<RepositoryFile>
  readonly paths: ReadonlyArray<string>
  readonly namespaces: ReadonlyArray<string>
  /** Sessions whose files are not kept any longer. */
  readonly forget: ReadonlyArray<number>
}

const Texts = Schema.Array(Schema.String)
const MaybeText = Schema.OptionFromNullOr(Schema.String)

const Evidence = Schema.Struct({
  job: Schema.String,
  step: Schema.String,
  mechanism: Schema.String,
  source: MaybeText
})

const Findings = Schema.Struct({
  images: Schema.Array(Schema.Struct({
    registry: Schema.String,
    repository: Schema.String,
    image: Schema.String,
    evidence: Schema.Array(Evidence)
  })),
  patterns: Schema.Array(Schema.Struct({
    template: Schema.String,
    registry: MaybeText,
    name: MaybeText,
    candidates: Texts,
    evidence: Schema.Array(Evidence)
  })),
  external: Schema.Array(Schema.Struct({ source: Schema.String, evidence: Evidence })),
  described: Texts,
  files: Schema.Struct({ used: Texts, missing: Texts }),
  problem: Schema.OptionFromNullOr(
    Schema.Literal("too-large", "too-deep", "too-many-aliases", "not-yaml", "no-workflow", "too-much")
  )
})

/** The answer for one workflow. */
export const Reply = Schema.Union(
  Schema.TaggedStruct("Found", { findings: Findings }),
  Schema.TaggedStruct("Unread", { reason: Schema.String }),
  /** The reader is at fault. */
  Schema.TaggedStruct("Failed", { trace: Schema.String })
)
