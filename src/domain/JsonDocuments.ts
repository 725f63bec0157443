/**
 * Several JSON documents one after the other, as `jq` and others print them: on one line each or over many lines.
 */
import { Either, Option } from "effect"
import { Malformed } from "./Malformed.js"

const malformed = (message: string) =>
  Either.left(new Malformed({ what: "JSON documents", input: "", reason: "format", message }))

// RFC 7464 puts one before each document.
const recordSeparator = "\u001e"

const opening = "{["
const closing = "}]"

// The place behind the value that begins at `from`: an object or an array.
const endOf = (text: string, from: number): number => {
  let depth = 0
  let quoted = false
  for (let index = from; index < text.length; index++) {
    const character = text.charAt(index)
    if (quoted) {
      if (character === "\\") index++
      else if (character === "\"") quoted = false
    } else if (character === "\"") quoted = true
    else if (opening.includes(character)) depth++
    else if (closing.includes(character) && --depth === 0) return index + 1
  }
  return text.length
}

/**
 * The text of a member of a JSON object where it is an object or an array, byte for byte as it was written: digests are
 * made of bytes. `text` has to be valid JSON.
 */
export const rawMember = (text: string, name: string): Option.Option<string> => {
  const key = JSON.stringify(name)
  let index = text.indexOf("{") + 1
  while (index < text.length) {
    const character = text.charAt(index)
    if (character === "\"") {
      const end = stringEnd(text, index)
      const colon = /^\s*:\s*/.exec(text.slice(end, end + 1000))
      const value = end + (colon?.[0].length ?? 0)
      if (colon !== null && text.slice(index, end) === key && opening.includes(text.charAt(value))) {
        return Option.some(text.slice(value, endOf(text, value)))
      }
      index = end
    } else index = opening.includes(character) ? endOf(text, index) : index + 1
  }
  return Option.none()
}

/** The place behind the string whose opening quote is at `from`. */
export const stringEnd = (text: string, from: number): number => {
  let index = from + 1
  while (index < text.length && text.charAt(index) !== "\"") index += text.charAt(index) === "\\" ? 2 : 1
  return index + 1
}

/**
 * Cuts a text into its documents, each an object or an array, without reading them. Fails where something else stands
 * between them, or where the last one does not end.
 */
export const split = (text: string): Either.Either<ReadonlyArray<string>, Malformed> => {
  const documents: Array<string> = []
  let start = 0
  let depth = 0
  let quoted = false
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index)
    if (quoted) {
      if (character === "\\") index++
      else if (character === "\"") quoted = false
      continue
    }
    if (depth === 0 && !opening.includes(character)) {
      if (character.trim() === "" || character === "," || character === recordSeparator) continue
      return malformed(`expected a JSON object, there is ${JSON.stringify(text.slice(index, index + 20))}`)
    }
    if (character === "\"") quoted = true
    else if (opening.includes(character)) {
      if (depth === 0) start = index
      depth++
    } else if (closing.includes(character)) {
      depth--
      if (depth === 0) documents.push(text.slice(start, index + 1))
    }
  }
  return depth === 0 && !quoted
    ? Either.right(documents)
    : malformed(`the JSON object that begins with ${JSON.stringify(text.slice(start, start + 20))} does not end`)
}
