/**
 * The `github` context and the variables that a runner sets, as far as a repository and a trigger determine them.
 */
import type { HoleTable } from "./Holes.js"
import type { Scenario } from "./Triggers.js"
import { OpenRecord, type Value } from "./Value.js"

/** The repository whose workflow it is. */
export interface Repository {
  readonly owner: string
  readonly name: string
  readonly defaultBranch: string
}

// The parts of `github.event` that only some events have.
const payloads = new Map<string, ReadonlyArray<string>>([
  ["pull_request", ["pull_request", "pull_request_target"]],
  ["number", ["pull_request", "pull_request_target"]],
  ["release", ["release"]],
  ["workflow_run", ["workflow_run"]],
  ["client_payload", ["repository_dispatch"]],
  ["head_commit", ["push"]],
  ["commits", ["push"]],
  ["issue", ["issues", "issue_comment"]],
  ["comment", ["issue_comment"]]
])

const event = (repository: Repository, scenario: Scenario, inputs: Value, holes: HoleTable): Value => {
  const full = `${repository.owner}/${repository.name}`
  const facts: Value = {
    name: repository.name,
    full_name: full,
    owner: { login: repository.owner, name: repository.owner },
    html_url: `https://github.com/${full}`,
    url: `https://github.com/${full}`,
    clone_url: `https://github.com/${full}.git`,
    default_branch: repository.defaultBranch,
    private: false,
    fork: false
  }
  return new OpenRecord((key) => {
    const name = key.toLowerCase()
    if (name === "repository") return facts
    if (name === "organization") return { login: repository.owner }
    if (name === "inputs") return inputs
    const events = payloads.get(name)
    if (events !== undefined && scenario.event !== undefined && !events.includes(scenario.event)) return null
    return holes.unknown("runtime", `github.event.${key}`)
  })
}

/** The `github` context of a scenario; `inputs` are those of a manual start. */
export const githubContext = (
  repository: Repository,
  scenario: Scenario,
  inputs: Value,
  holes: HoleTable
): (key: string) => Value => {
  const unknown = (name: string): string => holes.unknown("runtime", `github.${name}`)
  const name = scenario.event === "schedule"
    ? repository.defaultBranch
    : scenario.branches.length > 0
    ? holes.add({ kind: "runtime", label: "github.ref_name", choices: scenario.branches, open: true })
    : unknown("ref_name")
  const refs = {
    branch: `refs/heads/${name}`,
    tag: `refs/tags/${name}`,
    pull: `refs/pull/${unknown("event.number")}/merge`
  }
  const pull = scenario.ref === "pull" || scenario.event === undefined || scenario.event.startsWith("pull_request")
  const known = new Map<string, Value>([
    ["repository", `${repository.owner}/${repository.name}`],
    ["repository_owner", repository.owner],
    ["event_name", scenario.event ?? unknown("event_name")],
    ["ref", scenario.ref === undefined ? `refs/${unknown("ref")}` : refs[scenario.ref]],
    ["ref_name", scenario.ref === "pull" ? `${unknown("event.number")}/merge` : name],
    ["ref_type", scenario.ref === undefined ? unknown("ref_type") : scenario.ref === "tag" ? "tag" : "branch"],
    ["head_ref", pull ? unknown("head_ref") : ""],
    ["base_ref", pull ? unknown("base_ref") : ""],
    ["server_url", "https://github.com"],
    ["api_url", "https://api.github.com"],
    ["repositoryurl", `git://github.com/${repository.owner}/${repository.name}.git`],
    ["workspace", "/home/runner/work"],
    ["token", holes.unknown("secret", "github.token")],
    ["event", event(repository, scenario, inputs, holes)]
  ])
  return (key) => known.get(key.toLowerCase()) ?? unknown(key)
}

const prefix = "GITHUB_"

/** What a runner sets in the environment: nothing where the name is not one of its own. */
export const runnerVariable = (name: string, github: (key: string) => Value): string | undefined => {
  if (!name.startsWith(prefix)) return name === "CI" ? "true" : undefined
  const value = github(name.slice(prefix.length).toLowerCase())
  return typeof value === "string" ? value : undefined
}
