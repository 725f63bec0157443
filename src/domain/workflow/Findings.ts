/**
 * What a workflow file tells about images.
 */
import type { Option } from "effect"

/** Why something is believed: the place in the workflow and the way in which it publishes. */
export interface WorkflowEvidence {
  /** The job's id. */
  readonly job: string
  /** The step's name, or its action, or the start of its script. */
  readonly step: string
  /** How it publishes: an action (`docker/build-push-action`) or a command (`docker push`). */
  readonly mechanism: string
  /** The file in which the name stands, where that is not the workflow itself. */
  readonly source: Option.Option<string>
}

/** An image that the workflow publishes, determined by the file and the repository. */
export interface PublishedImage {
  /** The registry's address, Docker Hub as `docker.io`. */
  readonly registry: string
  /** Namespace and name in that registry, lower-case. */
  readonly repository: string
  /** `registry/repository`. */
  readonly image: string
  readonly evidence: ReadonlyArray<WorkflowEvidence>
}

/** An image that the workflow publishes under a name of which a part is set outside the file. */
export interface ImagePattern {
  /** The name with its holes as they are written: `docker.io/${{ secrets.DOCKERHUB_USERNAME }}/app`. */
  readonly template: string
  /** The registry, where it is determined, or where the name of a variable tells it (`vars.GHCR_REPO`). */
  readonly registry: Option.Option<string>
  /** The last component of the name, where it is determined. */
  readonly name: Option.Option<string>
  /** Images that it may be, likeliest first: to be asked for at the registry, and never stored unverified. */
  readonly candidates: ReadonlyArray<string>
  readonly evidence: ReadonlyArray<WorkflowEvidence>
}

/** A step that publishes (or may) under names that stand in a file that was not given. */
export interface ExternalNames {
  /** The file, by its path in the repository, or the workflow or script that is called. */
  readonly source: string
  readonly evidence: WorkflowEvidence
}

/** What one workflow file publishes. */
export interface WorkflowFindings {
  readonly images: ReadonlyArray<PublishedImage>
  readonly patterns: ReadonlyArray<ImagePattern>
  readonly external: ReadonlyArray<ExternalNames>
  /** Images whose description the workflow maintains: a hint, no publication. */
  readonly described: ReadonlyArray<string>
  /** Other files of the repository that were asked for: those that were given, and those that were not. */
  readonly files: { readonly used: ReadonlyArray<string>; readonly missing: ReadonlyArray<string> }
  /** Why the file was not read, or that it was too much to evaluate whole. */
  readonly problem: Option.Option<
    "too-large" | "too-deep" | "too-many-aliases" | "not-yaml" | "no-workflow" | "too-much"
  >
}
