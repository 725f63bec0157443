/**
 * References to images: `nginx`, `ghcr.io/o/n:1.2`, `localhost:5000/x@sha256:…`.
 *
 * `parseStrict` reads the grammar of `distribution/reference` and nothing more. `parse` adds Docker's normalisation,
 * which is what people mean when they type: `nginx` is `docker.io/library/nginx:latest`.
 */
import { Either, Option } from "effect"
import { Digest, parse as parseDigest } from "./Digest.js"
import { Malformed } from "./Malformed.js"
import { addressProblem, isDomain, isIdentifier, isPath, isTag, splitName, splitReference } from "./ReferenceGrammar.js"

/** An image, and which of its versions. Without tag and digest it stands for the whole repository. */
export interface ImageReference {
  /** The registry's address as it was written: `docker.io`, `ghcr.io`, `localhost:5000`, `[::1]:5000`. */
  readonly registry: string
  /** The repository in that registry: `library/nginx`. */
  readonly repository: string
  readonly tag: Option.Option<string>
  readonly digest: Option.Option<Digest>
}

/** A reference by the grammar alone: nothing was added, and the domain may be missing. */
export interface StrictReference {
  readonly domain: Option.Option<string>
  readonly path: string
  readonly tag: Option.Option<string>
  readonly digest: Option.Option<Digest>
}

/** The canonical address of Docker Hub in references. Its registry answers at `registry-1.docker.io`. */
export const dockerHub = "docker.io"

const dockerHubAliases: ReadonlySet<string> = new Set([
  dockerHub,
  "index.docker.io",
  "registry-1.docker.io",
  "registry.hub.docker.com"
])

/** Whether an address is one of the names of Docker Hub's registry. */
export const isDockerHub = (registry: string): boolean => dockerHubAliases.has(registry)

/** The host that answers for a registry: Docker Hub's is another than its name. */
export const apiHost = (registry: string): string => isDockerHub(registry) ? "registry-1.docker.io" : registry

const maxPathLength = 255

/** Characters of a whole reference: far more than a host, a path, a tag and a digest take together. */
export const maxLength = 2_048

interface Problem {
  readonly reason: Malformed["reason"]
  readonly problem: string
  readonly at?: number
}

// No pattern goes over a text that is longer: strangers' labels have megabytes.
const tooLong = (text: string): Malformed =>
  new Malformed({
    what: "reference",
    input: text,
    reason: "too-long",
    message: `invalid reference "${
      text.slice(0, 60)
    }…": it has ${text.length} characters; at most ${maxLength} are read`
  })

const malformed = (input: string, { at, problem, reason }: Problem): Malformed =>
  new Malformed({
    what: "reference",
    input,
    reason,
    message: `invalid reference "${input}": ${problem}${at === undefined ? "" : ` at character ${at + 1}`}`,
    ...(at === undefined ? {} : { at })
  })

const uppercase = (input: string, from: number): Problem => {
  const offset = input.slice(from).search(/[A-Z]/)
  const at = offset === -1 ? input.search(/[A-Z]/) : from + offset
  return { reason: "uppercase", problem: `repository names are lower-case, but there is "${input.charAt(at)}"`, at }
}

const wrongFormat = (input: string): Problem => {
  const at = input.search(/[^A-Za-z0-9._/:@[\]+-]/)
  return at === -1
    ? { reason: "format", problem: "expected [registry/]name[:tag][@digest]" }
    : { reason: "format", problem: `there is ${JSON.stringify(input.charAt(at))}`, at }
}

const read = (text: string): Either.Either<StrictReference, Problem | Malformed> => {
  if (text === "") return Either.left({ reason: "empty", problem: "it is empty" })
  const parts = splitReference(text)
  if (parts === undefined) {
    const lowered = splitReference(text.toLowerCase())
    if (lowered === undefined) return Either.left(wrongFormat(text))
    return Either.left(uppercase(text, lowered.name.length - (splitName(lowered.name)?.path ?? "").length))
  }
  const { domain, path } = splitName(parts.name) ?? { domain: undefined, path: parts.name }
  if (path.length > maxPathLength) {
    const problem = `a repository's path has at most ${maxPathLength} characters, not ${path.length}`
    return Either.left({ reason: "too-long", problem })
  }
  const strict = { domain: Option.fromNullable(domain), path, tag: Option.fromNullable(parts.tag) }
  return parts.digest === undefined
    ? Either.right({ ...strict, digest: Option.none() })
    : Either.map(parseDigest(parts.digest), (digest) => ({ ...strict, digest: Option.some(digest) }))
}

const explain = (input: string, problem: Problem | Malformed, shift = 0): Malformed =>
  problem instanceof Malformed
    ? malformed(input, { reason: problem.reason, problem: problem.message })
    : malformed(input, problem.at === undefined ? problem : { ...problem, at: problem.at + shift })

/**
 * Reads a reference by the grammar of `distribution/reference`, without Docker's defaults. Reasons of failure:
 * `empty`, `format`, `uppercase` (with the place), `too-long` (more than `maxLength` characters, or a path of more than
 * 255), and those of a digest.
 */
export const parseStrict = (text: string): Either.Either<StrictReference, Malformed> =>
  text.length > maxLength
    ? Either.left(tooLong(text))
    : Either.mapLeft(read(text), (problem) => explain(text, problem))

// A first component is a registry only if it cannot be a namespace of Docker Hub. With an underscore it can be nothing
// else: the grammar reads `my_org.x/app` as a path without a registry.
const looksLikeRegistry = (first: string): boolean =>
  !first.includes("_") && (first === "localhost" || /[.:]/.test(first) || first.toLowerCase() !== first)

const officialPath = (path: string): string => path.includes("/") ? path : `library/${path}`

/**
 * Reads what is stored: as `parseNormalized`, but by the grammar alone. Rows of an earlier version, or of another program,
 * may name a registry that no request can be made to; they can then still be shown and taken out.
 */
export const parseStored = (text: string): Either.Either<ImageReference, Malformed> => {
  if (text === "") return Either.left(malformed(text, { reason: "empty", problem: "it is empty" }))
  if (text.length > maxLength) return Either.left(tooLong(text))
  if (isIdentifier(text)) {
    return Either.left(malformed(text, { reason: "identifier", problem: "64 hexadecimal digits are an image's id" }))
  }
  const slash = text.indexOf("/")
  const explicit = slash !== -1 && looksLikeRegistry(text.slice(0, slash))
  const given = explicit ? text.slice(0, slash) : dockerHub
  const registry = isDockerHub(given) ? dockerHub : given
  const rest = explicit ? text.slice(slash + 1) : text
  const remote = rest.slice(0, rest.search(/[:@]|$/))
  if (remote.toLowerCase() !== remote) {
    return Either.left(malformed(text, uppercase(text, text.length - rest.length)))
  }
  // Put together again, so that the whole is held to the grammar; places are then told in the text as it was given.
  const full = `${registry}/${registry === dockerHub ? officialPath(rest) : rest}`
  return read(full).pipe(
    Either.mapBoth({
      onLeft: (problem) => explain(text, problem, text.length - full.length),
      onRight: ({ digest, path, tag }): ImageReference => ({ registry, repository: path, tag, digest })
    })
  )
}

/**
 * Reads a reference with Docker's normalisation but without a default tag: `nginx` is `docker.io/library/nginx`, and
 * the other names of Docker Hub become `docker.io`. Whatever is read can be asked for. Fails as `parseStrict` does, with
 * `identifier` for 64 hexadecimal digits, which Docker takes for an image's id, and with `format` for a registry that no
 * URL can name.
 */
export const parseNormalized = (text: string): Either.Either<ImageReference, Malformed> =>
  Either.flatMap(parseStored(text), (reference) => {
    const problem = addressProblem(reference.registry)
    return problem === undefined ? Either.right(reference) : Either.left(malformed(text, { reason: "format", problem }))
  })

/** The same image with the tag `latest`, if it had neither tag nor digest. */
export const withDefaultTag = (reference: ImageReference): ImageReference =>
  Option.isNone(reference.tag) && Option.isNone(reference.digest)
    ? { ...reference, tag: Option.some("latest") }
    : reference

/** Reads what a person typed: `parseNormalized`, and `latest` where there is neither tag nor digest. */
export const parse = (text: string): Either.Either<ImageReference, Malformed> =>
  Either.map(parseNormalized(text), withDefaultTag)

/** What may stand where either an image or a bare digest may: 64 hexadecimal digits are a digest too. */
export type AnyReference =
  | { readonly kind: "image"; readonly reference: ImageReference }
  | { readonly kind: "digest"; readonly digest: Digest }

/** Reads a reference, a digest, or an image's id. No default tag is added. */
export const parseAny = (text: string): Either.Either<AnyReference, Malformed> =>
  parseDigest(isIdentifier(text) ? `sha256:${text}` : text).pipe(
    Either.map((digest): AnyReference => ({ kind: "digest", digest })),
    Either.orElse(() => Either.map(parseNormalized(text), (reference): AnyReference => ({ kind: "image", reference })))
  )

/**
 * Builds a reference from its parts, held to the same grammar; a registry of Docker Hub becomes `docker.io`, and its
 * official images get `library/`.
 */
export const make = (parts: {
  readonly registry: string
  readonly repository: string
  readonly tag?: string | undefined
  readonly digest?: string | undefined
}): Either.Either<ImageReference, Malformed> => {
  const suffix = `${parts.tag === undefined ? "" : `:${parts.tag}`}${
    parts.digest === undefined ? "" : `@${parts.digest}`
  }`
  const text = `${parts.registry}/${parts.repository}${suffix}`
  if (!isDomain(parts.registry) || !isPath(parts.repository)) return Either.left(malformed(text, wrongFormat(text)))
  if (parts.tag !== undefined && !isTag(parts.tag)) return Either.left(malformed(text, wrongFormat(text)))
  return looksLikeRegistry(parts.registry)
    ? parseNormalized(text)
    : Either.left(malformed(text, { reason: "not-canonical", problem: `"${parts.registry}" is no registry's address` }))
}

const suffixOf = (reference: Pick<ImageReference, "tag" | "digest">): string =>
  Option.match(reference.tag, { onNone: () => "", onSome: (tag) => `:${tag}` }) +
  Option.match(reference.digest, { onNone: () => "", onSome: (digest) => `@${digest}` })

/** A strict reference as it was written. */
export const formatStrict = (reference: StrictReference): string =>
  Option.match(reference.domain, { onNone: () => "", onSome: (domain) => `${domain}/` }) +
  reference.path + suffixOf(reference)

/** The repository with its registry, always in full: `docker.io/library/nginx`. */
export const canonicalName = (reference: Pick<ImageReference, "registry" | "repository">): string =>
  `${reference.registry}/${reference.repository}`

/** The whole reference in full: `docker.io/library/nginx:latest`. `parseNormalized` reads it back. */
export const canonical = (reference: ImageReference): string => canonicalName(reference) + suffixOf(reference)

/**
 * The repository as people write it, and the store's `image_name`: `nginx`, `ollama/ollama`, `ghcr.io/o/n`. What would
 * be read as another image without its registry keeps `docker.io/`, so that different images have different names.
 */
export const imageName = (reference: Pick<ImageReference, "registry" | "repository">): string => {
  const { registry, repository } = reference
  if (registry !== dockerHub) return canonicalName(reference)
  const official = repository.startsWith("library/") && !repository.includes("/", "library/".length)
  if (official) {
    const name = repository.slice("library/".length)
    return isIdentifier(name) ? canonicalName(reference) : name
  }
  return looksLikeRegistry(repository.slice(0, repository.search(/\/|$/))) ? canonicalName(reference) : repository
}

/** The whole reference as people write it: `nginx:1.27`, `ghcr.io/o/n@sha256:…`. */
export const familiar = (reference: ImageReference): string => imageName(reference) + suffixOf(reference)
