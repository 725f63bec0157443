/**
 * What is known while the jobs and steps of one file are evaluated.
 */
import type { ActionFacts } from "./ActionCall.js"
import type { Contexts, Evaluator } from "./Expression.js"
import { runnerVariable } from "./GitHubContext.js"
import type { Publications } from "./Publications.js"
import type { Effects } from "./Scripts.js"
import type { Node } from "./ShellSyntax.js"
import { OpenRecord, toText, type Value, type ValueRecord } from "./Value.js"
import type { YamlMap } from "./Yaml.js"

/** What the evaluation of one file shares. */
export interface Run {
  readonly evaluator: Evaluator
  readonly publications: Publications
  readonly facts: ActionFacts
  /** Another YAML file of the repository, read once; nothing where it was not given or is no mapping. */
  readonly yaml: (path: string) => YamlMap | undefined
  /** Whether the file sets a variable of this name anywhere. */
  readonly sets: (name: string) => boolean
  /** Scripts that were parsed before. */
  readonly parsed: Map<string, Node>
  /** Scripts and actions that were looked at before: what they could do. */
  readonly effects: Map<string, Effects>
  /** Jobs that were looked at before: whether they do nothing that matters. */
  readonly idle: Map<YamlMap, boolean>
  /** Whether anything asked for the trigger since this was last set to false. */
  readonly trigger: { asked: boolean }
  /** Results of jobs that do not depend on the trigger. */
  readonly settled: Map<YamlMap, Value>
}

/** One combination of one job, or one call of a composite action. */
export interface StepScope {
  readonly run: Run
  readonly github: (key: string) => Value
  /** What started the workflow; none where a caller decides it. */
  readonly event: string | undefined
  readonly job: string
  /** The file whose steps these are, where it is not the workflow that was asked for. */
  readonly source: string | undefined
  /** `env` of workflow and job, and what steps wrote to `$GITHUB_ENV`. */
  readonly env: Map<string, string>
  readonly matrix: Value
  readonly needs: Value
  readonly inputs: Value
  readonly steps: Map<string, Value>
  /** Registries at which the job logged in. */
  readonly logins: Set<string>
  /** The shell of `run` steps that name none. */
  readonly shell: string
  /** How many workflows and composite actions this one is inside of. */
  readonly depth: number
}

const open = (run: Run, kind: "secret" | "variable", context: string): OpenRecord =>
  new OpenRecord((key) => run.evaluator.holes.unknown(kind, `${context}.${key}`))

const envRecord = (scope: StepScope, env: ReadonlyMap<string, string>): OpenRecord =>
  new OpenRecord((key) => {
    const value = env.get(key)
    if (value !== undefined) return value
    const lower = key.toLowerCase()
    scope.run.evaluator.tank.spend(env.size / 16)
    for (const [name, other] of env) if (name.toLowerCase() === lower) return other
    // Unset is empty; but where a script or an unknown action may set it, nobody knows.
    const { evaluator, sets } = scope.run
    return /^(?:CI|GITHUB)_/.test(key) || sets(key) ? evaluator.holes.unknown("runtime", `env.${key}`) : ""
  })

/** The contexts of an expression in a step. */
export const contexts = (scope: StepScope, env: ReadonlyMap<string, string> = scope.env): Contexts => {
  const { evaluator } = scope.run
  return (name) => {
    switch (name) {
      case "github":
        return new OpenRecord(scope.github)
      case "env":
        return envRecord(scope, env)
      case "matrix":
        return scope.matrix
      case "needs":
        return scope.needs
      case "inputs":
        scope.run.trigger.asked = true
        return scope.inputs
      case "steps":
        return new OpenRecord((key) => scope.steps.get(key) ?? null)
      case "secrets":
        return open(scope.run, "secret", "secrets")
      case "vars":
        return open(scope.run, "variable", "vars")
      case "job":
        return { status: "success" }
      case "runner":
      case "strategy":
      case "jobs":
        return new OpenRecord((key) => evaluator.holes.unknown("runtime", `${name}.${key}`))
      default:
        return undefined
    }
  }
}

/** The entries of an `env`, evaluated in order, added to a copy of what is there. */
export const withEnv = (
  scope: StepScope,
  entries: YamlMap,
  base: ReadonlyMap<string, string>
): Map<string, string> => {
  const env = new Map(base)
  scope.run.evaluator.tank.spend(base.size / 16)
  const names = Object.keys(entries)
  if (names.length === 0) return env
  const within = contexts(scope, env)
  for (const name of names.slice(0, 512)) {
    env.set(name, toText(scope.run.evaluator.yaml(entries[name], within)))
  }
  return env
}

/** What a variable of a script holds that the script did not set. */
export const ambient = (scope: StepScope, env: ReadonlyMap<string, string>) => (name: string): string =>
  env.get(name) ?? runnerVariable(name, scope.github) ?? scope.run.evaluator.holes.unknown("runtime", `$${name}`)

/** The record of a step or job: outputs that are not known are holes. */
export const outcome = (
  run: Run,
  label: string,
  outputs: ReadonlyMap<string, string>,
  result: string
): ValueRecord => ({
  outputs: new OpenRecord((key) =>
    outputs.get(key) ?? outputs.get(key.toLowerCase()) ??
      (result === "skipped" ? "" : run.evaluator.holes.unknown("runtime", `${label}.outputs.${key}`))
  ),
  outcome: result,
  conclusion: result,
  result
})
