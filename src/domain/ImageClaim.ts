/**
 * What a repository's own files say of the images that it publishes. A claim is no proof: the registry says whether the
 * image is there, and its label whether it belongs to the repository.
 */
import type { Option } from "effect"
import type { RepositoryProbe } from "./Finding.js"

/** Why a repository is believed to publish an image. */
export type ClaimEvidence =
  /** The image is called as the repository is, and a Dockerfile is there. */
  | "name"
  /** A workflow of the repository pushes it. */
  | "workflow"
  /** Docker's list of official images names the repository as its source. */
  | "official"

/** An image that a repository is said to publish. */
export interface ImageClaim {
  /** The familiar name: `owner/name` and `nginx` on Docker Hub, `ghcr.io/owner/name` elsewhere. */
  readonly image: string
  /** The registry's address, Docker Hub as `docker.io`. */
  readonly registry: string
  readonly evidence: ClaimEvidence
  /** The file from which it was read: a Dockerfile, a workflow, the name of the list of official images. */
  readonly path: string
  /** For people: the job, step and action of a workflow, and what else speaks for it. */
  readonly detail: string
  /**
   * The name as it is written, where a part of it is set outside the file (`docker.io/${{ secrets.USER }}/app`): the
   * image is then one of several candidates, and belongs to the repository only if the registry proves it.
   */
  readonly pattern: Option.Option<string>
}

/** A file at a commit. */
export interface FileAt {
  /** From the repository's root. */
  readonly path: string
  /** The blob's object id: two files with the same one have the same content, whatever their repository. */
  readonly oid: string
}

/** A file of a tree. */
export interface TreeFile extends FileAt {
  /** In bytes. */
  readonly size: number
}

/** What became of a workflow file at a look. */
export interface WorkflowReading extends FileAt {
  /**
   * `read`: its text was had, and the claims that name its path are all that it makes.
   * `kept`: neither it nor what it uses has changed since it was read: its claims stand as they are.
   * `unread`: its text could not be had, or was too much to evaluate: what was known of it stands, beside the claims that
   * could be made.
   */
  readonly state: "read" | "kept" | "unread"
  /** Other files that the reading rests on: workflows that it calls, composite actions, GoReleaser and bake files. */
  readonly uses: ReadonlyArray<FileAt>
  /** Names of which so much is set outside the file that there is no candidate. */
  readonly templates: ReadonlyArray<string>
  /** Why it is unread, or what kept it from being understood as a whole. */
  readonly problem: Option.Option<string>
}

/** What a look found in a repository's files. */
export interface RepositoryReading {
  /** The look on which it rests. */
  readonly probe: RepositoryProbe
  /** Every workflow file at HEAD. One that was known and is not here is gone, and its claims age. */
  readonly workflows: ReadonlyArray<WorkflowReading>
  /**
   * All claims but those of workflows that were `kept`, and but the name on Docker Hub, whose answer is the look's own
   * result. An image may be claimed by several files.
   */
  readonly claims: ReadonlyArray<ImageClaim>
}

/** What is stored of a repository's last reading: the next look need not ask for it again. */
export interface KnownRepository {
  /** The commit of which nothing is left to read; undefined where another try may read a workflow that is unread. */
  readonly headOid: string | undefined
  readonly dockerfiles: ReadonlyArray<string>
  /** Those that were read, in that reading or before. */
  readonly workflows: ReadonlyArray<KnownWorkflow>
  /** Those that this version of the reader cannot read: they stay unread until they, or it, change. */
  readonly beyond: ReadonlyArray<WorkflowReading>
}

/** A workflow whose text was read. */
export interface KnownWorkflow extends FileAt {
  readonly uses: ReadonlyArray<FileAt>
}
