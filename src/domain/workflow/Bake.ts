/**
 * The names in bake files (HCL, JSON, Compose), read tolerantly: the literals of `tags`, with variables filled in.
 */
import type { ActionCall } from "./ActionCall.js"
import { composeImages } from "./Compose.js"
import { cap } from "./Limits.js"
import { replaceEach } from "./Texts.js"
import { isMap, listOf, mapOf, readPaid, textOf } from "./Yaml.js"

/** A name in a bake file. */
export interface BakeName {
  readonly name: string
  /** Whether the target itself says that it is pushed. */
  readonly pushes: boolean
}

interface Target {
  readonly tags: ReadonlyArray<string>
  readonly inherits: ReadonlyArray<string>
  readonly pushes: boolean
}

interface BakeFile {
  readonly targets: ReadonlyMap<string, Target>
  readonly groups: ReadonlyMap<string, ReadonlyArray<string>>
}

const defaults = ["docker-bake.json", "docker-bake.override.json", "docker-bake.hcl", "docker-bake.override.hcl"]
const maxFile = 64 * 1024

type Scope = Pick<ActionCall, "env" | "holes">

// The value of an attribute: up to the end of its brackets, or of the line.
const attribute = (body: string, name: string): string => {
  const start = new RegExp(`^[ \\t]*"?${name}"?[ \\t]*=\\s*`, "m").exec(body)
  if (start === null) return ""
  const from = start.index + start[0].length
  let depth = 0
  let quoted = false
  for (let at = from; at < body.length; at++) {
    const character = body.charAt(at)
    if (character === "\"" && body.charAt(at - 1) !== "\\") quoted = !quoted
    if (quoted) continue
    if ("[({".includes(character)) depth++
    else if ("])}".includes(character) && --depth <= 0) return body.slice(from, at + 1)
    else if (character === "\n" && depth === 0) return body.slice(from, at)
  }
  return body.slice(from)
}

// The place of the quote that closes the one at `open`; -1 where none does. Quotes in `${…}` close nothing.
const closingQuote = (text: string, open: number): number => {
  for (let at = open + 1; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === "\"") return at
    if (character === "\\") at++
    else if (character === "$" && text.charAt(at + 1) === "{") {
      at = text.indexOf("}", at)
      if (at === -1) return -1
    }
  }
  return -1
}

// What stands in quotes. Where one quote is not closed, none behind it is.
const strings = (text: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  for (let open = text.indexOf("\""); open !== -1;) {
    const close = closingQuote(text, open)
    if (close === -1) return found
    found.push(text.slice(open + 1, close))
    open = text.indexOf("\"", close + 1)
  }
  return found
}

const fill = (text: string, variables: ReadonlyMap<string, string>, scope: Scope): string =>
  replaceEach(cap(text), /\$\{([^{}]*)\}/g, ([, expression = ""]) => {
    const name = expression.trim()
    const known = variables.get(name)
    if (known !== undefined) return known
    const [, yes, no] = /\?\s*"([^"]*)"\s*:\s*"([^"]*)"/.exec(name) ?? []
    if (yes !== undefined && no !== undefined) {
      return scope.holes.choice([fill(yes, variables, scope), fill(no, variables, scope)])
    }
    return scope.holes.unknown("runtime", `$\{${name.slice(0, 40)}}`)
  }, scope.holes.tank)

const blocks = (
  text: string
): ReadonlyArray<{ readonly kind: string; readonly name: string; readonly body: string }> => {
  const found: Array<{ kind: string; name: string; body: string }> = []
  const head = /^[ \t]*(variable|target|group)[ \t]+"?([\w.-]+)"?[ \t]*\{/gm
  for (let match = head.exec(text); match !== null && found.length < 256; match = head.exec(text)) {
    let depth = 1
    let at = head.lastIndex
    while (at < text.length && depth > 0) {
      const character = text.charAt(at++)
      if (character === "{") depth++
      else if (character === "}") depth--
    }
    found.push({ kind: match[1] ?? "", name: match[2] ?? "", body: text.slice(head.lastIndex, at - 1) })
    head.lastIndex = at
  }
  return found
}

const outputsPush = (outputs: ReadonlyArray<string>): boolean =>
  outputs.some((output) => /type=registry|(?:^|,)push=true/.test(output))

// Reading a text costs more than looking at it.
const reading = 4

const hcl = (text: string, scope: Scope): BakeFile => {
  scope.holes.tank.scan(reading * text.length)
  const parts = blocks(text.replace(/^[ \t]*(?:#|\/\/).*$/gm, ""))
  const variables = new Map<string, string>()
  for (const { body, kind, name } of parts) {
    if (kind !== "variable") continue
    const value = scope.env(name)
    const [fallback = ""] = strings(attribute(body, "default"))
    const set = value !== "" && !scope.holes.within(value).some((hole) => hole.label === `$${name}`)
    variables.set(name, set ? value : fill(fallback, variables, scope))
  }
  const targets = new Map<string, Target>()
  const groups = new Map<string, ReadonlyArray<string>>()
  for (const { body, kind, name } of parts) {
    if (kind === "group") groups.set(name, strings(attribute(body, "targets")))
    else if (kind === "target") {
      targets.set(name, {
        tags: strings(attribute(body, "tags")).map((tag) => fill(tag, variables, scope)),
        inherits: strings(attribute(body, "inherits")),
        pushes: outputsPush(strings(attribute(body, "output")))
      })
    }
  }
  return { targets, groups }
}

const texts = (one: unknown): ReadonlyArray<string> => listOf(one).flatMap((entry) => textOf(entry) ?? [])

const json = (value: unknown): BakeFile => {
  const targets = mapOf(mapOf(value)["target"])
  const groups = mapOf(mapOf(value)["group"])
  return {
    targets: new Map(
      Object.keys(targets).map((name) => {
        const { inherits, output, tags } = mapOf(targets[name])
        return [name, { tags: texts(tags), inherits: texts(inherits), pushes: outputsPush(texts(output)) }]
      })
    ),
    groups: new Map(Object.keys(groups).map((name) => [name, texts(mapOf(groups[name])["targets"])]))
  }
}

const parse = (path: string, text: string, scope: Scope): BakeFile => {
  if (path.endsWith(".hcl")) return hcl(text.slice(0, maxFile), scope)
  const value = readPaid(text, scope.holes.tank)
  if (value._tag === "Left") return { targets: new Map(), groups: new Map() }
  if (path.endsWith(".json") && !(isMap(value.right) && isMap(value.right["services"]))) return json(value.right)
  const images = composeImages(text, scope)
  return {
    targets: new Map(images.map(({ image, service }) => [service, { tags: [image], inherits: [], pushes: false }])),
    groups: new Map()
  }
}

const wanted = (file: BakeFile, names: ReadonlyArray<string>, depth = 0): ReadonlyArray<string> =>
  names.flatMap((name) => {
    const members = file.groups.get(name)
    return members === undefined || depth > 8 ? [name] : wanted(file, members.slice(0, 64), depth + 1)
  })

const tagsOf = (file: BakeFile, name: string, depth = 0): Target => {
  const own = file.targets.get(name) ?? { tags: [], inherits: [], pushes: false }
  if (depth > 8) return own
  const bases = own.inherits.slice(0, 16).map((base) => tagsOf(file, base, depth + 1))
  return {
    ...own,
    tags: own.tags.length > 0 ? own.tags : bases.findLast((base) => base.tags.length > 0)?.tags ?? [],
    pushes: own.pushes || bases.some((base) => base.pushes)
  }
}

/** The names in the given bake files, or in those that bake finds by itself; files that were not given are left out. */
export const bakeNames = (
  call: Pick<ActionCall, "env" | "facts" | "holes">,
  files: ReadonlyArray<string>,
  targets: ReadonlyArray<string>
): ReadonlyArray<{ readonly source: string; readonly names: ReadonlyArray<BakeName> }> =>
  (files.length > 0 ? files : defaults).flatMap((path) => {
    const source = path.replace(/^\.\//, "")
    const text = call.facts.file(source)
    if (text === undefined) return []
    const file = parse(source, text, call)
    const asked = targets.length > 0
      ? targets
      : file.groups.has("default") || file.targets.has("default")
      ? ["default"]
      : [...file.targets.keys()]
    const names = wanted(file, asked.slice(0, 64)).flatMap((name) => {
      const { pushes, tags } = tagsOf(file, name)
      return tags.map((tag) => ({ name: tag, pushes }))
    })
    return [{ source, names: names.slice(0, 256) }]
  })
