/** Small workflows for tests, and what is found in them. */
import { Option } from "effect"
import { publishedImages, type WorkflowFindings } from "../../../src/domain/WorkflowImages.js"

/** A workflow of one job with these steps. */
export const steps = (text: string, on = "push", head = ""): string =>
  `on: ${on}\n${head}jobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n${
    text.split("\n").map((line) => `      ${line}`).join("\n")
  }\n`

/** A workflow of one job that runs this script. */
export const script = (text: string, env = ""): string =>
  steps(`- run: |\n${text.split("\n").map((line) => `    ${line}`).join("\n")}${env === "" ? "" : `\n  env: ${env}`}`)

/** What is found in a workflow of `AcMe/My-App`, beside other files of that repository. */
export const find = (text: string, files: Readonly<Record<string, string>> = {}): WorkflowFindings =>
  publishedImages({ path: ".github/workflows/release.yml", text }, {
    owner: "AcMe",
    name: "My-App",
    defaultBranch: Option.some("main"),
    files: Object.entries(files).map(([path, text]) => ({ path, text })),
    namespaces: []
  })

/** The images that are found, sorted. */
export const images = (text: string, files: Readonly<Record<string, string>> = {}): ReadonlyArray<string> =>
  find(text, files).images.map(({ image }) => image).toSorted()

/** Template, registry and name of the patterns that are found. */
export const patterns = (text: string): ReadonlyArray<readonly [string, string | undefined, string | undefined]> =>
  find(text).patterns.map(({ name, registry, template }) =>
    [template, Option.getOrUndefined(registry), Option.getOrUndefined(name)] as const
  )
