/**
 * Taking secrets out of what others say: services echo what they were sent, and what they say is logged, stored and shown.
 */
import { Array as Arr, Option } from "effect"

/** What stands in a secret's place. */
export const scrubbed = "[secret]"

/** Shorter ones would be found in ordinary words. */
const shortest = 6

const decodeUri = Option.liftThrowable(decodeURIComponent)

const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64")

// A secret as it is, in JSON, in an address, and in base64 with and without its padding.
const formsOf = (secret: string): ReadonlyArray<string> => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret),
  base64(secret).replace(/=+$/, ""),
  base64(secret).replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_")
]

/** Takes every form of these secrets out of a text. Those with fewer than six characters stay. */
export const scrub = (text: string, secrets: ReadonlyArray<string>): string =>
  Arr.dedupe(secrets.filter((secret) => secret.length >= shortest).flatMap(formsOf))
    // A secret may be a part of another one.
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, form) => rest.replaceAll(form, scrubbed), text)

// What looks like a secret, and what stays of it. For short texts: the last pattern looks at a line once for each quote.
const suspects: ReadonlyArray<readonly [pattern: RegExp, rest: string]> = [
  // Of an address its host: user, password, path and query are often secrets. Files of the program are none.
  [/\b(?!file:)([a-z][a-z0-9+.-]{1,20}:\/\/)(?:[^\s"'<>/@]*@)?([^\s"'<>/?#@]*)[^\s"'<>]*/gi, "$1$2/…"],
  [/\b(Basic|Bearer) [^\s"',;]{6,}/g, `$1 ${scrubbed}`],
  [/\b(password|passwd|secret|token|api[-_]?key|authorization)(["']?[=:] ?["']?)[^\s"',;&]+/gi, `$1$2${scrubbed}`],
  // A parser quotes what it did not understand.
  [/,? ?(?:\.\.\.)?".*"(?:\.\.\.)? is not valid JSON/g, " in what is not valid JSON"]
]

// A run of letters and digits such as nobody types: tokens and keys, but not digests.
const isRandom = (run: string): boolean =>
  /^[0-9a-f]+$/i.test(run) ? run.length >= 32 : /\d/.test(run) && /[a-z]/.test(run) && /[A-Z]/.test(run)

/** Takes out of a line what looks like a secret: for what may quote anything. Cut it before. */
export const withoutSecrets = (text: string): string =>
  suspects.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), text)
    .replace(
      /(sha(?:256|512):)?[A-Za-z0-9_+=-]{20,}/g,
      (run, digest?: string) => digest === undefined && isRandom(run) ? scrubbed : run
    )

/** The secrets in the value of an Authorization header: the token, or user and password together and the password. */
export const authorizationSecrets = (value: string): ReadonlyArray<string> => {
  const blank = value.indexOf(" ")
  const token = value.slice(blank + 1).trim()
  if (!/^basic /i.test(value)) return [value, token]
  const pair = Buffer.from(token, "base64").toString("utf8")
  return [value, token.replace(/=+$/, ""), pair, pair.slice(pair.indexOf(":") + 1)]
}

/** The secrets in an address that a person gave: user, password, path and query, each as it stands there and decoded. */
export const addressSecrets = (address: string): ReadonlyArray<string> => {
  if (!URL.canParse(address)) return [address]
  const { hash, href, password, pathname, search, searchParams, username } = new URL(address)
  const parts = [`${pathname}${search}`, pathname, search.slice(1), hash.slice(1), username, password]
  const pieces = [...pathname.split("/"), ...searchParams.values()]
  return [address, href, ...parts, ...pieces, `${username}:${password}`].flatMap((text) => [
    text,
    Option.getOrElse(decodeUri(text), () => text)
  ])
}

/** The secrets in the arguments of a program: each, and what stands behind its `=`. */
export const argumentSecrets = (args: ReadonlyArray<string>): ReadonlyArray<string> =>
  args.flatMap((argument) => [argument, argument.slice(argument.indexOf("=") + 1)])
