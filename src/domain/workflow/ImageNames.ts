/**
 * From a text that a step pushes to an image, or to a pattern where it has holes. Names of registries that nobody else
 * can reach are no publication.
 */
import { Either } from "effect"
import { canonicalName, parseNormalized } from "../ImageReference.js"
import { withoutEnd, withoutStart } from "../textEnds.js"
import { hasHole, type Hole, type HoleTable, isHole } from "./Holes.js"
import { maxNameLength } from "./Limits.js"

/** What a pushed text is. */
export type Name =
  | { readonly kind: "image"; readonly registry: string; readonly repository: string; readonly image: string }
  | {
    readonly kind: "pattern"
    /** The name with holes as characters, registry spelled out where it is determined. */
    readonly text: string
    readonly registry: string | undefined
    readonly name: string | undefined
  }

const local =
  /^(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1\]|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|172\.(?:1[6-9]|2\d|3[01])\.\d+\.\d+|kubernetes\.docker\.internal|host\.docker\.internal|ttl\.sh|[^.:]+)(?::\d+)?$/
const localDomain = /(?:^|\.)(?:local|localhost|localdomain|internal|test|example|example\.(?:com|org))(?::\d+)?$/

/** Whether a registry is one of a test or of the runner itself. */
export const isLocal = (registry: string): boolean => local.test(registry) || localDomain.test(registry)

const hasRegistry = (first: string): boolean => first.includes(".") || first.includes(":") || first === "localhost"

/** The name without transport, tag and digest, in lower case. */
export const bare = (text: string): string => {
  const name = withoutEnd(withoutStart(text.trim(), "\"'"), "\"',;").replace(
    /^(?:docker|https?|oci|registry):\/\//i,
    ""
  )
    .toLowerCase()
  const digest = name.indexOf("@")
  const whole = digest === -1 ? name : name.slice(0, digest)
  // Behind the first slash a colon starts the tag, whatever stands in it; before it there is a port.
  const slash = whole.indexOf("/")
  const colon = whole.indexOf(":", slash + 1)
  return withoutEnd(colon === -1 ? whole : whole.slice(0, colon), "/")
}

const plain = (name: string): Name | undefined => {
  // A name without a namespace stays on the runner: nobody but Docker pushes to `library/`.
  if (!name.includes("/")) return undefined
  const reference = Either.getOrUndefined(parseNormalized(name))
  if (reference === undefined || isLocal(reference.registry)) return undefined
  if (reference.registry === "docker.io") {
    const components = reference.repository.split("/")
    if (components.length !== 2 || components[0] === "library") return undefined
  }
  const { registry, repository } = reference
  return { kind: "image", registry, repository, image: canonicalName(reference) }
}

// A secret's name often tells which registry it belongs to.
const told = (label: string): string | undefined =>
  /GHCR|GITHUB_CONTAINER/i.test(label)
    ? "ghcr.io"
    : /QUAY/i.test(label)
    ? "quay.io"
    : /DOCKER_?HUB|HUB_DOCKER|DOCKER_IO|^(?:secrets|vars)\.(?:DH|HUB)_/i.test(label)
    ? "docker.io"
    : undefined
const address = /REGISTRY|HOST|SERVER|URL|ADDR|DOMAIN|ECR|ACR|GCR|GAR|HARBOR|ENDPOINT/i
const account = /USER|ORG|OWNER|NAMESPACE|ACCOUNT|LOGIN(?!_?SERVER)|TEAM|ACTOR|_ID$|NAME$/i

// What the first component is where it is a hole: a registry, or a namespace of Docker Hub.
const firstHole = (
  hole: Hole,
  components: number,
  loginRegistries: ReadonlySet<string>,
  character: string
): { readonly registry: string | undefined; readonly isRegistry: boolean } => {
  const label = hole.label.split(".").at(-1) ?? hole.label
  if (loginRegistries.has(character)) return { registry: told(label), isRegistry: true }
  if (components === 2 && (account.test(label) || !address.test(label))) {
    return { registry: "docker.io", isRegistry: false }
  }
  if (components > 2 || address.test(label)) return { registry: told(label), isRegistry: true }
  return { registry: "docker.io", isRegistry: false }
}

// A name of which more is open tells nothing.
const mostHoles = 32

/** What a text is that a step pushes; `logins` are the registries at which the job logs in. */
export const nameOf = (text: string, holes: HoleTable, logins: ReadonlySet<string>): Name | undefined => {
  const name = bare(text)
  if (
    name === "" || name.length > maxNameLength || holes.within(name).length > mostHoles ||
    /[\s"'`$(){}<>|\\*]/.test(name) || name.startsWith("-")
  ) return undefined
  if (!hasHole(name)) return plain(name)
  const components = name.split("/")
  if (components.some((component) => component === "")) return undefined
  const [first = ""] = components
  const last = components.at(-1) ?? ""
  const fixed = hasHole(last) || components.length === 1 ? undefined : last
  const pattern = (registry: string | undefined, full: string): Name | undefined =>
    registry !== undefined && isLocal(registry) ? undefined : { kind: "pattern", text: full, registry, name: fixed }
  if (!hasHole(first)) {
    return hasRegistry(first)
      ? pattern(first.replace(/^(?:index|registry-1)\.docker\.io$/, "docker.io"), name)
      : pattern("docker.io", `docker.io/${name}`)
  }
  const hole = holes.within(first)[0]
  if (hole === undefined) return undefined
  if (!isHole(first)) {
    // `${{ secrets.REGION }}-docker.pkg.dev/…` has a registry; `app-${{ … }}` alone stays on the runner.
    if (/[.:]/.test(first)) return pattern(undefined, name)
    return components.length === 2 ? pattern("docker.io", `docker.io/${name}`) : undefined
  }
  if (components.length === 1) return whole(hole, name, logins)
  const { isRegistry, registry } = firstHole(hole, components.length, logins, first)
  return pattern(registry, isRegistry ? name : `docker.io/${name}`)
}

// One hole for the whole name: the variable's name or the only login tells the registry; otherwise it is Docker's default.
const whole = (hole: Hole, name: string, logins: ReadonlySet<string>): Name | undefined => {
  if (hole.kind === "runtime") return undefined
  const known = [...logins].filter((registry) => !hasHole(registry))
  const registry = told(hole.label) ?? (known.length === 1 ? known[0] : known.length === 0 ? "docker.io" : undefined)
  return { kind: "pattern", text: name, registry, name: undefined }
}
