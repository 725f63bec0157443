import type { Effect, Option } from "effect"
import { Context } from "effect"
import type { CensusError } from "../domain/Errors.js"
import type { SourceRepository } from "../domain/ReleaseNotes.js"

/** How projects on GitHub, GitLab, Gitea and Forgejo name their releases. */
export class ReleaseProjects extends Context.Tag("image-census/ReleaseProjects")<ReleaseProjects, {
  /**
   * Whether the project's releases start with `v`; none where it has none that are named after a version, or where
   * nobody is asked (a host that only an image's label names). Found out once per project. A failure is repeated to
   * whoever asks for a few minutes, and then the project is asked again.
   */
  readonly startsWithV: (project: SourceRepository) => Effect.Effect<Option.Option<boolean>, CensusError>
}>() {}
