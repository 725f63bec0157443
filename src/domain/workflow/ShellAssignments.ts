/**
 * Assignments of a script, and what redirections give a command to read.
 */
import * as Limits from "./Limits.js"
import { tokenize } from "./ShellLexer.js"
import type { Redirect } from "./ShellSyntax.js"
import { expandDocument, expandText, expandValue, type WordScope } from "./ShellWords.js"

const words = (text: string): ReadonlyArray<string> =>
  tokenize(text).flatMap((token) => token.kind === "word" ? [token.text] : [])

/** `target=raw`, `target+=raw`, `target[key]=raw`. */
export const assign = (scope: WordScope, target: string, append: boolean, raw: string): void => {
  const { variables } = scope.state
  const value = expandValue(raw, scope, words)
  const [, name = target, key] = target.endsWith("]") ? /^(\w+)\[([^]*)\]$/.exec(target) ?? [] : []
  const old = variables.get(name)
  if (key !== undefined) {
    const map = new Map(old instanceof Map ? old : [])
    scope.tank.spend(map.size / 8)
    map.set(expandText(key, scope), typeof value === "string" ? value : "")
    variables.set(name, map)
  } else if (!append) variables.set(name, value)
  else if (typeof value === "string" && (old === undefined || typeof old === "string")) {
    variables.set(name, Limits.cap((old ?? scope.ambient(name)) + value))
  } else {
    scope.tank.spend(Limits.maxLoop / 16)
    const list = [old ?? [], value].flatMap((one) => typeof one === "string" ? [one] : [...one.values()])
    variables.set(name, list.slice(0, 4 * Limits.maxLoop))
  }
}

/** `export X="$Y"`, `declare -A X=([a]=b)`: assignments, whose values are not split. */
export const declare = (scope: WordScope, raw: ReadonlyArray<string>): void => {
  for (const word of raw) {
    const [, name, plus, value] = /^([A-Za-z_]\w*)(\+?)=([^]*)$/.exec(word) ?? []
    if (name !== undefined) assign(scope, name, plus === "+", value ?? "")
  }
}

/** What a command reads, with its redirections. */
export const inputOf = (redirects: ReadonlyArray<Redirect>, input: string, scope: WordScope): string => {
  let text = input
  for (const { literal, operator, target } of redirects) {
    if (operator === "<<") text = literal ? target : expandDocument(target, scope)
    else if (operator === "<<<") text = `${expandText(target, scope)}\n`
    else if (operator === "<") {
      text = target.startsWith("<(")
        ? expandText(target, scope)
        : scope.holes.unknown("runtime", `$(<${target.slice(0, 40)})`)
    }
  }
  return text
}
