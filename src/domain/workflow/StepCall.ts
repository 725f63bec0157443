/**
 * A step (or a job that calls a workflow) as the descriptions of actions and commands see it.
 */
import type { ActionCall, ActionFacts } from "./ActionCall.js"
import type { Contexts } from "./Expression.js"
import type { HoleTable, Truth } from "./Holes.js"
import { contexts, type StepScope } from "./Scope.js"
import { runScript } from "./Scripts.js"
import { toText } from "./Value.js"
import type { YamlMap } from "./Yaml.js"

/** What is called, and where. */
export interface Called {
  readonly uses: string
  /** The step's title. */
  readonly title: string
  /** The inputs as they are written. */
  readonly inputs: YamlMap
  readonly env: ReadonlyMap<string, string>
  /** Where the outputs go. */
  readonly outputs: Map<string, string>
  /** Whether the step runs, or may. */
  readonly runs: Truth
}

/** Adds to the environment of later steps: of a step that may not run, as one possibility beside what was there. */
export const setEnv = (scope: StepScope, runs: Truth, name: string, value: string): void => {
  const before = scope.env.get(name)
  const { holes } = scope.run.evaluator
  scope.env.set(name, runs === true || before === undefined ? value : holes.choice([before, value]))
}

/** One call. */
export class StepCall implements ActionCall {
  readonly action: string
  readonly version: string
  readonly facts: ActionFacts
  readonly holes: HoleTable
  #contexts: Contexts | undefined
  /** The inputs' names by how they are in lower case. */
  #names: ReadonlyMap<string, string> | undefined

  constructor(
    private readonly scope: StepScope,
    private readonly called: Called,
    private readonly mechanism: string | undefined,
    private readonly variable: ((name: string) => string) | undefined
  ) {
    const at = called.uses.indexOf("@")
    this.action = (at === -1 ? called.uses : called.uses.slice(0, at)).toLowerCase()
    this.version = at === -1 ? "" : called.uses.slice(at + 1)
    this.facts = scope.run.facts
    this.holes = scope.run.evaluator.holes
  }

  input(name: string): string {
    const { inputs } = this.called
    const key = Object.hasOwn(inputs, name) ? name : this.#spelling(name)
    if (key === undefined) return ""
    this.#contexts ??= contexts(this.scope, this.called.env)
    return toText(this.scope.run.evaluator.yaml(inputs[key], this.#contexts))
  }

  // GitHub does not care about the case of an input's name.
  #spelling(name: string): string | undefined {
    if (this.#names === undefined) {
      const names = Object.keys(this.called.inputs)
      this.holes.tank.spend(names.length / 8)
      this.#names = new Map(names.toReversed().map((one) => [one.toLowerCase(), one]))
    }
    return this.#names.get(name.toLowerCase())
  }

  env(name: string): string {
    return this.variable === undefined ? this.called.env.get(name) ?? "" : this.variable(name)
  }

  publish(names: string, source = this.scope.source): void {
    const site = { job: this.scope.job, step: this.called.title, source }
    this.scope.run.publications.publish(names, this.#how(), site, this.scope.logins)
  }

  external(source: string): void {
    if (this.scope.event === "pull_request") return
    const site = { job: this.scope.job, step: this.called.title, source: this.scope.source }
    this.scope.run.publications.external(source, this.#how(), site)
  }

  describe(name: string): void {
    this.scope.run.publications.describe(name)
  }

  login(registry: string, user: string): void {
    const host = registry.trim().replace(/^https?:\/\//, "").split("/", 1)[0]?.toLowerCase() ?? ""
    this.scope.logins.add(host)
    this.scope.run.publications.namespace(host, user)
  }

  output(name: string, value: string): void {
    this.called.outputs.set(name, value)
  }

  setEnv(name: string, value: string): void {
    setEnv(this.scope, this.called.runs, name, value)
  }

  shell(script: string, kind = "bash"): void {
    runScript(script, kind, this, this.scope, this.called.env)
  }

  asCommand(env: (name: string) => string, mechanism: string): ActionCall {
    return new StepCall(this.scope, this.called, mechanism, env)
  }

  asAction(action: string, inputs = this.called.inputs): ActionCall {
    return new StepCall(this.scope, { ...this.called, uses: action, inputs }, this.mechanism, this.variable)
  }

  #how(): string {
    return this.mechanism ?? (this.action === "" ? "run" : this.action)
  }
}
