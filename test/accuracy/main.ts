/**
 * `npm run accuracy -- DIR [--json]`: reads the labelled workflow files of a folder (`index.json`, the files it names, and
 * files of the same repositories under `aux/<n>/`) and prints precision and recall, with everything that was missed or
 * reported falsely.
 */
import { Args, Command, Options } from "@effect/cli"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Option, Schema } from "effect"
import { publishedImages, type RepositoryFile } from "../../src/domain/WorkflowImages.js"
import { type Accuracy, compare, type Comparison, type Entry, Index, summarize } from "./measure.js"

const auxiliary = Effect.fn("accuracy.auxiliary")(function*(directory: string, entry: Entry) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = path.join(directory, "aux", path.parse(entry.file).name)
  return yield* Effect.forEach(entry.aux, (name) =>
    fs.readFileString(path.join(folder, name)).pipe(
      Effect.map((text): RepositoryFile => ({ path: name, text }))
    ))
})

const look = Effect.fn("accuracy.look")(function*(directory: string, entry: Entry) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const text = yield* fs.readFileString(path.join(directory, entry.file))
  const [owner = "", name = ""] = (entry.github_repository ?? entry.repo).split("/")
  const files = yield* auxiliary(directory, entry)
  const found = publishedImages({ path: entry.path, text }, {
    owner,
    name,
    defaultBranch: Option.none(),
    files,
    namespaces: []
  })
  return compare(entry, found)
})

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`

const report = (accuracy: Accuracy, comparisons: ReadonlyArray<Comparison>): string => {
  const { external, patterns } = accuracy
  const lines = [
    `files      ${accuracy.files}`,
    `images     ${accuracy.labelled} labelled, ${accuracy.reported} reported, ${accuracy.correct} right`,
    `precision  ${percent(accuracy.precision)}`,
    `recall     ${percent(accuracy.recall)}`,
    `patterns   ${
      percent(patterns.share)
    }: of ${patterns.labelled} labelled, registry and last component right in ${patterns.registryAndName} ` +
    `(registry ${patterns.registry}, last component ${patterns.name}); ${patterns.extra} reported where none is labelled`,
    `external   ${external.labelled} labelled, ${external.found} found by name, ${external.sourceNamed} with their file named`
  ]
  for (const one of comparisons) {
    const mark = one.leftOut ? " (ambiguous, not counted)" : ""
    for (const image of one.misses) lines.push(`missed          ${one.file}  ${image}${mark}`)
    for (const image of one.falsePositives) lines.push(`false           ${one.file}  ${image}${mark}`)
    for (const { name, registry, template } of one.patterns) {
      if (!name || !registry) {
        lines.push(
          `pattern missed  ${one.file}  ${template} (${registry ? "name" : name ? "registry" : "both"} wrong)${mark}`
        )
      }
    }
    for (const template of one.extraPatterns) lines.push(`pattern extra   ${one.file}  ${template}${mark}`)
  }
  return lines.join("\n")
}

const accuracy = Command.make("accuracy", {
  directory: Args.directory({ name: "DIR", exists: "yes" }),
  json: Options.boolean("json")
}, ({ directory, json }) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const text = yield* fs.readFileString(path.join(directory, "index.json"))
    const { entries } = yield* Schema.decode(Schema.parseJson(Index))(text)
    const comparisons = yield* Effect.forEach(entries, (entry) => look(directory, entry))
    const summary = summarize(comparisons)
    yield* Console.log(
      json ? JSON.stringify({ ...summary, files_compared: comparisons }, null, 2) : report(summary, comparisons)
    )
  }))

Command.run(accuracy, { name: "accuracy", version: "1" })(process.argv).pipe(
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain
)
