/**
 * Docker's official images: which there are, which GitHub repositories build them, and for which architectures. Shipped
 * as data, and read from a checkout of docker-library/official-images, where `library/` has a file for each image.
 */
import { Either, Option } from "effect"
import { fullName, key, parse, type RepositoryName } from "./GitHubRepository.js"
import { Malformed } from "./Malformed.js"
import { officialImagesText } from "./officialImagesData.js"
import { isPath } from "./ReferenceGrammar.js"

/** An official image. */
export interface OfficialImage {
  /** Its familiar name: `nginx` for `docker.io/library/nginx`. */
  readonly name: string
  /** Those on GitHub that build it; none where it is built elsewhere. */
  readonly repositories: ReadonlyArray<RepositoryName>
  /** By their names in bashbrew (`amd64`, `arm64v8`, `windows-amd64`), sorted. Empty for an image that was retired. */
  readonly architectures: ReadonlyArray<string>
}

const byName = <A>(nameOf: (value: A) => string) => (a: A, b: A): number =>
  nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0

const distinct = (repositories: ReadonlyArray<RepositoryName>): ReadonlyArray<RepositoryName> =>
  [...new Map(repositories.map((repository) => [key(repository), repository])).values()].sort(byName(fullName))

const repositoriesOf = (texts: Iterable<string>): ReadonlyArray<RepositoryName> =>
  distinct([...texts].flatMap((text) => Option.toArray(Either.getRight(parse(text)))))

const listed = (text: string): ReadonlyArray<string> => text === "-" ? [] : text.split(",")

/** The list that is shipped, in the order of names. */
export const officialImages: ReadonlyArray<OfficialImage> = officialImagesText.trim().split("\n").map((line) => {
  const [name = "", repositories = "-", architectures = "-"] = line.split(" ")
  return { name, repositories: repositoriesOf(listed(repositories)), architectures: listed(architectures) }
})

/** The official images that a repository builds, usually one or none; GitHub compares names without case. */
export const officialImagesOf = (
  repository: RepositoryName,
  images: ReadonlyArray<OfficialImage> = officialImages
): ReadonlyArray<OfficialImage> =>
  images.filter(({ repositories }) => repositories.some((one) => key(one) === key(repository)))

// Architectures of an entry that names none (bashbrew's default).
const usualArchitectures = "amd64"

type Stanza = ReadonlyMap<string, string>

const fields = /^([A-Za-z0-9-]+):(.*)$/

/** Stanzas of `Name: value` lines with an empty line between them; a line that begins with a blank continues the last one. */
const stanzasOf = (name: string, text: string): Either.Either<ReadonlyArray<Stanza>, Malformed> => {
  const stanzas: Array<Map<string, string>> = [new Map()]
  let last = ""
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const current = stanzas.at(-1) ?? new Map<string, string>()
    if (line.startsWith("#")) continue
    if (line.trim() === "") {
      if (current.size > 0) stanzas.push(new Map())
      last = ""
      continue
    }
    const match = fields.exec(line)
    if (/^[ \t]/.test(line) && last !== "") {
      current.set(last, `${current.get(last) ?? ""} ${line.trim()}`.trim())
    } else if (match === null) {
      return Either.left(
        new Malformed({
          what: "library file",
          input: line.slice(0, 120),
          reason: "format",
          message: `library/${name}, line ${index + 1}: expected "Name: value", not "${line.slice(0, 60)}"`
        })
      )
    } else {
      last = (match[1] ?? "").toLowerCase()
      current.set(last, (match[2] ?? "").trim())
    }
  }
  return Either.right(stanzas.filter((stanza) => stanza.size > 0))
}

const commas = (text: string | undefined): ReadonlyArray<string> =>
  (text ?? "").split(",").map((part) => part.trim()).filter((part) => part !== "")

const isEntry = (stanza: Stanza): boolean => stanza.has("tags") || stanza.has("sharedtags")

/**
 * Reads the file of an image: stanzas of `Name: value` lines, of which the first says what holds for all (`Maintainers`,
 * `GitRepo`, `Architectures`) and each other one describes some tags, with fields of its own or for one architecture
 * (`arm64v8-GitRepo`). Left: which line was no such line.
 */
export const parseLibraryFile = (name: string, text: string): Either.Either<OfficialImage, Malformed> => {
  if (!isPath(name) || name.includes("/")) {
    const message = `"${name}" is no name of an official image`
    return Either.left(new Malformed({ what: "library file", input: name, reason: "format", message }))
  }
  return Either.map(stanzasOf(name, text), (stanzas) => {
    const [first] = stanzas
    const common: Stanza = first === undefined || isEntry(first) ? new Map() : first
    const entries = stanzas.filter(isEntry)
    const repositories = stanzas.flatMap((stanza) =>
      [...stanza].filter(([field]) => field === "gitrepo" || field.endsWith("-gitrepo")).map(([, url]) => url)
    ).filter((url) => /github\.com/i.test(url))
    const architectures = entries.flatMap((entry) =>
      commas(entry.get("architectures") ?? common.get("architectures") ?? usualArchitectures)
    )
    return {
      name,
      repositories: repositoriesOf(repositories),
      architectures: [...new Set(architectures)].sort()
    }
  })
}
