/**
 * Runs the steps of a job or a composite action: in order, each with its condition, its environment and its outputs.
 */
import { withoutEnd } from "../textEnds.js"
import type { ActionCall } from "./ActionCall.js"
import { guess, known, mayMatter } from "./Actions.js"
import { asksForStatus } from "./ExpressionFunctions.js"
import type { Truth } from "./Holes.js"
import * as Limits from "./Limits.js"
import { contexts, outcome, type Run, type StepScope, withEnv } from "./Scope.js"
import { type Effects, effectsOf } from "./Scripts.js"
import { StepCall } from "./StepCall.js"
import { toText, type Value } from "./Value.js"
import { isMap, listOf, mapOf, textOf, type YamlMap } from "./Yaml.js"

/** Whether an `if` lets something run. Without one it runs; `failure()` alone is not the way to a publication. */
export const holds = (scope: StepScope, condition: unknown, env: ReadonlyMap<string, string>): Truth => {
  if (typeof condition === "boolean") return condition
  const text = textOf(condition)
  return text === undefined || text.trim() === "" ? true : scope.run.evaluator.condition(text, contexts(scope, env))
}

/** Runs steps in order. */
export const runSteps = (steps: unknown, scope: StepScope): void => {
  for (const [index, step] of listOf(steps).slice(0, Limits.maxSteps).entries()) {
    if (!isMap(step)) continue
    scope.run.evaluator.tank.spend(2)
    const id = textOf(step["id"])
    const env = step["env"] === undefined ? scope.env : withEnv(scope, mapOf(step["env"]), scope.env)
    const runs = holds(scope, step["if"], env)
    const outputs = new Map<string, string>()
    if (runs !== false) runStep(step, index, scope, env, outputs, runs)
    if (id !== undefined) {
      scope.steps.set(id, outcome(scope.run, `steps.${id}`, outputs, runs === false ? "skipped" : "success"))
    }
  }
}

const titleOf = (step: YamlMap, index: number): string =>
  textOf(step["name"]) ?? textOf(step["uses"]) ?? textOf(step["run"])?.split("\n")[0]?.trim() ?? `step ${index + 1}`

// What a script is told by others may be a command of its own.
const foreignText = /\$\{\{(?:[^}$]|\$(?!\{\{))*\b(?:matrix|inputs|env|vars|needs)\b/

const scriptEffects = (script: string): Effects => {
  const effects = effectsOf(script)
  if (effects === "publishes" || !script.includes("${{")) return effects
  return foreignText.test(script) ? "publishes" : "sets"
}

/** What a step could do, whatever it is told. */
export const stepEffects = (step: YamlMap, run: Run): Effects => {
  const script = textOf(step["run"])
  const text = script ?? textOf(step["uses"]) ?? ""
  const known = run.effects.get(text)
  if (known !== undefined) return known
  run.evaluator.tank.scan(text.length)
  const effects = script !== undefined
    ? scriptEffects(script)
    : text !== "" && (mayMatter(text) || localPath(text, run) !== undefined)
    ? "publishes"
    : "none"
  run.effects.set(text, effects)
  return effects
}

const runStep = (
  step: YamlMap,
  index: number,
  scope: StepScope,
  env: ReadonlyMap<string, string>,
  outputs: Map<string, string>,
  runs: Truth
): void => {
  const script = textOf(step["run"])
  const uses = script === undefined ? textOf(step["uses"]) : undefined
  if (stepEffects(step, scope.run) === "none") return
  const title = titleOf(step, index)
  const call = new StepCall(
    scope,
    { uses: uses ?? "", title, inputs: mapOf(step["with"]), env, outputs, runs },
    undefined,
    undefined
  )
  if (uses !== undefined) useAction(uses, call, scope)
  else if (script !== undefined) {
    call.shell(script, scope.run.evaluator.text(textOf(step["shell"]) ?? scope.shell, contexts(scope, env)))
  }
}

const localPath = (uses: string, run: Run): string | undefined => {
  if (uses.startsWith("./")) return withoutEnd(uses.slice(2).split("@")[0] ?? "", "/")
  if (!uses.includes("/")) return undefined
  const { name, owner } = run.facts
  const prefix = `${owner}/${name}`.toLowerCase()
  const path = (uses.split("@")[0] ?? "").toLowerCase()
  return path === prefix
    ? ""
    : path.startsWith(`${prefix}/`)
    ? (uses.split("@")[0] ?? "").slice(prefix.length + 1)
    : undefined
}

const letters = "abcdefghijklmnopqrstuvwxyz"

const useAction = (uses: string, call: ActionCall, scope: StepScope): void => {
  if (uses.startsWith("docker://")) {
    if (/kaniko/.test(uses)) call.shell(`executor ${call.input("args")}`)
    else if (/\/?(?:docker|podman|skopeo|crane|regctl|ko)(?::|@|$)/.test(uses)) {
      const base = uses.split("@")[0]?.split("/").at(-1)?.split(":")[0] ?? ""
      const tool = base.slice(withoutEnd(base, letters).length)
      call.shell(`${tool === "" ? "docker" : tool} ${call.input("args")}`)
    }
    return
  }
  const path = localPath(uses, scope.run)
  if (path !== undefined) return useLocal(path, call, scope)
  const action = known(call.action)
  if (action !== undefined) action(call)
  else guess(call)
}

// A composite action of the repository; one that was not given is judged by its name.
const useLocal = (path: string, call: ActionCall, scope: StepScope): void => {
  const { facts, yaml } = scope.run
  const folder = path === "" ? "" : `${path}/`
  const file = [`${folder}action.yml`, `${folder}action.yaml`].find((one) => yaml(one) !== undefined)
  const definition = file === undefined ? undefined : yaml(file)
  if (file !== undefined && definition !== undefined && mapOf(definition["runs"])["using"] === "composite") {
    if (scope.depth < Limits.maxCalls) composite(file, definition, call, scope)
    return
  }
  const own = known(`${facts.owner}/${facts.name}${path === "" ? "" : `/${path}`}`.toLowerCase())
  if (own !== undefined) own(call)
  else if (file === undefined) {
    guess(call.asAction(path.toLowerCase()))
    const name = path.split("/").at(-1) ?? ""
    if (/push|publish|release/i.test(name) && /docker|image|container/i.test(name)) call.external(`${folder}action.yml`)
  }
}

const composite = (file: string, definition: YamlMap, call: ActionCall, scope: StepScope): void => {
  const { evaluator } = scope.run
  const declared = mapOf(definition["inputs"])
  const inputs: Record<string, Value> = {}
  for (const name of Object.keys(declared).slice(0, 128)) {
    const given = call.input(name)
    const fallback = mapOf(declared[name])["default"]
    inputs[name] = given !== "" ? given : toText(evaluator.yaml(fallback ?? null, contexts(scope)))
  }
  const inner: StepScope = {
    ...scope,
    source: file,
    inputs,
    steps: new Map(),
    shell: "bash",
    depth: scope.depth + 1
  }
  runSteps(mapOf(definition["runs"])["steps"], inner)
  const outputs = mapOf(definition["outputs"])
  for (const name of Object.keys(outputs).slice(0, 128)) {
    call.output(name, toText(evaluator.yaml(mapOf(outputs[name])["value"] ?? null, contexts(inner))))
  }
}

/** Whether a job runs although one that it needs was skipped. */
export const runsAnyway = (condition: unknown): boolean => asksForStatus(textOf(condition) ?? "")
