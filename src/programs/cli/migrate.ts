/**
 * `migrate`: the database's schema, and nothing else.
 */
import { Command } from "@effect/cli"
import { Effect } from "effect"
import type { CommandLayers } from "./CommandLayers.js"
import * as Output from "./output.js"
import { described, withSettings } from "./run.js"

/** `migrate`. */
export const migrate = (layers: CommandLayers) =>
  Command.make("migrate", { json: Output.json }, ({ json }) =>
    Effect.gen(function*() {
      const applied = yield* layers.migrate
      yield* json
        ? Output.printJson({ applied })
        : Output.printLines(
          applied.length === 0 ? ["the schema is up to date"] : applied.map((name) => `applied ${name}`)
        )
    }).pipe(withSettings)).pipe(
      Command.withDescription(described(
        "Brings the database's schema up to date, or adopts tables that are there already, and does nothing else.",
        [["DATABASE_URL=postgresql://… image-census migrate", "before several daemons start"]]
      ))
    )
