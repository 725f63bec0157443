/**
 * Where an image's source is kept, and where the notes of its releases are, from what its labels say (image-spec,
 * annotations.md; the older label-schema.org).
 */
import { Option } from "effect"
import { canonical, type ImageReference } from "./ImageReference.js"
import { type TagVersion, versionText } from "./TagVersion.js"

/** The kinds of forges whose pages of releases we know. Forgejo's are Gitea's. */
export type Forge = "github" | "gitlab" | "gitea" | "forgejo"

/** A repository of source code. */
export interface SourceRepository {
  /** In lower case, with its port: `github.com`. */
  readonly host: string
  /** Without `.git`: `owner/name`; on GitLab possibly deeper. */
  readonly path: string
  /** None for a host whose forge the name does not tell. */
  readonly forge: Option.Option<Forge>
}

// By the first label: `user.github.io` is a homepage.
const forgeOf = (host: string): Option.Option<Forge> => {
  const [first] = host.split(/[.:]/)
  if (first === "github" || first === "gitlab" || first === "gitea" || first === "forgejo") return Option.some(first)
  return host === "codeberg.org" ? Option.some("forgejo") : Option.none()
}

// Groups of GitLab nest, so what follows a repository is told by its `-`; elsewhere it has an owner and a name.
const pathOf = (path: string, forge: Option.Option<Forge>): string | undefined => {
  const parts = path.split("/").filter((part) => part !== "")
  const dash = parts.indexOf("-")
  const deep = Option.contains(forge, "gitlab")
  const kept = deep ? parts.slice(0, dash === -1 ? parts.length : dash) : parts.slice(0, 2)
  const ended = kept.findIndex((part) => part.endsWith(".git"))
  const whole = (ended === -1 ? kept : kept.slice(0, ended + 1)).map((part) => part.replace(/\.git$/, ""))
  return whole.length >= 2 && whole.every((part) => /^[\w.~-]+$/.test(part)) ? whole.join("/") : undefined
}

const addressPattern =
  /^(?:git\+)?(?:(?:https?|git|ssh):\/\/)?(?:[^@/\s]+@)?([A-Za-z0-9.-]+\.[A-Za-z0-9-]+(?::\d+)?)[/:](.+)$/

/**
 * Reads the address of a repository: https, git, ssh and `git@host:path` forms, with `.git`, with a Git fragment
 * (`#commit:directory`), with the path of a page within the repository.
 */
export const parseSource = (text: string): Option.Option<SourceRepository> => {
  const [address = ""] = text.trim().split(/[#?]/)
  const match = addressPattern.exec(address)
  if (match === null) return Option.none()
  const host = (match[1] ?? "").toLowerCase().replace(/^www\./, "").replace(/:(?:443|22|80)$/, "")
  const forge = forgeOf(host)
  const path = pathOf(match[2] ?? "", forge)
  return Option.map(Option.fromNullable(path), (path) => ({ host, path, forge }))
}

/** Labels or annotations by name. */
export type Labels = Readonly<Record<string, string>>

const sourceLabels = [
  "org.opencontainers.image.source",
  "org.opencontainers.image.url",
  "org.label-schema.vcs-url"
] as const

const baseNameLabel = "org.opencontainers.image.base.name"

/**
 * The repository that labels name. `url` is often a homepage, so it counts only on a host that is known for
 * repositories.
 */
export const sourceOf = (labels: Labels): Option.Option<SourceRepository> =>
  Option.firstSomeOf(sourceLabels.map((name) => {
    const found = Option.flatMap(Option.fromNullable(labels[name]), parseSource)
    return name === "org.opencontainers.image.url" ? Option.filter(found, ({ forge }) => Option.isSome(forge)) : found
  }))

/** The reference of the image that this one is built on, where labels say so. */
export const baseOf = (labels: Labels): Option.Option<string> =>
  Option.filter(Option.fromNullable(labels[baseNameLabel]), (name) => name !== "" && name !== "scratch")

/**
 * By what an answer of a base is remembered: at the registry of the image that names it, a base may be read where it is not
 * asked for on the word of an image elsewhere.
 */
export const baseKey = (image: ImageReference, base: ImageReference): string =>
  `${image.registry === base.registry ? "own " : ""}${canonical(base)}`

/** What is known of an image's source; everything may be missing. */
export interface SourceEvidence {
  /** Of the image of the wanted platform, never of an attestation. */
  readonly labels: Labels
  readonly manifestAnnotations: Labels
  readonly indexAnnotations: Labels
  /** The labels of the base image that `baseOf` names, where they were read. */
  readonly baseLabels: Option.Option<Labels>
  /** What a person gave, for images that say nothing. */
  readonly given: Option.Option<SourceRepository>
}

const equal = (left: SourceRepository, right: SourceRepository): boolean =>
  left.host === right.host && left.path.toLowerCase() === right.path.toLowerCase()

/**
 * The repository of an image: its labels, then the annotations of its manifest and of its index, then what was given.
 * What an image inherited from its base is the source of that base and not of the image.
 */
export const chooseSource = (evidence: SourceEvidence): Option.Option<SourceRepository> => {
  const base = Option.flatMap(evidence.baseLabels, sourceOf)
  const own = Option.filter(
    sourceOf(evidence.labels),
    (source) => Option.isNone(base) || !equal(source, base.value)
  )
  return Option.firstSomeOf([
    own,
    sourceOf(evidence.manifestAnnotations),
    sourceOf(evidence.indexAnnotations),
    evidence.given
  ])
}

/** The name of the release of a version: `v1.25.3` or `1.25.3`. */
export const releaseName = (version: TagVersion, startsWithV: boolean): string =>
  `${startsWithV ? "v" : ""}${versionText(version)}`

/**
 * Whether a project's releases start with `v`, from the names of some of them, the newest first. None where none of
 * them is a version.
 */
export const startsWithV = (names: Iterable<string>): Option.Option<boolean> => {
  for (const name of names) {
    const match = /^(v?)\d+(?:\.\d+)*(?:$|[-+._a-z])/i.exec(name)
    if (match !== null) return Option.some(match[1] !== "")
  }
  return Option.none()
}

const lists: Readonly<Record<Forge, string>> = {
  github: "releases",
  gitlab: "-/releases",
  gitea: "releases",
  forgejo: "releases"
}

const pages: Readonly<Record<Forge, string>> = {
  github: "releases/tag",
  gitlab: "-/releases",
  gitea: "releases/tag",
  forgejo: "releases/tag"
}

/** The page of one release. None where the forge is not known. */
export const releaseUrl = ({ forge, host, path }: SourceRepository, name: string): Option.Option<string> =>
  Option.map(forge, (forge) => `https://${host}/${path}/${pages[forge]}/${encodeURIComponent(name)}`)

/** The page of all releases. None where the forge is not known. */
export const releasesUrl = ({ forge, host, path }: SourceRepository): Option.Option<string> =>
  Option.map(forge, (forge) => `https://${host}/${path}/${lists[forge]}`)
