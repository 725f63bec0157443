/**
 * Variables in texts, as Compose files and Dockerfiles write them: `$NAME`, `${NAME}`, `${NAME:-value}`, `${NAME-value}`,
 * `${NAME:?message}`, `${NAME:+value}`; values may hold variables themselves.
 */
import { Option } from "effect"

/** How a text is filled in. */
export interface Filled {
  readonly text: string
  /** Variables that have no value; nothing stands in their place. With what `:?` says of them. */
  readonly missing: ReadonlyArray<{ readonly name: string; readonly message: string }>
}

/** A variable's value; none where it is not set. */
export type Lookup = (name: string) => Option.Option<string>

const name = /^[A-Za-z_][A-Za-z0-9_]*/

// The place of the brace that closes the one before `from`; values may nest.
const closing = (text: string, from: number): number => {
  let depth = 1
  for (let at = from; at < text.length; at++) {
    if (text.charAt(at) === "{" && text.charAt(at - 1) === "$") depth++
    else if (text.charAt(at) === "}" && --depth === 0) return at
  }
  return -1
}

interface Options {
  readonly lookup: Lookup
  /** What makes a dollar an ordinary one: `$` in Compose files (`$$`), a backslash in Dockerfiles. */
  readonly escape: "$" | "\\" | "`"
}

const plain = (text: string): Filled => ({ text, missing: [] })

const braced = (inner: string, options: Options, depth: number): Filled => {
  const variable = name.exec(inner)?.[0]
  if (variable === undefined) return plain(`\${${inner}}`)
  const [, operator = "", rest = ""] = /^(:?[-?+])?(.*)$/s.exec(inner.slice(variable.length)) ?? []
  if (operator === "" && rest !== "") return plain(`\${${inner}}`)
  const value = options.lookup(variable)
  const usable = operator.startsWith(":") ? Option.filter(value, (text) => text !== "") : value
  switch (operator.slice(-1)) {
    case "-":
      return Option.match(usable, { onNone: () => filled(rest, options, depth + 1), onSome: plain })
    case "+":
      return Option.isSome(usable) ? filled(rest, options, depth + 1) : plain("")
    default:
      return Option.match(usable, {
        onNone: () => ({ text: "", missing: [{ name: variable, message: rest }] }),
        onSome: plain
      })
  }
}

const deepest = 16

const filled = (text: string, options: Options, depth: number): Filled => {
  let result = ""
  const missing = new Array<Filled["missing"][number]>()
  const add = (part: Filled): void => {
    result += part.text
    missing.push(...part.missing)
  }
  let at = 0
  while (at < text.length) {
    const character = text.charAt(at)
    const next = text.charAt(at + 1)
    if (character === options.escape && next === "$") {
      result += "$"
      at += 2
    } else if (character === "$" && next === "{" && depth < deepest) {
      const end = closing(text, at + 2)
      if (end === -1) return { text: result + text.slice(at), missing }
      add(braced(text.slice(at + 2, end), options, depth))
      at = end + 1
    } else if (character === "$" && name.test(text.slice(at + 1))) {
      const variable = name.exec(text.slice(at + 1))?.[0] ?? ""
      add(braced(variable, options, depth))
      at += 1 + variable.length
    } else {
      result += character
      at += 1
    }
  }
  return { text: result, missing }
}

/** Fills in the variables of a text; what is no variable stays as it is. */
export const interpolate = (text: string, lookup: Lookup, escape: Options["escape"] = "$"): Filled =>
  filled(text, { lookup, escape }, 0)
