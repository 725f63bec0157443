/**
 * Patterns for names, as Go's `path.Match` (and with it `docker images --filter reference=…`) understands them: `*` is
 * any run and `?` any one character but a slash, `[a-z]` and `[^a-z]` are classes, a backslash takes the next literally.
 */
import { Either, Option } from "effect"
import { Malformed } from "./Malformed.js"

const literal = (character: string): string => character.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")

const classAt = (pattern: string, start: number): { readonly source: string; readonly end: number } | undefined => {
  const negated = pattern.charAt(start + 1) === "^"
  let source = ""
  let index = start + (negated ? 2 : 1)
  const first = index
  while (index < pattern.length && (pattern.charAt(index) !== "]" || index === first)) {
    const character = pattern.charAt(index)
    if (character === "\\") index++
    if (index >= pattern.length) return undefined
    const isRange = character === "-" && index !== first && pattern.charAt(index + 1) !== "]"
    source += isRange ? "-" : pattern.charAt(index).replace(/[\\\]^-]/g, "\\$&")
    index++
  }
  if (index >= pattern.length) return undefined
  return { source: negated ? `[^/${source}]` : `(?!/)[${source}]`, end: index + 1 }
}

const sourceOf = (pattern: string): string | undefined => {
  let source = ""
  let index = 0
  while (index < pattern.length) {
    const character = pattern.charAt(index)
    if (character === "[") {
      const read = classAt(pattern, index)
      if (read === undefined) return undefined
      source += read.source
      index = read.end
      continue
    }
    if (character === "\\") {
      index++
      if (index >= pattern.length) return undefined
      source += literal(pattern.charAt(index))
    } else {
      // Runs of stars are one star, so that matching stays fast.
      source += character === "*"
        ? source.endsWith("[^/]*") ? "" : "[^/]*"
        : character === "?"
        ? "[^/]"
        : literal(character)
    }
    index++
  }
  return source
}

const compiled = Option.liftThrowable((source: string) => new RegExp(`^(?:${source})$`, "su"))

/** Compiles a pattern. Fails for an open class, a range that runs backwards, and a backslash at the end. */
export const compile = (pattern: string): Either.Either<(text: string) => boolean, Malformed> => {
  const source = sourceOf(pattern)
  const expression = source === undefined ? Option.none() : compiled(source)
  if (Option.isSome(expression)) return Either.right((text) => expression.value.test(text))
  return Either.left(
    new Malformed({ what: "pattern", input: pattern, reason: "format", message: `"${pattern}" is no valid pattern` })
  )
}
