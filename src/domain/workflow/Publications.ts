/**
 * Gathers what the steps of a workflow publish: every name once, with all its evidence.
 */
import { Option } from "effect"
import type { ExternalNames, ImagePattern, PublishedImage, WorkflowEvidence } from "./Findings.js"
import { hasHole, type HoleTable } from "./Holes.js"
import { type Name, nameOf } from "./ImageNames.js"
import * as Limits from "./Limits.js"

/** Where in the workflow something happens. */
export interface Site {
  readonly job: string
  readonly step: string
  /** The file in which a name stands, where it is not the workflow. */
  readonly source?: string | undefined
}

interface Found<A> {
  readonly value: A
  readonly evidence: Array<WorkflowEvidence>
}

// Longer titles, and names of files, are for nobody; and the findings of a file are copied, decoded and stored.
const title = (text: string): string => text.slice(0, 120)
const place = (text: string): string => text.slice(0, 400)

const evidenceOf = (site: Site, mechanism: string): WorkflowEvidence => ({
  job: title(site.job),
  step: title(site.step),
  mechanism: title(mechanism),
  source: Option.map(Option.fromNullable(site.source), place)
})

const maxEvidence = 16
// Of one file; the first of every name is kept beside them.
const maxEvidenceOfAll = 2_048
const maxNamespaces = 64

/** What one file publishes, while it is gathered. */
export class Publications {
  readonly #images = new Map<string, Found<Extract<Name, { kind: "image" }>>>()
  readonly #patterns = new Map<string, Found<Extract<Name, { kind: "pattern" }>>>()
  readonly #external = new Map<string, ExternalNames>()
  readonly #described = new Set<string>()
  readonly #namespaces = new Set<string>()
  readonly #seen = new Set<string>()
  #evidence = 0
  constructor(private readonly holes: HoleTable) {}

  /** A step pushes these names: references, separated by white space or commas. */
  publish(text: string, mechanism: string, site: Site, logins: ReadonlySet<string>): void {
    const evidence = evidenceOf(site, mechanism)
    this.holes.tank.scan(2 * text.length)
    const key = `${text}\u0000${evidence.mechanism}\u0000${evidence.job}\u0000${evidence.step}`
    if (text === "" || this.#seen.has(key)) return
    this.#seen.add(key)
    for (const item of items(text)) {
      for (const expanded of this.holes.expand(item, true)) {
        for (const one of items(expanded)) this.#add(nameOf(one, this.holes, logins), evidence)
      }
    }
  }

  /** A step publishes under names that stand elsewhere. */
  external(file: string, mechanism: string, site: Site): void {
    const source = place(file)
    if (this.#external.size >= Limits.maxNames || this.#external.has(source)) return
    this.#external.set(source, { source, evidence: evidenceOf(site, mechanism) })
  }

  /** A job logs in as this user, whose name is a namespace there. */
  namespace(registry: string, user: string): void {
    const name = user.trim().toLowerCase()
    if (this.#namespaces.size < 64 && /^[a-z0-9][a-z0-9_.-]*$/.test(name)) this.#namespaces.add(`${registry}/${name}`)
  }

  /** A step maintains the description of an image. */
  describe(text: string): void {
    this.holes.tank.scan(text.length)
    for (const item of items(text)) {
      const name = nameOf(item, this.holes, new Set())
      if (name?.kind === "image" && this.#described.size < Limits.maxNames) this.#described.add(name.image)
    }
  }

  #add(name: Name | undefined, evidence: WorkflowEvidence): void {
    this.holes.tank.spend(1 / 4)
    if (name === undefined) return
    if (name.kind === "image") this.#note(this.#images, name.image, name, evidence)
    else this.#note(this.#patterns, name.text, name, evidence)
  }

  #note<A>(into: Map<string, Found<A>>, key: string, value: A, evidence: WorkflowEvidence): void {
    const known = into.get(key)
    if (known === undefined) {
      if (into.size < Limits.maxNames) into.set(key, { value, evidence: [evidence] })
    } else if (
      known.evidence.length < maxEvidence && this.#evidence < maxEvidenceOfAll &&
      !known.evidence.some((one) =>
        one.job === evidence.job && one.step === evidence.step && one.mechanism === evidence.mechanism
      )
    ) {
      known.evidence.push(evidence)
      this.#evidence++
    }
  }

  /** The images, in the order in which they were found. */
  images(): ReadonlyArray<PublishedImage> {
    return [...this.#images.values()].map(({ evidence, value: { image, registry, repository } }) => ({
      registry,
      repository,
      image,
      evidence
    }))
  }

  /** The patterns, with candidates from the namespaces that the owner is known to use. */
  patterns(
    owner: string,
    repository: string,
    known: ReadonlyArray<string>
  ): ReadonlyArray<ImagePattern> {
    const published = [...this.#images.values()].map(({ value }) => value.image)
    const own = [...published, ...this.#described, ...this.#namespaces].map((image) => image.split("/"))
    return [...this.#patterns.values()].flatMap(({ evidence, value }): ReadonlyArray<ImagePattern> => {
      if (value.registry === undefined && value.name === undefined && !this.#told(value.text)) return []
      const namespaces = [
        ...new Set([
          ...own.flatMap(([registry, namespace]) =>
            registry === value.registry && namespace !== undefined ? [namespace] : []
          ),
          ...(value.registry === "ghcr.io" ? [] : known.map((one) => one.toLowerCase())),
          owner.toLowerCase(),
          ...(value.registry === "ghcr.io" ? [] : [owner.toLowerCase().replace(/[^a-z0-9]/g, "")])
        ])
      ].filter((namespace) => namespace !== "").slice(0, maxNamespaces)
      const candidates = value.registry === undefined || value.registry.includes("amazonaws")
        ? []
        : this.#candidates(value, value.registry, namespaces, repository.toLowerCase())
      return [{
        template: this.holes.render(value.text),
        registry: Option.fromNullable(value.registry),
        name: Option.fromNullable(value.name),
        candidates,
        evidence
      }]
    })
  }

  // Whether anybody who knows the repository's settings could tell the name.
  #told(text: string): boolean {
    return this.holes.within(text).some((hole) => hole.kind !== "runtime")
  }

  #candidates(
    pattern: Extract<Name, { kind: "pattern" }>,
    registry: string,
    namespaces: ReadonlyArray<string>,
    repository: string
  ): ReadonlyArray<string> {
    const path = pattern.text.startsWith(`${registry}/`) ? pattern.text.slice(registry.length + 1) : ""
    const components = path === "" ? [] : path.split("/")
    const made = components.length < 2
      ? namespaces.map((namespace) => `${namespace}/${repository}`)
      : namespaces.map((namespace) =>
        components.map((component, index) => {
          const filler = index === 0 ? namespace : repository
          return hasHole(component) ? component.replace(/[\ue000-\uefff]/g, filler) : component
        }).join("/")
      )
    for (const one of made) this.holes.tank.scan(one.length)
    const valid = /^(?=.{1,255}$)[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+$/
    return [...new Set(made)].filter((one) => valid.test(one)).map((one) => `${registry}/${one}`).slice(0, 16)
  }

  /** The names that stand elsewhere. */
  externals(): ReadonlyArray<ExternalNames> {
    return [...this.#external.values()]
  }

  /** The images whose description the workflow maintains. */
  described(): ReadonlyArray<string> {
    return [...this.#described]
  }
}

const items = (text: string): ReadonlyArray<string> => text.split(/[\s,]+/).filter((item) => item !== "")
