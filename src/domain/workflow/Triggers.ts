/**
 * What starts a workflow (`on:`), as a short list of scenarios: each is evaluated for itself, so that a push that no
 * trigger of the file reaches is not taken for a publication.
 */
import { hasHole, type HoleTable } from "./Holes.js"
import * as Limits from "./Limits.js"
import { isMap, listOf, mapOf, textOf, type YamlMap } from "./Yaml.js"

/** One way in which a workflow starts. */
export interface Scenario {
  /** `github.event_name`; none where a caller decides it. */
  readonly event: string | undefined
  /** What `github.ref` is; none where it may be either. */
  readonly ref: "branch" | "tag" | "pull" | undefined
  /** The branches that a filter names literally. */
  readonly branches: ReadonlyArray<string>
  /** The inputs that the trigger declares. */
  readonly inputs: YamlMap
}

const literals = (value: unknown): ReadonlyArray<string> => {
  const names = listOf(value).flatMap((one) => textOf(one) ?? [])
  return names.length > 0 && names.length <= 8 && names.every((name) => !/[*?[\]+!]/.test(name) && !hasHole(name))
    ? names
    : []
}

const pushes = (filters: YamlMap): ReadonlyArray<Scenario> => {
  const has = (name: string): boolean => filters[name] !== undefined
  const branches = has("branches") || has("branches-ignore")
  const tags = has("tags") || has("tags-ignore")
  if (branches === tags) return [{ event: "push", ref: undefined, branches: [], inputs: {} }]
  return branches
    ? [{ event: "push", ref: "branch", branches: literals(filters["branches"]), inputs: {} }]
    : [{ event: "push", ref: "tag", branches: [], inputs: {} }]
}

const refs = new Map<string, Scenario["ref"]>([
  ["pull_request", "pull"],
  ["pull_request_target", "branch"],
  ["release", "tag"],
  ["schedule", "branch"],
  ["workflow_run", "branch"],
  ["issue_comment", "branch"],
  ["repository_dispatch", "branch"],
  ["merge_group", "branch"]
])

const scenarios = (event: string, settings: unknown): ReadonlyArray<Scenario> => {
  if (event === "push") return pushes(mapOf(settings))
  const inputs = mapOf(mapOf(settings)["inputs"])
  return event === "workflow_call"
    ? [{ event: undefined, ref: undefined, branches: [], inputs }]
    : [{ event, ref: refs.get(event), branches: [], inputs }]
}

// A closed pull request and its kin publish nothing that others do not; those that publish come first.
const order = ["push", "release", "schedule", "workflow_dispatch", "workflow_call", "pull_request"]
const rank = (event: string): number => {
  const index = order.indexOf(event)
  return index === -1 ? order.length : index
}

// What a file asks about its trigger; without any of it, all triggers do the same.
const depends = /github\s*(?:[.[]\s*'?(?:event|ref|head_ref|base_ref)|[),])|GITHUB_(?:EVENT|REF|HEAD|BASE)|\binputs\b/i

// What a file asks of one event alone.
const payload = new Map([
  ["pull_request", /event\.pull_request|head_ref|HEAD_REF|event\.number|refs\/pull/],
  ["pull_request_target", /event\.pull_request|head_ref|HEAD_REF|event\.number/],
  ["release", /event\.release/],
  ["workflow_dispatch", /\binputs\b/],
  ["workflow_run", /event\.workflow_run/],
  ["repository_dispatch", /client_payload/]
])
const otherThan = /!=\s*['"](?!pull_request['"])/

// The first scenario, and those that the file treats in a way of their own.
const telling = (all: ReadonlyArray<Scenario>, text: string): ReadonlyArray<Scenario> => {
  if (all.length < 2 || otherThan.test(text)) return all
  const rest = text.replace(/!=\s*['"]pull_request['"]/g, "")
  return all.filter(({ event }, index) =>
    index === 0 || event === undefined || rest.includes(`'${event}'`) || rest.includes(`"${event}"`) ||
    payload.get(event)?.test(text) === true
  )
}

/** The scenarios of an `on:`, of which `text` is the file; at least one. */
export const ofTriggers = (on: unknown, text: string): ReadonlyArray<Scenario> => {
  const events = isMap(on)
    ? Object.keys(on).map((event) => [event, on[event]] as const)
    : listOf(on).flatMap((event) => textOf(event) ?? []).map((event) => [event, undefined] as const)
  const sorted = events.slice(0, 64).toSorted(([one], [other]) => rank(one) - rank(other))
  const found = sorted.flatMap(([event, settings]) => scenarios(event, settings)).slice(0, Limits.maxScenarios)
  const all = found.length > 0 ? found : pushes({})
  return depends.test(text) ? telling(all, text) : all.slice(0, 1)
}

/** The value of a declared input that nobody set: its default or its options as a hole, or a hole for anything. */
export const declaredInput = (name: string, declaration: unknown, holes: HoleTable): string => {
  const { default: fallback, options, type } = mapOf(declaration)
  const value = textOf(fallback)
  const chosen = listOf(options).flatMap((one) => textOf(one) ?? []).slice(0, 16)
  if (type === "boolean") return holes.unknown("input", `inputs.${name}`)
  const choices = type === "choice" && chosen.length > 0 ? chosen : value === undefined || value === "" ? [] : [value]
  return holes.add({ kind: "input", label: `inputs.${name}`, choices, open: true })
}
