/**
 * Reads a YAML file within limits. js-yaml with its core schema: aliases are shared rather than copied, and merge keys,
 * which GitHub does not know either, stay ordinary keys, so that no text can grow while it is read. It gives up at a
 * nesting of 100 by itself.
 */
import { Either } from "effect"
import { CORE_SCHEMA, load } from "js-yaml"
import * as Limits from "./Limits.js"

/** Why a file was not read. */
export type Unreadable = "too-large" | "too-deep" | "too-many-aliases" | "not-yaml"

/** A mapping of a YAML file. */
export type YamlMap = { readonly [key: string]: unknown }

const occurrences = (text: string, part: string, most: number): number => {
  let count = 0
  for (let at = text.indexOf(part); at !== -1 && count <= most; at = text.indexOf(part, at + 1)) count++
  return count
}

// Nesting of brackets, quotes ignored: an upper bound is enough, real files have a few levels.
const flowDepth = (text: string): number => {
  let depth = 0
  let deepest = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth)
    else if ((code === 0x5d || code === 0x7d) && depth > 0) depth--
  }
  return deepest
}

// A bracket in a script is no nesting of the file; but what evaluates the script would have to follow it.
const mostOpen = Limits.maxDepth * 4
const isTooDeep = (text: string): boolean =>
  occurrences(text, "{", mostOpen) + occurrences(text, "[", mostOpen) > mostOpen && flowDepth(text) > mostOpen

// A key that is a sequence becomes a text: with the text of every alias in it.
const mostAliased = 8_000_000

const aliasToken = /(?:^|[\s,[{?:-])\*[\w-]+/g

/** Reads the first document of a YAML text. */
export const read = (text: string): Either.Either<unknown, Unreadable> => {
  if (text.length > Limits.maxFileLength) return Either.left("too-large")
  if (isTooDeep(text)) return Either.left("too-deep")
  const aliases = text.includes("&") ? text.match(aliasToken)?.length ?? 0 : 0
  if (aliases > Limits.maxAliases || aliases * text.length > mostAliased) return Either.left("too-many-aliases")
  return Either.try({
    try: () => load(text, { schema: CORE_SCHEMA, json: true }),
    catch: (error): Unreadable => error instanceof Error && error.message.includes("maxDepth") ? "too-deep" : "not-yaml"
  })
}

// Reading a text costs more than looking at it.
const reading = 4

/** As `read`, paid for. */
export const readPaid = (text: string, tank: Limits.Fuel): Either.Either<unknown, Unreadable> => {
  tank.scan(reading * Math.min(text.length, Limits.maxFileLength))
  return read(text)
}

/** Whether a value is a mapping. */
export const isMap = (value: unknown): value is YamlMap =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The mapping, or an empty one. */
export const mapOf = (value: unknown): YamlMap => isMap(value) ? value : {}

/** The sequence, or an empty one; a single scalar is a sequence of one. */
export const listOf = (value: unknown): ReadonlyArray<unknown> =>
  Array.isArray(value) ? value : value === undefined || value === null || isMap(value) ? [] : [value]

/** A scalar as GitHub passes it on: numbers and booleans as text; nothing for collections and null. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined
