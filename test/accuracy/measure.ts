/**
 * How well the images of labelled workflow files are found. The unit is (file, image).
 */
import { Either, Option, Schema } from "effect"
import { parseNormalized } from "../../src/domain/ImageReference.js"
import type { WorkflowFindings } from "../../src/domain/WorkflowImages.js"

// Fields that a label leaves out are empty.
const text = Schema.optionalWith(Schema.NullOr(Schema.String), { default: () => null })
const list = <A, I>(of: Schema.Schema<A, I>) =>
  Schema.optionalWith(Schema.Array(of), { default: () => [], nullable: true })

const Unresolved = Schema.Struct({ template: Schema.String, registry: text, name: text })

/** The labels of one file, as a folder's `index.json` has them. */
export const Entry = Schema.Struct({
  file: Schema.String,
  repo: Schema.String,
  path: Schema.optionalWith(Schema.String, { default: () => ".github/workflows/workflow.yml" }),
  github_repository: Schema.optional(Schema.String),
  images: list(Schema.String),
  unresolved: list(Unresolved),
  external: list(Schema.Struct({ image: text, source: text })),
  artifacts: list(Schema.String),
  ambiguous: Schema.optionalWith(Schema.Boolean, { default: () => false }),
  aux: list(Schema.String)
})
export type Entry = typeof Entry.Type

/** The labels of a folder. */
export const Index = Schema.Struct({ entries: Schema.Array(Entry) })

/** What was found in one file beside what its label says. */
export interface Comparison {
  readonly file: string
  readonly hits: ReadonlyArray<string>
  readonly misses: ReadonlyArray<string>
  readonly falsePositives: ReadonlyArray<string>
  /** Labelled patterns: how many, whose registry was right, whose name was right, and both at once. */
  readonly patterns: ReadonlyArray<{ readonly template: string; readonly registry: boolean; readonly name: boolean }>
  /** Patterns that were reported where none is labelled. */
  readonly extraPatterns: ReadonlyArray<string>
  /** Names that stand in other files: found by name, or at least that file named. */
  readonly external: { readonly labelled: number; readonly found: number; readonly sourceNamed: number }
  /** Ambiguous: compared, but not counted. */
  readonly leftOut: boolean
}

const canonical = (image: string): string =>
  Either.match(parseNormalized(image), {
    onLeft: () => image,
    onRight: ({ registry, repository }) => `${registry}/${repository}`
  })

// A labelled name that is itself behind an input is no name.
const fixed = (name: string | null): string | undefined =>
  name === null || name.includes("${{") || name.includes("{{") ? undefined : name.toLowerCase()

/** Compares what was found in a file with its label. */
export const compare = (entry: Entry, found: WorkflowFindings): Comparison => {
  const labelled = new Set(entry.images.map(canonical))
  const elsewhere = new Set(entry.external.flatMap(({ image }) => image === null ? [] : [canonical(image)]))
  const artifacts = new Set(entry.artifacts.map(canonical))
  const reported = new Set(found.images.map(({ image }) => image))
  const open = new Set(found.patterns)
  const patterns = entry.unresolved.map(({ name, registry, template }) => {
    const fits = [...open].map((pattern) => ({
      pattern,
      registry: Option.getOrUndefined(pattern.registry) === (registry ?? undefined),
      name: Option.getOrUndefined(pattern.name) === fixed(name)
    })).toSorted((one, other) => Number(other.registry) + Number(other.name) - Number(one.registry) - Number(one.name))
    const [best] = fits
    if (best !== undefined && (best.registry || best.name)) open.delete(best.pattern)
    return { template, registry: best?.registry ?? false, name: best?.name ?? false }
  })
  return {
    file: entry.file,
    hits: [...labelled].filter((image) => reported.has(image)),
    misses: [...labelled].filter((image) => !reported.has(image)),
    falsePositives: [...reported].filter((image) =>
      !labelled.has(image) && !elsewhere.has(image) && !artifacts.has(image)
    ),
    patterns,
    extraPatterns: [...open].map(({ template }) => template),
    external: {
      labelled: elsewhere.size,
      found: [...elsewhere].filter((image) => reported.has(image)).length,
      sourceNamed: entry.external.filter(({ image, source }) =>
        (image !== null && reported.has(canonical(image))) ||
        found.external.some((one) => source !== null && (one.source === source || source.endsWith(one.source)))
      ).length
    },
    leftOut: entry.ambiguous
  }
}

/** The figures over all files. */
export interface Accuracy {
  readonly files: number
  readonly labelled: number
  readonly reported: number
  readonly correct: number
  readonly precision: number
  readonly recall: number
  readonly patterns: {
    readonly labelled: number
    readonly registryAndName: number
    readonly registry: number
    readonly name: number
    readonly share: number
    readonly extra: number
  }
  readonly external: { readonly labelled: number; readonly found: number; readonly sourceNamed: number }
}

const share = (part: number, whole: number): number => whole === 0 ? 1 : part / whole

/** Adds up; ambiguous files are left out. */
export const summarize = (comparisons: ReadonlyArray<Comparison>): Accuracy => {
  const counted = comparisons.filter(({ leftOut }) => !leftOut)
  const sum = (of: (comparison: Comparison) => number): number => counted.reduce((total, one) => total + of(one), 0)
  const correct = sum(({ hits }) => hits.length)
  const labelled = correct + sum(({ misses }) => misses.length)
  const reported = correct + sum(({ falsePositives }) => falsePositives.length)
  const patterns = counted.flatMap((one) => one.patterns)
  const right = patterns.filter(({ name, registry }) => name && registry).length
  return {
    files: counted.length,
    labelled,
    reported,
    correct,
    precision: share(correct, reported),
    recall: share(correct, labelled),
    patterns: {
      labelled: patterns.length,
      registryAndName: right,
      registry: patterns.filter(({ registry }) => registry).length,
      name: patterns.filter(({ name }) => name).length,
      share: share(right, patterns.length),
      extra: sum(({ extraPatterns }) => extraPatterns.length)
    },
    external: {
      labelled: sum(({ external }) => external.labelled),
      found: sum(({ external }) => external.found),
      sourceNamed: sum(({ external }) => external.sourceNamed)
    }
  }
}
