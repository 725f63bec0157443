/**
 * Actions that shape texts: their outputs are determined, so that names that go through them are.
 */
import { withoutEnds } from "../textEnds.js"
import type { Action, ActionCall } from "./ActionCall.js"
import { replaceAll } from "./Texts.js"
import { truth } from "./Value.js"

const changeCase = (input: string): Action => (call) => {
  const text = call.input(input)
  call.output("lowercase", text.toLowerCase())
  call.output("uppercase", text.toUpperCase())
  call.output("lower", text.toLowerCase())
}

const replace = (source: string, find: string, by: string, output: string): Action => (call) => {
  const pattern = call.input(find)
  const text = call.input(source)
  call.output(output, replaceAll(text, pattern, call.input(by), call.holes.tank))
}

const apply = (text: string, methods: string): string | undefined =>
  methods.trim() === "" ? text : /^\s*\.toLowerCase\(\)$/.test(methods) ? text.toLowerCase() : undefined

// `return '…'.toLowerCase()`: what scripts of one line compute.
const githubScript: Action = (call) => {
  const script = call.input("script").trim().replace(/;$/, "")
  const returned = /^return\s+(?:String\()?[`'"]([^`'"]*)[`'"]\)?((?:\s*\.\w+\([^()]*\))*)$/.exec(script)
  const set = /core\.setOutput\(\s*['"]([\w-]+)['"]\s*,\s*[`'"]([^`'"]*)[`'"]((?:\s*\.\w+\([^()]*\))*)\s*\)/.exec(
    script
  )
  if (returned !== null) {
    const text = apply(returned[1] ?? "", returned[2] ?? "")
    if (text !== undefined) call.output("result", text)
  } else if (set !== null) {
    const text = apply(set[2] ?? "", set[3] ?? "")
    if (text !== undefined) call.output(set[1] ?? "", text)
  }
}

const slug = (text: string): string => withoutEnds(text.toLowerCase().replace(/[^a-z0-9._-]+/g, "-"), "-")

// rlespinasse/github-slug-action: parts of the repository's name.
const slugs = (call: ActionCall): void => {
  const { name, owner } = call.facts
  const values = new Map([
    ["GITHUB_REPOSITORY_OWNER_PART", owner],
    ["GITHUB_REPOSITORY_NAME_PART", name],
    ["GITHUB_REPOSITORY_OWNER_PART_SLUG", slug(owner)],
    ["GITHUB_REPOSITORY_NAME_PART_SLUG", slug(name)],
    ["GITHUB_REPOSITORY_OWNER_PART_SLUG_URL", slug(owner).replace(/[._]/g, "-")],
    ["GITHUB_REPOSITORY_NAME_PART_SLUG_URL", slug(name).replace(/[._]/g, "-")],
    ["GITHUB_REPOSITORY_SLUG", slug(`${owner}/${name}`)],
    ["GITHUB_REPOSITORY_SLUG_URL", slug(`${owner}/${name}`).replace(/[._]/g, "-")]
  ])
  for (const [key, value] of values) call.setEnv(key, value)
}

const condition: Action = (call) => {
  const holds = truth(call.input("cond") === "false" ? false : call.input("cond"), call.holes)
  const [yes, no] = [call.input("if_true"), call.input("if_false")]
  call.output("value", call.input("cond") === "true" ? yes : holds === false ? no : call.holes.choice([yes, no]))
}

/** The actions by their lower-case names. */
export const textActions: ReadonlyMap<string, Action> = new Map<string, Action>([
  ["aszc/change-string-case-action", changeCase("string")],
  ["entepotenz/change-string-case-action-min-dependencies", changeCase("string")],
  ["vishalmamidi/lowercase-action", changeCase("string")],
  ["frabert/replace-string-action", replace("string", "pattern", "replace-with", "replaced")],
  ["mad9000/actions-find-and-replace-string", replace("source", "find", "replace", "value")],
  ["actions/github-script", githubScript],
  ["rlespinasse/github-slug-action", slugs],
  ["haya14busa/action-cond", condition]
])
