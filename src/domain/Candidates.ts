/**
 * Which images may a repository publish under its own name? Pure guesses, to be proved at the registry.
 */
import { Option } from "effect"
import type { RepositoryName } from "./GitHubRepository.js"

/** The paths at which a Dockerfile makes a repository worth a look, in the order in which they are reported. */
export const dockerfilePaths = ["Dockerfile", "docker/Dockerfile", "build/Dockerfile"] as const

// A path component of the grammar of distribution/reference.
const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/

/**
 * `<owner>/<name>` in lower case, where that is a valid name on Docker Hub: path components of the grammar of
 * distribution/reference, a repository of 2 to 255 characters. `library/` is never guessed: it belongs to Docker.
 */
export const hubCandidate = (repository: RepositoryName): Option.Option<string> => {
  const namespace = repository.owner.toLowerCase()
  const name = repository.name.toLowerCase()
  const valid = namespace !== "library" && namespace.length >= 2 && name.length >= 2 && component.test(namespace) &&
    component.test(name) && namespace.length + 1 + name.length <= 255
  return valid ? Option.some(`${namespace}/${name}`) : Option.none()
}
