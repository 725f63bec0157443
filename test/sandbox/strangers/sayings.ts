/**
 * What Docker Hub and GitHub say of strangers, and the workflows that these write.
 */
import { Effect } from "effect"
import { crafted } from "../../extraction/hostile.js"
import type { Answer } from "../service/Exchange.js"
import { always, badAnswers, deep } from "./answers.js"
import { oddTags } from "./listings.js"
import type { Before, Stranger } from "./Stranger.js"

const texts: ReadonlyArray<readonly [string, string]> = [
  ["nul", "before\u0000after"],
  ["half a surrogate", "before\ud800after"],
  ["control characters", "\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e"],
  ["a formula", "=cmd|'/c calc'!A1"],
  ["markup", "<script>alert(1)</script><img src=x onerror=alert(1)>"],
  ["stars", "*".repeat(57_000)],
  ["brackets", "![".repeat(28_000)],
  ["backticks", "`a``".repeat(14_000)],
  ["blanks", `x${" ".repeat(57_000)}y`]
]

const replaced = (name: string, value: string): Before => (request, usual) =>
  Effect.map(
    usual,
    (answer): Answer =>
      answer._tag === "Reset" || typeof answer.body !== "string" || request.method === "POST"
        ? answer
        : {
          ...answer,
          body: answer.body.replace(new RegExp(`"${name}":(?:"[^"]*"|[^,}]*)`, "g"), `"${name}":${value}`)
        }
  )

const values: ReadonlyArray<readonly [string, string]> = [
  ["pull_count", "null"],
  ["pull_count", "-5"],
  ["pull_count", "1e300"],
  ["pull_count", "99999999999999999999999"],
  ["pull_count", "\"many\""],
  ["star_count", "1e999"],
  ["last_updated", "\"+275760-09-13T00:00:00.001Z\""],
  ["last_updated", "\"yesterday\""],
  ["last_updated", "5"],
  ["name", "\"another\""],
  ["name", "\"nul\\u0000\""],
  ["namespace", "\"library\""],
  ["description", deep(6_000)],
  ["categories", deep(6_000, "[", "]")],
  ["digest", "\"sha256:none\""],
  ["architecture", "\"\\u0000\\ud800\""],
  ["images", "null"]
]

const onHub: ReadonlyArray<Stranger> = [
  ...texts.map(([name, words]) => ({
    name: `hub words ${name}`,
    hub: { description: words, fullDescription: words, categories: [words.slice(0, 100)] }
  })),
  { name: "hub odd tags", hub: { tags: [...oddTags, "1.0.0", "latest"] } },
  ...values.map(([name, value], n) => ({ name: `hub ${name} ${n}`, atHub: replaced(name, value) })),
  ...badAnswers.filter(([name]) => !name.startsWith("429")).map(([name, answer]) => ({
    name: `hub ${name}`,
    atHub: always(answer)
  }))
].map((stranger) => ({ ...stranger, registry: "docker.io" as const }))

const aliases: ReadonlyArray<readonly [string, unknown]> = [
  ["null", null],
  ["a list", []],
  ["a number", 5],
  ["no name", { nameWithOwner: null }],
  ["a number as its name", { nameWithOwner: 7, head: { oid: 5 } }],
  ["a name that is none", { nameWithOwner: "\u0000/\ud800", head: { oid: "c0ffee" } }],
  ["files that are none", {
    nameWithOwner: "stranger/x",
    head: { oid: "\u0000" },
    f0: 5,
    f1: [],
    f2: { __typename: 3 }
  }],
  ["levels", Array.from({ length: 3_000 }).reduce<unknown>((inner) => ({ a: inner }), "end")]
]

const onGitHub: ReadonlyArray<Stranger> = aliases.map(([name, atGitHub]) => ({ name: `alias of ${name}`, atGitHub }))

const slow: ReadonlyArray<readonly [string, string]> = [
  ["newlines", `A="${"\\n".repeat(10_000)}x"\necho "$A"`],
  ["chain of tr", `A=$(echo ${"a".repeat(8_000)}${" | tr a-z A-Z | tr A-Z a-z".repeat(300)})`],
  ["stars", `case ${"a".repeat(8_000)} in ${"*a".repeat(60)}b) echo;; esac`],
  ["doubling", `A=a\n${"A=$A$A\n".repeat(60)}`]
]

const script = (body: string): string =>
  `on: push\njobs:\n  a:\n    steps:\n      - run: |\n${
    body.split("\n").map((line) => `          ${line}`).join("\n")
  }\n`

const workflows: ReadonlyArray<Stranger> = [
  ...crafted,
  ...slow.map(([name, body]) => [name, script(body)] as const),
  ["a bake file of blanks", script("docker buildx bake --push")] as const
].map(([name, text], n) => ({
  name: `workflow ${n} ${name}`,
  files: new Map([
    [".github/workflows/hostile.yml", text],
    ["docker-bake.hcl", `${" ".repeat(20_000)}target "a" {\n${"\t".repeat(20_000)}tags = ["stranger/x"]\n}\n`]
  ])
}))

/** What is said of strangers, and what they write. */
export const strangeSayings: ReadonlyArray<Stranger> = [...onHub, ...onGitHub, ...workflows]
