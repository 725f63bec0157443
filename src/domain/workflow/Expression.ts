/**
 * Evaluates GitHub's expressions over texts with holes. What cannot be decided is a hole; `a && b || c` with an
 * undecided `a` is a choice of both.
 */
import { call } from "./ExpressionFunctions.js"
import { type Expression, type Template, template } from "./ExpressionSyntax.js"
import { HoleTable, isHole, not, sanitize, type Truth } from "./Holes.js"
import * as Limits from "./Limits.js"
import { join } from "./Texts.js"
import { entry, equal, fromYaml, isList, isRecord, ordered, toText, truth, type Value } from "./Value.js"

/** The contexts that an expression can name (`github`, `env`, …): nothing for one that is not there. */
export type Contexts = (name: string) => Value | undefined

const toValue = (answer: Truth, holes: HoleTable): Value =>
  answer === "unknown" ? holes.unknown("runtime", "condition") : answer

const isFiltered = (expression: Expression): boolean =>
  expression.kind === "every" || (expression.kind === "index" && isFiltered(expression.of))

/** Evaluates within one file: what was parsed is remembered, and the fuel is shared. */
export class Evaluator {
  readonly #templates = new Map<string, Template>()
  constructor(readonly holes: HoleTable) {}

  /** What is left to spend on the file. */
  get tank(): Limits.Fuel {
    return this.holes.tank
  }

  /** The text with its `${{ … }}` filled in. */
  text(text: string, contexts: Contexts): string {
    return toText(this.value(text, contexts))
  }

  /** As `text`, but a text that is one expression keeps its type. */
  value(text: string, contexts: Contexts): Value {
    this.tank.scan(text.length)
    if (!text.includes("${{")) return sanitize(text)
    const parts = this.#parts(text)
    const only = parts.length === 1 ? parts[0] : undefined
    if (only !== undefined && typeof only !== "string") return this.#part(only, contexts)
    return join(
      parts.map((part) => typeof part === "string" ? part : toText(this.#part(part, contexts))),
      "",
      this.tank
    )
  }

  /** A value of the file with every expression in it evaluated. */
  yaml(value: unknown, contexts: Contexts): Value {
    const budget = { left: Limits.maxNodes }
    const made = fromYaml(value, (text) => this.value(text, contexts), budget)
    this.tank.spend((Limits.maxNodes - budget.left) / 8)
    return made
  }

  /** Whether an `if` lets its job or step run; `${{ }}` around a condition may be left out. */
  condition(text: string, contexts: Contexts): Truth {
    const source = text.trim()
    return truth(this.value(source.includes("${{") ? source : `\${{ ${source} }}`, contexts), this.holes)
  }

  /** The value of a parsed expression. */
  evaluate(expression: Expression, contexts: Contexts): Value {
    this.tank.spend(1)
    const value = this.#evaluate(expression, contexts)
    if (typeof value === "string") this.tank.scan(value.length)
    else if (isList(value)) this.tank.spend(value.length / 16)
    return value
  }

  #evaluate(expression: Expression, contexts: Contexts): Value {
    switch (expression.kind) {
      case "literal":
        return typeof expression.value === "string" ? sanitize(expression.value) : expression.value
      case "context":
        return contexts(expression.name) ?? null
      case "index":
        return this.#index(expression, contexts)
      case "every":
        return this.#every(this.evaluate(expression.of, contexts))
      case "not":
        return toValue(not(truth(this.evaluate(expression.of, contexts), this.holes)), this.holes)
      case "call":
        return call(expression.name, expression.arguments.map((one) => this.evaluate(one, contexts)), this.holes)
      case "binary":
        return this.#binary(expression, contexts)
    }
  }

  // Behind `.*` a key is asked of every element.
  #index({ key, of }: Extract<Expression, { kind: "index" }>, contexts: Contexts): Value {
    const value = this.evaluate(of, contexts)
    const name = this.evaluate(key, contexts)
    return isFiltered(of) && isList(value)
      ? value.map((one) => entry(one, name, this.holes)).filter((one) => one !== null)
      : entry(value, name, this.holes)
  }

  #parts(text: string): Template {
    const known = this.#templates.get(text)
    if (known !== undefined) return known
    const parts = template(sanitize(text))
    this.#templates.set(text, parts)
    return parts
  }

  #part(part: Exclude<Template[number], string>, contexts: Contexts): Value {
    return part.expression === undefined
      ? this.holes.unknown("runtime", part.source)
      : this.evaluate(part.expression, contexts)
  }

  #every(of: Value): Value {
    if (isList(of)) return of
    if (isRecord(of)) return Object.values(of)
    return typeof of === "string" && isHole(of) ? entry(of, "*", this.holes) : []
  }

  #binary(
    { left, operator, right }: Extract<Expression, { kind: "binary" }>,
    contexts: Contexts
  ): Value {
    const first = this.evaluate(left, contexts)
    if (operator === "&&") return this.#and(first, () => this.evaluate(right, contexts))
    if (operator === "||") return this.#or(first, () => this.evaluate(right, contexts))
    const second = this.evaluate(right, contexts)
    switch (operator) {
      case "==":
        return toValue(equal(first, second, this.holes), this.holes)
      case "!=":
        return toValue(not(equal(first, second, this.holes)), this.holes)
      case "<":
        return toValue(ordered(first, second, (order) => order < 0), this.holes)
      case "<=":
        return toValue(ordered(first, second, (order) => order <= 0), this.holes)
      case ">":
        return toValue(ordered(first, second, (order) => order > 0), this.holes)
      case ">=":
        return toValue(ordered(first, second, (order) => order >= 0), this.holes)
    }
  }

  #and(first: Value, second: () => Value): Value {
    const answer = truth(first, this.holes)
    if (answer === true) return second()
    if (answer === false) return first
    const other = second()
    if (typeof other === "string" || typeof other === "number") return this.holes.choice(["", toText(other)])
    return truth(other, this.holes) === false ? other : first
  }

  #or(first: Value, second: () => Value): Value {
    const answer = truth(first, this.holes)
    if (answer === true) return first
    if (answer === false) return second()
    const other = second()
    if (typeof other === "boolean" || other === null) return other === true ? true : first
    if (typeof first !== "string" || typeof other === "object") return other
    return this.#default(first, toText(other))
  }

  // `secrets.X || 'x'`: the default is the best guess, but what a condition asks about it stays undecided.
  #default(first: string, other: string): Value {
    const hole = isHole(first) ? this.holes.within(first)[0] : undefined
    if (hole === undefined) return this.holes.choice([first, other])
    if (hole.choices.length > 0 && !hole.open) {
      return this.holes.choice(hole.choices.map((one) => one === "" ? other : one))
    }
    if (hole.label === "condition") return other
    return this.holes.add({ ...hole, choices: hole.choices.length > 0 ? hole.choices : [other], open: true })
  }
}
