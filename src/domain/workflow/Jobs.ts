/**
 * Runs the jobs of a workflow for one scenario: after those that they need, once for each combination of their matrix,
 * and through the reusable workflows of the same repository.
 */
import { guess, known } from "./Actions.js"
import { githubContext, type Repository } from "./GitHubContext.js"
import * as Limits from "./Limits.js"
import { combinations, distinct } from "./Matrix.js"
import { contexts, outcome, type Run, type StepScope, withEnv } from "./Scope.js"
import { StepCall } from "./StepCall.js"
import { holds, runsAnyway, runSteps, stepEffects } from "./Steps.js"
import { declaredInput, type Scenario } from "./Triggers.js"
import { isRecord, toText, type Value } from "./Value.js"
import { isMap, listOf, mapOf, textOf, type YamlMap } from "./Yaml.js"

const maxJobs = 128
const ofTrigger = /^(?:event|ref|event_name|ref_name|ref_type|head_ref|base_ref)$/i

/** A workflow that runs. */
interface Running {
  readonly run: Run
  readonly workflow: YamlMap
  readonly github: (key: string) => Value
  readonly inputs: Value
  readonly source: string | undefined
  /** The job that calls this workflow, as a prefix of the names of its jobs. */
  readonly caller: string
  readonly depth: number
  readonly repository: Repository
  readonly scenario: Scenario
  readonly matrixKeys: (key: string) => boolean
}

/** The `env` of a workflow, and whether it depends on the trigger. */
interface Environment {
  readonly env: ReadonlyMap<string, string>
  readonly asked: boolean
}

const scopeOf = (running: Running, job: string): StepScope => ({
  run: running.run,
  github: running.github,
  event: running.scenario.event,
  job: running.caller + job,
  source: running.source,
  env: new Map(),
  matrix: null,
  needs: {},
  inputs: running.inputs,
  steps: new Map(),
  logins: new Set(),
  shell: "bash",
  depth: running.depth
})

/** Runs a workflow for a scenario in which nobody set its inputs. */
export const runWorkflow = (
  run: Run,
  workflow: YamlMap,
  repository: Repository,
  scenario: Scenario,
  matrixKeys: (key: string) => boolean
): void => {
  const { holes } = run.evaluator
  const inputs: Record<string, Value> = {}
  for (const name of Object.keys(scenario.inputs).slice(0, 64)) {
    inputs[name] = declaredInput(name, scenario.inputs[name], holes)
  }
  const context = githubContext(repository, scenario, inputs, holes)
  const github = (key: string): Value => {
    if (ofTrigger.test(key)) run.trigger.asked = true
    return context(key)
  }
  runJobs({ run, workflow, github, inputs, source: undefined, caller: "", depth: 0, repository, scenario, matrixKeys })
}

const runJobs = (running: Running): ReadonlyMap<string, Value> => {
  const jobs = mapOf(running.workflow["jobs"])
  running.run.trigger.asked = false
  const env = withEnv(scopeOf(running, ""), mapOf(running.workflow["env"]), new Map())
  const base: Environment = { env, asked: running.run.trigger.asked }
  const results = new Map<string, Value>()
  const started = new Set<string>()
  const start = (id: string): void => {
    const job = jobs[id]
    if (started.has(id) || started.size >= maxJobs || !isMap(job)) return
    started.add(id)
    const needed = listOf(job["needs"]).flatMap((one) => textOf(one) ?? []).slice(0, 64)
    for (const other of needed) start(other)
    const needs = Object.fromEntries(needed.map((other) => [other, results.get(other) ?? null]))
    results.set(id, settledJob(id, job, needs, base, running))
  }
  for (const id of Object.keys(jobs)) start(id)
  return results
}

// A job that asks nothing of the trigger, and needs only such jobs, does the same in every scenario.
const settledJob = (
  id: string,
  job: YamlMap,
  needs: Readonly<Record<string, Value>>,
  base: Environment,
  running: Running
): Value => {
  const { settled, trigger } = running.run
  const known = settled.get(job)
  if (known !== undefined) return known
  const before = trigger.asked
  trigger.asked = false
  const result = runJob(id, job, needs, base.env, running)
  const settles = !trigger.asked && !base.asked && running.depth === 0 &&
    Object.values(needs).every((need) => [...settled.values()].includes(need))
  if (settles) settled.set(job, result)
  trigger.asked = trigger.asked || before
  return result
}

const skippedNeed = (needs: Readonly<Record<string, Value>>): boolean =>
  Object.values(needs).some((need) => isRecord(need) && need["result"] === "skipped")

const shellOf = (job: YamlMap, running: Running): string => {
  const named = textOf(mapOf(mapOf(job["defaults"])["run"])["shell"]) ??
    textOf(mapOf(mapOf(running.workflow["defaults"])["run"])["shell"])
  return named ?? (listOf(job["runs-on"]).some((one) => /windows/i.test(textOf(one) ?? "")) ? "pwsh" : "bash")
}

// Other jobs learn nothing from it, and none of its steps could publish: most jobs of most files.
const isIdle = (job: YamlMap, running: Running): boolean => {
  if (job["uses"] !== undefined || job["outputs"] !== undefined) return false
  const { idle } = running.run
  const known = idle.get(job)
  if (known !== undefined) return known
  const answer = !listOf(job["steps"]).slice(0, Limits.maxSteps).some((step) =>
    isMap(step) && stepEffects(step, running.run) === "publishes"
  )
  idle.set(job, answer)
  return answer
}

const runJob = (
  id: string,
  job: YamlMap,
  needs: Readonly<Record<string, Value>>,
  base: ReadonlyMap<string, string>,
  running: Running
): Value => {
  const { evaluator } = running.run
  evaluator.tank.spend(2)
  const scope: StepScope = { ...scopeOf(running, id), needs, env: new Map(base), shell: shellOf(job, running) }
  const skipped = (skippedNeed(needs) && !runsAnyway(job["if"])) || holds(scope, job["if"], scope.env) === false
  if (skipped) return outcome(running.run, `needs.${id}`, new Map(), "skipped")
  if (isIdle(job, running)) return outcome(running.run, `needs.${id}`, new Map(), "success")
  const matrix = evaluator.yaml(mapOf(job["strategy"])["matrix"] ?? null, contexts(scope))
  const outputs = new Map<string, string>()
  const declared = mapOf(job["outputs"])
  for (const combination of distinct(combinations(matrix, evaluator.holes), running.matrixKeys, evaluator.tank)) {
    const one: StepScope = { ...scope, matrix: combination, steps: new Map(), logins: new Set() }
    const ready: StepScope = { ...one, env: withEnv(one, mapOf(job["env"]), base) }
    const uses = textOf(job["uses"])
    const called = uses === undefined ? undefined : callWorkflow(uses, job, ready, running)
    if (uses === undefined) runSteps(job["steps"], ready)
    for (const [name, value] of called ?? []) outputs.set(name, value)
    for (const name of Object.keys(declared).slice(0, 128)) {
      const value = toText(evaluator.yaml(declared[name], contexts(ready)))
      const before = outputs.get(name)
      outputs.set(name, before === undefined || before === "" ? value : evaluator.holes.choice([before, value]))
    }
  }
  return outcome(running.run, `needs.${id}`, outputs, "success")
}

const localWorkflow = (uses: string, running: Running): string | undefined => {
  if (uses.startsWith("./")) return uses.slice(2)
  const own = `${running.repository.owner}/${running.repository.name}/`.toLowerCase()
  return uses.toLowerCase().startsWith(own) ? uses.slice(own.length).split("@")[0] : undefined
}

const callWorkflow = (
  uses: string,
  job: YamlMap,
  scope: StepScope,
  running: Running
): ReadonlyMap<string, string> | undefined => {
  const { evaluator } = running.run
  const path = localWorkflow(uses, running)
  const workflow = path === undefined ? undefined : running.run.yaml(path)
  if (path === undefined || workflow === undefined) {
    foreign(uses, path, job, scope)
    return undefined
  }
  if (scope.depth >= Limits.maxCalls) return undefined
  const given = evaluator.yaml(mapOf(job["with"]), contexts(scope))
  const trigger = mapOf(mapOf(workflow["on"])["workflow_call"])
  const declared = mapOf(trigger["inputs"])
  const inputs: Record<string, Value> = {}
  for (const name of Object.keys(declared).slice(0, 128)) {
    const value = isRecord(given) ? given[name] : undefined
    inputs[name] = value ?? evaluator.yaml(mapOf(declared[name])["default"] ?? null, contexts(scope))
  }
  const results = runJobs({
    ...running,
    workflow,
    inputs,
    source: path,
    caller: `${scope.job} / `,
    depth: scope.depth + 1,
    matrixKeys: () => true
  })
  const outputs = mapOf(trigger["outputs"])
  const within = contexts({ ...scope, inputs })
  const jobs = Object.fromEntries(results)
  return new Map(
    Object.keys(outputs).slice(0, 128).map((name) => [
      name,
      toText(
        evaluator.yaml(mapOf(outputs[name])["value"] ?? null, (context) => context === "jobs" ? jobs : within(context))
      )
    ])
  )
}

// A workflow that was not given: of another repository, or of this one but not fetched.
const foreign = (uses: string, path: string | undefined, job: YamlMap, scope: StepScope): void => {
  const called = { uses, title: uses, inputs: mapOf(job["with"]), env: scope.env, outputs: new Map(), runs: true }
  const call = new StepCall(scope, called, undefined, undefined)
  const action = known(call.action)
  if (action !== undefined) {
    action(call)
    return
  }
  guess(path === undefined ? call : call.asAction(path))
  if (/docker|image|container|publish|release|build|push|deploy/i.test(call.action.split("/").at(-1) ?? "")) {
    call.external(path ?? uses)
  }
}
