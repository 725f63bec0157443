/**
 * The images that a GoReleaser configuration publishes.
 */
import type { ActionCall } from "./ActionCall.js"
import { join } from "./Texts.js"
import { isMap, listOf, mapOf, readPaid, textOf, type YamlMap } from "./Yaml.js"

/** The names under which GoReleaser looks for its configuration. */
export const goreleaserFiles = [
  ".config/goreleaser.yml",
  ".config/goreleaser.yaml",
  ".goreleaser.yml",
  ".goreleaser.yaml",
  "goreleaser.yml",
  "goreleaser.yaml"
]

type Scope = Pick<ActionCall, "env" | "facts" | "holes">

// What stands in `{{- … -}}`.
const bare = (source: string): string => source.trim().replace(/^-|-$/g, "").trim()

// What is to be in lower case: `tolower (x)`, `x | lower`.
const lowered = (text: string): string | undefined => {
  const [, called] = /^(?:tolower|lower)\s([^)]*)\)?$/.exec(text) ?? []
  if (called !== undefined) return called.trimStart().replace(/^\(/, "")
  const pipe = text.lastIndexOf("|")
  return pipe !== -1 && /^(?:tolower|lower)$/.test(text.slice(pipe + 1).trimStart())
    ? text.slice(0, pipe).trimEnd()
    : undefined
}

// One `{{ … }}` of a template: what names are made of; the rest is only known when it runs.
const action = (source: string, project: string, own: ReadonlyMap<string, string>, scope: Scope): string => {
  const text = bare(source)
  const lower = lowered(text)
  if (lower !== undefined) return action(lower, project, own, scope).toLowerCase()
  if (text === ".ProjectName") return project
  const [, dotted, quoted, fallback] =
    /^(?:\.Env\.(\w+)|(?:index\s+\.Env|envOrDefault)\s+"(\w+)"(?:\s+"([^"]*)")?)$/.exec(text) ?? []
  const name = dotted ?? quoted
  if (name === undefined) return scope.holes.unknown("runtime", `{{ ${text.slice(0, 60)} }}`)
  const defined = own.get(name)
  const value = defined ?? scope.env(name)
  const hole = scope.holes.within(value)[0]
  if (fallback !== undefined && (value === "" || hole?.label === `$${name}`)) return fallback
  return value
}

// Of a condition the first way is taken, and its `else` left out.
const fill = (template: string, project: string, own: ReadonlyMap<string, string>, scope: Scope): string => {
  const { tank } = scope.holes
  tank.scan(template.length)
  const open: Array<{ readonly conditional: boolean; skipped: boolean }> = []
  const isSkipped = (): boolean => open.some(({ skipped }) => skipped)
  const parts: Array<string> = []
  const add = (text: string): void => {
    if (!isSkipped()) parts.push(text)
  }
  let last = 0
  for (const { 0: whole, 1: source = "", index } of template.slice(0, maxTemplate).matchAll(/\{\{([^{}]*)\}\}/g)) {
    add(template.slice(last, index))
    last = index + whole.length
    const [word = ""] = /^\w*/.exec(bare(source)) ?? []
    const block = open.at(-1)
    if (word === "end" && block?.conditional === true) open.pop()
    else if (word === "else" && block?.conditional === true) block.skipped = true
    else if (word === "if" || word === "with") {
      if (open.length < maxBlocks) open.push({ conditional: true, skipped: false })
    } else {
      if (word === "end") open.pop()
      if (word === "range" && open.length < maxBlocks) open.push({ conditional: false, skipped: false })
      add(action(source, project, own, scope))
    }
  }
  add(template.slice(last, maxTemplate))
  return join(parts, "", tank)
}

const maxTemplate = 1_000
const maxBlocks = 16

const texts = (value: unknown): ReadonlyArray<string> => listOf(value).flatMap((one) => textOf(one) ?? [])

const skipped = (entry: YamlMap): boolean => {
  const skip = entry["skip_push"] ?? entry["disable"] ?? entry["skip"]
  return skip === true || skip === "true"
}

/** The names in a GoReleaser configuration, holes for what its environment decides. */
export const goreleaserNames = (text: string, scope: Scope): ReadonlyArray<string> => {
  const value = readPaid(text, scope.holes.tank)
  const config = value._tag === "Right" ? mapOf(value.right) : {}
  const project = textOf(config["project_name"]) ?? scope.facts.name
  const own = new Map<string, string>()
  for (const line of texts(config["env"])) {
    const [, name, set] = /^(\w+)=(.*)$/.exec(line) ?? []
    if (name !== undefined && set !== undefined) own.set(name, fill(set, project, own, scope))
  }
  const entries = (key: string): ReadonlyArray<YamlMap> =>
    listOf(config[key]).filter(isMap).filter((entry) => !skipped(entry)).slice(0, 128)
  const names = [
    ...entries("dockers").flatMap((entry) => texts(entry["image_templates"])),
    ...entries("docker_manifests").flatMap((entry) => texts(entry["name_template"])),
    ...entries("dockers_v2").flatMap((entry) => texts(entry["images"])),
    ...entries("docker_v2").flatMap((entry) => texts(entry["images"])),
    ...entries("kos").flatMap((entry) => {
      const repositories = [...texts(entry["repositories"]), ...texts(entry["repository"])]
      const suffix = entry["bare"] === true ? "" : `/${scope.holes.unknown("runtime", "$(import path)")}`
      return repositories.map((one) => one + suffix)
    })
  ]
  return names.slice(0, 256).map((name) => fill(name, project, own, scope))
}

// `--skip=publish,docker`, `--skip ko`, and `--skip-publish` of older versions.
const skips = (word: string, next: string): boolean => {
  const at = word.indexOf("--skip")
  if (at === -1) return false
  const rest = word.slice(at + "--skip".length)
  const value = rest === "" ? next : rest.slice(1)
  const named = (names: RegExp): boolean => names.test(value)
  if (rest.startsWith("-")) return named(/^publish|docker/)
  return (rest === "" || rest.startsWith("=")) && (named(/(?:publish|docker|ko)\b/) || (rest !== "" && named(/docker/)))
}

/** Publishes what the repository's configuration says, or notes that it was not given. */
export const goreleaser = (call: ActionCall, given: string): void => {
  const words = given.split(/\s+/)
  if (words.some((word, index) => word.includes("--snapshot") || skips(word, words[index + 1] ?? ""))) return
  if (words.some((word) => /^(?:build|check|healthcheck|init|changelog|completion|jsonschema)$/.test(word))) return
  const asked = /(?:--config|-f)[= ](\S+)/.exec(given)?.[1]?.replace(/^\.\//, "")
  const paths = asked === undefined ? goreleaserFiles : [asked]
  const path = paths.find((one) => call.facts.file(one) !== undefined)
  const text = path === undefined ? undefined : call.facts.file(path)
  if (text === undefined) call.external(asked ?? ".goreleaser.yml")
  else for (const name of goreleaserNames(text, call)) call.publish(name, path)
}
