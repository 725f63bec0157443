/**
 * Repositories on GitHub: their names, and the many ways in which people write them.
 */
import { Either, Option, Schema } from "effect"

/** An account's login. Longer and looser than today's sign-up form, because old and enterprise accounts are. */
export const Owner = Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9_-])?$/))

/** A repository's name within its owner. */
export const Name = Schema.String.pipe(
  Schema.pattern(/^[A-Za-z0-9._-]{1,100}$/),
  Schema.filter((name) => name !== "." && name !== "..")
)

/** `owner/name` on GitHub, in the case in which it was given; GitHub compares without case. */
export const RepositoryName = Schema.Struct({ owner: Owner, name: Name })
export type RepositoryName = typeof RepositoryName.Type

const decode = Schema.decodeEither(RepositoryName)

/** `owner/name`. */
export const fullName = (repository: RepositoryName): string => `${repository.owner}/${repository.name}`

/** The form by which two spellings of one repository are equal. */
export const key = (repository: RepositoryName): string => fullName(repository).toLowerCase()

/** The address under which a repository is stored when this program adds it. */
export const urlOf = (repository: RepositoryName): string => `https://github.com/${fullName(repository)}`

const forms = [
  /^(?:git\+)?(?:https?|git|ssh):\/\/(?:[^@/\s]+@)?(?:www\.)?github\.com(?::\d+)?\/+([^/\s?#]+)\/([^/\s?#]+)/i,
  /^(?:[^@/\s]+@)(?:www\.)?github\.com:\/*([^/\s?#]+)\/([^/\s?#]+)/i,
  /^(?:www\.)?github\.com\/+([^/\s?#]+)\/([^/\s?#]+)/i,
  /^([^/\s:@?#]+)\/([^/\s:@?#]+)\/*$/
]

/**
 * Reads a repository from an address (https, ssh, git, scp-like, with or without `.git` and trailing slashes, deeper
 * pages too) or from `owner/name`. Left says in one line what was wrong and what would be right.
 */
export const parse = (text: string): Either.Either<RepositoryName, string> => {
  const trimmed = text.trim()
  const bad = () =>
    Either.left(
      `"${trimmed.slice(0, 120)}" is not a GitHub repository; write owner/name or https://github.com/owner/name`
    )
  const match = Option.firstSomeOf(forms.map((form) => Option.fromNullable(form.exec(trimmed))))
  if (Option.isNone(match)) return bad()
  const owner = match.value[1] ?? ""
  const name = (match.value[2] ?? "").replace(/\.git$/i, "")
  return Either.orElse(decode({ owner, name }), bad)
}
