import { Context, Effect } from "effect"
import type { RepositoryFile } from "../domain/WorkflowImages.js"
import { evaluated, type ReadRepository, traceOf, unread, type WorkflowAnswer } from "../domain/WorkflowReading.js"

/** One round of reading a repository: its files may be had in several. */
export interface WorkflowQuestion {
  /** Files that this session was not given before. */
  readonly given: ReadonlyArray<RepositoryFile>
  /** The workflows that are to be read; their files are among those that were given. */
  readonly paths: ReadonlyArray<string>
  /** Namespaces that the owner is known to use at registries, for the candidates of patterns. */
  readonly namespaces: ReadonlyArray<string>
}

/** The reading of one repository, from its first file to its last. */
export interface WorkflowSession {
  /**
   * What the workflows publish, by all files that were given so far: an answer for each path, in their order. Never fails:
   * a workflow that cannot be read, or costs more than it may, is `Unread` and costs no other its answer. Where the reader
   * itself is at fault, that is logged as well.
   */
  readonly read: (question: WorkflowQuestion) => Effect.Effect<ReadonlyArray<WorkflowAnswer>>
}

/** The answer for a workflow by which the reader failed; logged with its trace, because the reader has to be mended. */
export const failedAt = (path: string, repository: ReadRepository, trace: string): Effect.Effect<WorkflowAnswer> =>
  Effect.logError(`the reader of workflows failed at ${path} of ${repository.owner}/${repository.name}`, trace).pipe(
    Effect.as(unread(`the reader failed: ${(trace.split("\n")[0] ?? "").slice(0, 200)}`))
  )

/**
 * Reads the workflows of repositories, whose text strangers write. Where no layer is provided, they are read in the thread
 * that asks, bounded by fuel alone; `WorkflowReaderNode` reads them in a thread of their own, bounded by time and memory too.
 */
export class WorkflowReader extends Context.Reference<WorkflowReader>()("image-census/WorkflowReader", {
  defaultValue: (): { readonly open: (repository: ReadRepository) => WorkflowSession } => ({
    open: (repository) => {
      const files = new Map<string, RepositoryFile>()
      return {
        read: ({ given, namespaces, paths }) =>
          Effect.suspend(() => {
            for (const file of given) files.set(file.path, file)
            return Effect.forEach(paths, (path) =>
              Effect.sync(() => evaluated(path, files, repository, namespaces)).pipe(
                Effect.catchAllDefect((defect) => failedAt(path, repository, traceOf(defect)))
              ))
          })
      }
    }
  })
}) {}
