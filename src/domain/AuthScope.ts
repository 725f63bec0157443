/**
 * Scopes of registry tokens (distribution's "Token Scope Documentation"): `type:name:action,action`, several of them
 * separated by blanks. One form for one meaning, so that tokens can be shared.
 */
import { Order } from "effect"

/** What a token allows, by resource; a text that is no `type:name:actions` stands for itself, without name. */
export interface ResourceScope {
  readonly type: string
  readonly name: string
  /** Clean: sorted, once each, `*` alone. Empty only where `name` is. */
  readonly actions: ReadonlyArray<string>
}

/** The text that stands for everything; it contains every scope. */
export const unlimited = "*"

/** Actions sorted and once each; `*` makes the others needless. */
export const cleanActions = (actions: Iterable<string>): ReadonlyArray<string> => {
  const known = new Set([...actions].filter((action) => action !== ""))
  return known.has("*") ? ["*"] : [...known].sort()
}

const byText = Order.make<string>((left, right) => left < right ? -1 : left > right ? 1 : 0)
const byResource = Order.combine(
  Order.mapInput(byText, (scope: ResourceScope) => scope.type),
  Order.mapInput(byText, (scope: ResourceScope) => scope.name)
)

// The name may hold colons (a host with a port): the type ends at the first, the actions begin after the last.
const split = (text: string): ResourceScope | undefined => {
  const first = text.indexOf(":")
  const last = text.lastIndexOf(":")
  if (first === -1 || first === last) return { type: text, name: "", actions: [] }
  const actions = cleanActions(text.slice(last + 1).split(","))
  return actions.length === 0 ? undefined : { type: text.slice(0, first), name: text.slice(first + 1, last), actions }
}

/** Reads scopes, one entry per resource, in order. A resource without any action is left out: it allows nothing. */
export const parse = (text: string): ReadonlyArray<ResourceScope> => {
  const found = new Map<string, ResourceScope>()
  for (const word of text.split(/\s+/)) {
    const scope = word === "" ? undefined : split(word)
    if (scope === undefined) continue
    const key = `${scope.type}:${scope.name}`
    const actions = cleanActions([...(found.get(key)?.actions ?? []), ...scope.actions])
    found.set(key, { ...scope, actions })
  }
  return [...found.values()].sort(byResource)
}

/** One scope as text. */
export const formatOne = (scope: ResourceScope): string =>
  scope.actions.length === 0 ? scope.type : `${scope.type}:${scope.name}:${scope.actions.join(",")}`

/** The one form of scopes: resources in order, actions clean, separated by one blank. */
export const format = (scopes: Iterable<ResourceScope>): string => Array.from(scopes, formatOne).join(" ")

/** The one form of a text of scopes. */
export const clean = (text: string): string => format(parse(text))

/** What allows all that either allows. */
export const union = (left: string, right: string): string => clean(`${left} ${right}`)

/** The scope of one repository; empty where no action is asked for. */
export const repositoryScope = (repository: string, actions: Iterable<string>): string => {
  const wanted = cleanActions(actions)
  return wanted.length === 0 ? "" : `repository:${repository}:${wanted.join(",")}`
}

/** Whether a text of scopes allows one action on a resource, or names a scope that is no resource (`name` empty). */
export const holds = (
  text: string,
  wanted: { readonly type: string; readonly name: string; readonly action: string }
) =>
  text.trim() === unlimited ||
  parse(text).some(({ actions, name, type }) =>
    type === wanted.type && name === wanted.name &&
    (actions.includes(wanted.action) || actions.includes("*") || (actions.length === 0 && wanted.action === ""))
  )

/** Whether a token for `left` can stand in for one for `right`. */
export const contains = (left: string, right: string): boolean =>
  left.trim() === unlimited ||
  (right.trim() !== unlimited &&
    parse(right).every(({ actions, name, type }) =>
      (actions.length === 0 ? [""] : actions).every((action) => holds(left, { type, name, action }))
    ))
