/**
 * `npm run vectors -- DIR [--json]`: runs our parsers and rules over the test tables of others that a folder holds.
 * Ends with 1 where a case that is in our dialect fails.
 */
import { Args, Command, Options } from "@effect/cli"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { asText, runFolder } from "./report.js"

const command = Command.make(
  "vectors",
  { folder: Args.directory({ name: "DIR", exists: "yes" }), json: Options.boolean("json") },
  ({ folder, json }) =>
    Effect.gen(function*() {
      const reports = yield* runFolder(folder)
      yield* Console.log(json ? JSON.stringify(reports, undefined, 2) : asText(reports))
      const failed = reports.reduce((sum, { failed }) => sum + failed, 0)
      if (failed > 0) return yield* Effect.fail(`${failed} cases failed`)
    })
)

Command.run(command, { name: "vectors", version: "1" })(process.argv).pipe(
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain({ disableErrorReporting: false })
)
