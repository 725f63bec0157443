/**
 * Readers for the kinds of settings there are.
 */
import { Either, type LogLevel, Redacted } from "effect"
import * as Levels from "effect/LogLevel"
import type { Reader } from "./Setting.js"

const shown = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text)

/** Numbers are compared with these bounds, both included unless said otherwise. */
export interface Bounds {
  readonly min: number
  readonly max: number
}

const bounded = (text: string, bounds: Bounds, what: string): Either.Either<number, string> => {
  const value = Number(text)
  const right = `give ${what} from ${bounds.min} to ${bounds.max}`
  if (value < bounds.min) return Either.left(`${shown(text)} is too small; ${right}`)
  if (value > bounds.max) return Either.left(`${shown(text)} is too large; ${right}`)
  return Either.right(value)
}

/** A whole number within bounds. */
export const wholeNumber = (bounds: Bounds): Reader<number> => (text) =>
  /^[+-]?\d+$/.test(text)
    ? bounded(text, bounds, "a whole number")
    : Either.left(`${shown(text)} is not a whole number; give one from ${bounds.min} to ${bounds.max}`)

/** A number, also with a fraction, within bounds. */
export const number = (bounds: Bounds): Reader<number> => (text) =>
  /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/.test(text)
    ? bounded(text, bounds, "a number")
    : Either.left(`${shown(text)} is not a number; give one from ${bounds.min} to ${bounds.max}`)

/** One of a few words, in any case. */
export const choice = <A extends string>(...words: ReadonlyArray<A>): Reader<A> => (text) =>
  Either.fromNullable(
    words.find((word) => word === text.toLowerCase()),
    () => `${shown(text)} is not known; give one of ${words.join(", ")}`
  )

const levels: Readonly<Record<string, LogLevel.LogLevel>> = {
  all: Levels.All,
  trace: Levels.Trace,
  debug: Levels.Debug,
  info: Levels.Info,
  warning: Levels.Warning,
  warn: Levels.Warning,
  error: Levels.Error,
  fatal: Levels.Fatal,
  none: Levels.None
}

/** A level of logging, in any case. */
export const logLevel: Reader<LogLevel.LogLevel> = (text) =>
  Either.fromNullable(
    levels[text.toLowerCase()],
    () => `${shown(text)} is not a level; give one of trace, debug, info, warning, error, fatal, none`
  )

const line = (longest: number): Reader<string> => (text) =>
  text.length <= longest && /^[^\p{Cc}]+$/u.test(text)
    ? Either.right(text)
    : Either.left(`holds control characters or is too long; give one line of at most ${longest} characters`)

/** A name that is sent or stored: without control characters. */
export const name: Reader<string> = line(255)

/** A path on this machine. */
export const path: Reader<string> = line(4096)

/** A list of hosts, which grow long where networks are large. */
export const hosts: Reader<string> = line(65_536)

/** The address of an HTTP service, without a slash at its end. Never holds credentials, query or fragment. */
export const httpUrl: Reader<string> = (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const wrong = "give an http:// or https:// URL without credentials, such as https://example.org/api"
  // What cannot be read may still hold a password, so only what is known to hold none is repeated.
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return Either.left(`${text.includes("@") ? "the value" : shown(text)} is not an HTTP address; ${wrong}`)
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    return Either.left(`holds credentials, a query or a fragment; ${wrong}`)
  }
  return Either.right(url.href.replace(/\/+$/, ""))
}

/** The address of a proxy; may hold credentials. */
export const proxyUrl: Reader<Redacted.Redacted<string>> = (text) => {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.canParse(address) ? new URL(address) : undefined
  return url !== undefined && /^https?:$/.test(url.protocol) && url.hostname !== ""
    ? Either.right(Redacted.make(url.href))
    : Either.left("is not the address of an HTTP proxy; give one such as http://proxy.example.org:3128")
}

/** A Postgres connection string. */
export const databaseUrl: Reader<Redacted.Redacted<string>> = (text) =>
  /^postgres(?:ql)?:\/\//i.test(text) && URL.canParse(text)
    ? Either.right(Redacted.make(text))
    : Either.left("is not the address of a Postgres database; give postgresql://user:password@host:5432/database")

/** A secret that travels in a header or a JSON body: printable ASCII without blanks. */
export const token: Reader<Redacted.Redacted<string>> = (text) =>
  /^[\x21-\x7e]+$/.test(text)
    ? Either.right(Redacted.make(text))
    : Either.left("holds blanks or characters that no token has; give the token alone")

/** Several tokens, with commas or blanks between them. */
export const tokens: Reader<ReadonlyArray<Redacted.Redacted<string>>> = (text) =>
  Either.all(text.split(/[\s,]+/).filter((part) => part !== "").map(token))

/** Several positive whole numbers, with commas or blanks between them. */
export const ids: Reader<ReadonlyArray<number>> = (text) =>
  Either.all(
    text.split(/[\s,]+/).filter((part) => part !== "").map((part) =>
      /^\d{1,15}$/.test(part) && Number(part) > 0
        ? Either.right(Number(part))
        : Either.left(`${shown(part)} is not an id; give whole numbers with commas between them, such as 123,456`)
    )
  )

/** A GitHub App's id (a number) or its client id (`Iv1.…`, `Iv23…`). */
export const appId: Reader<string> = (text) =>
  /^\d{1,15}$|^Iv[0-9A-Za-z.]{6,40}$/.test(text)
    ? Either.right(text)
    : Either.left(`${shown(text)} is not an App's id; give the number (or the client id) from the App's settings page`)

const yes = ["true", "1", "yes", "on"]
const no = ["false", "0", "no", "off"]

/** `true` or `false`, or another word for them. */
export const truth: Reader<boolean> = (text) => {
  const word = text.toLowerCase()
  return yes.includes(word) || no.includes(word)
    ? Either.right(yes.includes(word))
    : Either.left(`${JSON.stringify(text.slice(0, 40))} is neither true nor false`)
}
