/**
 * A step that uses an action, as the descriptions of actions see it.
 */
import { withoutStart } from "../textEnds.js"
import type { HoleTable } from "./Holes.js"
import type { YamlMap } from "./Yaml.js"

/** The repository and its files that were fetched. */
export interface ActionFacts {
  readonly owner: string
  readonly name: string
  /** The text of a file of the repository, if it was given. */
  readonly file: (path: string) => string | undefined
  /** The paths that were given. */
  readonly paths: () => Iterable<string>
}

/** One call of an action. */
export interface ActionCall {
  /** `owner/repository` or `owner/repository/path`, lower-case; empty for a script. */
  readonly action: string
  /** What stands behind the `@`. */
  readonly version: string
  readonly facts: ActionFacts
  readonly holes: HoleTable
  /** An input, evaluated; empty where it is not given. */
  input(name: string): string
  /** A variable of the environment; empty where it is not set. */
  env(name: string): string
  /** The step pushes these names; `source` is the file in which they stand, where that is another. */
  publish(names: string, source?: string): void
  /** The step pushes under names that stand in this file, which was not given. */
  external(source: string): void
  /** The step maintains the description of this image. */
  describe(name: string): void
  /** The job logs in at a registry; as whom, where that is told. */
  login(registry: string, user: string): void
  output(name: string, value: string): void
  setEnv(name: string, value: string): void
  /** Runs a script with the step's environment. */
  shell(script: string): void
  /** The same step seen as a command of its script, with the script's variables. */
  asCommand(env: (name: string) => string, mechanism: string): ActionCall
  /** The same step, as if it used another action, with other inputs where they are given. */
  asAction(action: string, inputs?: YamlMap): ActionCall
}

/** How an action publishes. */
export type Action = (call: ActionCall) => void

/** The entries of an input that takes lines: comments and empty lines left out. */
export const lines = (text: string): ReadonlyArray<string> =>
  text.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"))

/** The entries of an input that takes lines or a comma list. */
export const list = (text: string): ReadonlyArray<string> =>
  lines(text).flatMap((line) => line.split(",")).map((one) => one.trim()).filter((one) => one !== "")

const offs: ReadonlySet<string> = new Set(["false", "no", "off", "0", "never", ""])

/** Whether a switch is on, or may be: what is not decided may be. */
export const isOn = (call: Pick<ActionCall, "holes">, text: string): boolean =>
  text !== "" && call.holes.expand(text, true).some((one) => !offs.has(one.trim().toLowerCase()))

/** The fields of one line of comma-separated values, quotes respected: `type=image,"name=a,b"`. */
export const csv = (line: string): ReadonlyMap<string, string> => {
  const fields = new Map<string, string>()
  for (const [, quoted, plain] of line.matchAll(/"((?:[^"]|"")*)"|([^,]+)/g)) {
    const field = (quoted ?? plain ?? "").trim()
    const equals = field.indexOf("=")
    const key = equals === -1 ? field : field.slice(0, equals)
    if (key !== "") fields.set(key.trim().toLowerCase(), equals === -1 ? "" : field.slice(equals + 1).trim())
  }
  return fields
}

/** Registry and name put together, unless the name has the registry already. */
export const qualified = (registry: string, name: string): string => {
  const host = registry.trim().replace(/^https?:\/\//, "").replace(/\/(?:v[12]\/?)?$/, "")
  if (host === "" || host === "docker.io" || name === "") return name
  return name.toLowerCase().startsWith(`${host.toLowerCase()}/`) ? name : `${host}/${withoutStart(name, "/")}`
}
