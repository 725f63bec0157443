/**
 * `run` steps: which of them matter, how their commands publish, and what they leave to later steps.
 */
import type { ActionCall } from "./ActionCall.js"
import { publishByCommand } from "./Commands.js"
import type { HoleTable } from "./Holes.js"
import { ambient, contexts, type StepScope } from "./Scope.js"
import { type Command, envFile, type Outcome, outputFile, Shell } from "./Shell.js"
import { start } from "./ShellState.js"

// Scripts without any of these words publish nothing: running and testing containers is no publication.
const publishing = [
  "push",
  "publish",
  "deploy",
  "login",
  "imagetools",
  "manifest",
  "type=registry",
  "type=image",
  "docker://",
  "skopeo",
  "crane",
  "regctl",
  "kaniko",
  "executor",
  "buildctl",
  "jib",
  "build-image",
  "buildimage",
  "pack ",
  "depot",
  "goreleaser",
  "gcloud",
  "skaffold",
  "werf",
  "earthly"
]
// Words that are part of others, or of addresses, without meaning anything there.
const delicate: ReadonlyArray<readonly [string, RegExp]> = [
  ["release", /(?<!_)release(?![sd]|_)/],
  ["ko", /\bko\b/],
  ["az", /\baz\b/],
  ["img", /\bimg\b/]
]
const imageScript = /docker|podman|container|image/

// `./build-docker.sh`: a script that is called so that it may be about images.
const callsImageScript = (text: string): boolean =>
  text.includes(".sh") && (text.match(/[\w/.-]+/g) ?? []).some((word) => {
    let end = word.lastIndexOf(".sh")
    while (end > 0 && /^\w$/.test(word.charAt(end + 3))) end = word.lastIndexOf(".sh", end - 1)
    return end > 0 && imageScript.test(word.slice(0, end))
  })

const setting = /GITHUB_(?:ENV|OUTPUT)|set-(?:output|env)/

/** What a script could do: publish, set what names depend on, or neither. */
export type Effects = "publishes" | "sets" | "none"

/** What a script could do, by the words in it. */
export const effectsOf = (script: string): Effects => {
  const text = script.toLowerCase()
  return publishing.some((word) => text.includes(word)) ||
      delicate.some(([word, pattern]) => text.includes(word) && pattern.test(text)) ||
      callsImageScript(text)
    ? "publishes"
    : setting.test(script)
    ? "sets"
    : "none"
}

const wrappers: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["sudo", new Set(["-u", "-g", "-H", "-h"])],
  ["env", new Set(["-u"])],
  ["time", new Set<string>()],
  ["command", new Set<string>()],
  ["exec", new Set<string>()],
  ["nohup", new Set<string>()],
  ["nice", new Set(["-n"])],
  ["retry", new Set(["-n", "-t", "-d", "-s", "--times", "--delay", "--max", "--sleep"])],
  ["timeout", new Set(["-s", "-k", "--signal", "--kill-after"])],
  ["stdbuf", new Set<string>()],
  ["nix", new Set(["--extra-experimental-features"])]
])

// The command inside `sudo -E env A=b timeout 60 …`.
const unwrapped = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  let rest = words
  for (let rounds = 0; rounds < 8; rounds++) {
    const options = wrappers.get(rest[0] ?? "")
    if (options === undefined || rest[0] === "nix") break
    let at = 1
    while (at < rest.length) {
      const word = rest[at] ?? ""
      if (options.has(word)) at += 2
      else if (word.startsWith("-") || /^[A-Za-z_]\w*=/.test(word) || (rest[0] === "timeout" && /^\d/.test(word))) at++
      else if (rest[0] === "retry" && /^\d+$/.test(word)) at++
      else break
    }
    rest = rest.slice(at)
  }
  return rest
}

const script = /^(?:\.{0,2}\/)?[\w./-]+\.(?:sh|bash)$/

const unknown = (words: ReadonlyArray<string>, holes: HoleTable): Outcome => ({
  out: `${holes.unknown("runtime", `$(${words.slice(0, 60).join(" ").slice(0, 60)})`)}\n`,
  status: "unknown"
})

const inner = (
  words: ReadonlyArray<string>
): { readonly file?: string; readonly text?: string; readonly given: ReadonlyArray<string> } => {
  const [name = "", ...rest] = words
  if (name === "eval") return { text: rest.join(" "), given: [] }
  if (/^(?:.*\/)?(?:ba|z|da)?sh$/.test(name) || name === "source" || name === ".") {
    const operand = rest.findIndex((word) => !word.startsWith("-"))
    const [text, ...given] = operand === -1 ? [] : rest.slice(operand)
    if (text === undefined) return { given }
    return rest.slice(0, operand).some((word) => /^-[a-z]*c$/.test(word))
      ? { text, given: given.slice(1) }
      : { file: text, given }
  }
  return script.test(name) ? { file: name, given: rest } : { given: [] }
}

const run = (command: Command, call: ActionCall): Outcome => {
  const words = unwrapped(command.words)
  const [name] = words
  if (name === undefined) return { out: "", status: true }
  const { file, given, text } = inner(words)
  if (text !== undefined) return command.shell.script(text, given)
  if (file !== undefined) {
    const path = file.replace(/^\.\//, "")
    const body = call.facts.file(path)
    if (body !== undefined) return command.shell.script(body, given)
    const title = [path, ...given].join(" ")
    if (/push|publish|release|deploy/i.test(title) && /docker|image|container|push/i.test(title)) call.external(path)
    return unknown(words, call.holes)
  }
  const published = publishByCommand(
    words,
    call.asCommand((variable) => command.shell.variable(variable), mechanismOf(words))
  )
  return published && !/^(?:make|npm|yarn|docker|podman)$/.test(name)
    ? { out: "", status: "unknown" }
    : published && /^(?:push|build|buildx|login|tag|image|manifest|compose|logout|pull)$/.test(words[1] ?? "")
    ? { out: "", status: "unknown" }
    : unknown(words, call.holes)
}

// The command up to its first option: `docker buildx imagetools create`.
const mechanismOf = (words: ReadonlyArray<string>): string => {
  const end = words.findIndex((word, index) => index > 0 && !/^[a-z]+$/.test(word))
  return words.slice(0, Math.min(end === -1 ? words.length : end, 4)).join(" ")
}

// PowerShell, as far as it differs in what scripts of this kind use.
const fromPowerShell = (text: string): string =>
  text.replace(/`\r?\n/g, "\\\n")
    .replace(/\$\{?env:(\w+)\}?/gi, "${$1}")
    .replace(/^([ \t]*)\$(\w+)[ \t]*=[ \t]*/gm, "$1$2=")
    .replace(/\|\s*Out-File\s+(?:-FilePath\s+)?(\S+).*$/gim, ">> $1")

// Looking for many words costs more than looking once.
const reading = 4

/** Runs the script of a step, or one that an action is given. */
export const runScript = (
  source: string,
  shell: string,
  call: ActionCall,
  scope: StepScope,
  env: ReadonlyMap<string, string>
): void => {
  if (/^(?:python|perl|node|ruby|cmd|Rscript|nu)/.test(shell)) return
  const { evaluator, parsed } = scope.run
  const text = evaluator.text(source, contexts(scope, env))
  evaluator.tank.scan(reading * text.length)
  if (!parsed.has(text) && effectsOf(text) === "none") return
  const outside = ambient(scope, env)
  const state = start([])
  const host = {
    holes: evaluator.holes,
    ambient: (name: string) => name === "GITHUB_ENV" ? envFile : name === "GITHUB_OUTPUT" ? outputFile : outside(name),
    command: (command: Command) => run(command, call),
    parsed
  }
  const { out } = new Shell(host, state).run(/^(?:pwsh|powershell)/.test(shell) ? fromPowerShell(text) : text)
  for (const [, kind, name = "", value = ""] of out.matchAll(/::set-(output|env) name=([\w-]+)::([^\n]*)/g)) {
    if (kind === "env") call.setEnv(name, value)
    else call.output(name, value)
  }
  for (const [name, value] of state.env) call.setEnv(name, value)
  for (const [name, value] of state.outputs) call.output(name, value)
}
