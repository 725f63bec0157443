/**
 * The images that a GoReleaser configuration publishes.
 */
import type { ActionCall } from "./ActionCall.js"
import { isMap, listOf, mapOf, read, textOf, type YamlMap } from "./Yaml.js"

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

// One `{{ … }}` of a template: what names are made of; the rest is only known when it runs.
const action = (source: string, project: string, own: ReadonlyMap<string, string>, scope: Scope): string => {
  const text = source.trim().replace(/^-|-$/g, "").trim()
  const lower = /^(?:tolower|lower)\s+\(?([^)]*)\)?$/.exec(text) ?? /^(.*?)\s*\|\s*(?:tolower|lower)$/.exec(text)
  if (lower !== null && lower[1] !== undefined && lower[1] !== text) {
    return action(lower[1], project, own, scope).toLowerCase()
  }
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

const fill = (template: string, project: string, own: ReadonlyMap<string, string>, scope: Scope): string =>
  template.slice(0, 1_000)
    .replace(
      /\{\{-?\s*(?:if|with)\b[^}]*\}\}((?:(?!\{\{-?\s*(?:else|end)).)*)(?:\{\{-?\s*else[^}]*\}\}(?:(?!\{\{-?\s*end).)*)?\{\{-?\s*end\s*-?\}\}/g,
      "$1"
    )
    .replace(/\{\{([^}]*)\}\}/g, (_, inner: string) => action(inner, project, own, scope))

const texts = (value: unknown): ReadonlyArray<string> => listOf(value).flatMap((one) => textOf(one) ?? [])

const skipped = (entry: YamlMap): boolean => {
  const skip = entry["skip_push"] ?? entry["disable"] ?? entry["skip"]
  return skip === true || skip === "true"
}

/** The names in a GoReleaser configuration, holes for what its environment decides. */
export const goreleaserNames = (text: string, scope: Scope): ReadonlyArray<string> => {
  const value = read(text)
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

/** Publishes what the repository's configuration says, or notes that it was not given. */
export const goreleaser = (call: ActionCall, given: string): void => {
  const words = given.split(/\s+/)
  if (/--snapshot|--skip[-=](?:publish|\S*docker)|--skip[= ]\S*(?:publish|docker|ko)\b/.test(given)) return
  if (words.some((word) => /^(?:build|check|healthcheck|init|changelog|completion|jsonschema)$/.test(word))) return
  const asked = /(?:--config|-f)[= ](\S+)/.exec(given)?.[1]?.replace(/^\.\//, "")
  const paths = asked === undefined ? goreleaserFiles : [asked]
  const path = paths.find((one) => call.facts.file(one) !== undefined)
  const text = path === undefined ? undefined : call.facts.file(path)
  if (text === undefined) call.external(asked ?? ".goreleaser.yml")
  else for (const name of goreleaserNames(text, call)) call.publish(name, path)
}
