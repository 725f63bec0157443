/**
 * One workflow of a repository, read: what it publishes, or why that is not known.
 */
import type { Option } from "effect"
import { publishedImages, type RepositoryFile, type WorkflowFindings } from "./WorkflowImages.js"

/** What is known of a repository before its files are. */
export interface ReadRepository {
  readonly owner: string
  readonly name: string
  readonly defaultBranch: Option.Option<string>
}

/** What became of a workflow: what it publishes, or why nothing is known of that. */
export type WorkflowAnswer =
  | { readonly _tag: "Found"; readonly findings: WorkflowFindings }
  | { readonly _tag: "Unread"; readonly reason: string }

/** A workflow of which nothing is known. */
export const unread = (reason: string): WorkflowAnswer => ({ _tag: "Unread", reason })

/** The answer for a workflow that costs more than it may. */
export const tooMuch: WorkflowAnswer = unread("too-much")

/** What tells most of what went wrong. */
export const traceOf = (defect: unknown): string =>
  defect instanceof Error ? defect.stack ?? defect.message : String(defect)

/** Reads the workflow at a path by the files of its repository. */
export const evaluated = (
  path: string,
  files: ReadonlyMap<string, RepositoryFile>,
  repository: ReadRepository,
  namespaces: ReadonlyArray<string>
): WorkflowAnswer => {
  const file = files.get(path)
  if (file === undefined) return unread("its text is missing")
  const findings = publishedImages(file, { ...repository, files: [...files.values()], namespaces })
  return { _tag: "Found", findings }
}
