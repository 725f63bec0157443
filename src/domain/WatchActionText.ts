/**
 * Actions as people write them: `webhook:https://…` (or the address alone), `command:["program","argument"]`,
 * `command:program argument`.
 */
import { Array as Arr, Either, Option, Schema } from "effect"
import { Malformed } from "./Malformed.js"
import type { WatchAction } from "./Watch.js"

const malformed = (input: string, reason: Malformed["reason"], message: string): Either.Either<never, Malformed> =>
  Either.left(new Malformed({ what: "action", input, reason, message }))

const webhook = (text: string, allowPrivate: boolean): Either.Either<WatchAction, Malformed> => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  // What cannot be read may hold a password, so it is not repeated.
  return url !== undefined && /^https?:$/.test(url.protocol) && url.hostname !== ""
    ? Either.right({ _tag: "Webhook", url: url.href, allowPrivate })
    : malformed("", "format", "the webhook is not an HTTP address; write webhook:https://host/path")
}

const Words = Schema.parseJson(Schema.NonEmptyArray(Schema.String))
const decodeWords = Schema.decodeUnknownOption(Words)

const command = (text: string): Either.Either<WatchAction, Malformed> => {
  const example =
    "write command:[\"docker\",\"compose\",\"pull\"], or command with the program and its arguments behind --"
  const trimmed = text.trim()
  if (trimmed.startsWith("[")) {
    return Option.match(Option.filter(decodeWords(trimmed), ([program]) => program !== ""), {
      // Arguments may be secrets, so none is repeated.
      onNone: () => malformed("", "format", `it begins with [ and is no JSON array of texts; ${example}`),
      onSome: (argv) => Either.right({ _tag: "Command", argv })
    })
  }
  // There is no shell that would read them.
  if (/["'`\\$|&;<>*?]/.test(trimmed)) {
    return malformed("", "unsupported", `the command would need a shell, and there is none; ${example}`)
  }
  const words = trimmed.split(/\s+/).filter((word) => word !== "")
  return Arr.isNonEmptyArray(words)
    ? Either.right({ _tag: "Command", argv: words })
    : malformed("", "empty", `the command is empty; ${example}`)
}

/** Reads an action. `allowPrivate` counts for webhooks. A command in one text is split at blanks, and needs no shell. */
export const parse = (text: string, allowPrivate: boolean): Either.Either<WatchAction, Malformed> => {
  if (/^https?:\/\//i.test(text)) return webhook(text, allowPrivate)
  const colon = text.indexOf(":")
  switch (colon === -1 ? text : text.slice(0, colon)) {
    case "webhook":
      return webhook(text.slice(colon + 1), allowPrivate)
    case "command":
      return command(text.slice(colon + 1))
    default:
      return malformed(
        "",
        text === "" ? "empty" : "format",
        "an action is webhook:https://host/path or command:[\"program\",\"argument\"]"
      )
  }
}
