/**
 * The real layers, loaded when a command needs them: `--help` need not wait for a database engine.
 */
import type { CommandExecutor, FileSystem, Path } from "@effect/platform"
import { Effect, Layer } from "effect"
import type { CommandLayers } from "./CommandLayers.js"
import type { Program } from "./layers.js"

/** As `layers.make`, on demand. */
export const make = (
  program: Effect.Effect<Program>,
  platform: Layer.Layer<FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor>
): CommandLayers => {
  const loaded = Effect.zipWith(
    Effect.promise(() => import("./layers.js")),
    program,
    ({ make }, program) => make(program, platform)
  )
  return {
    store: Layer.unwrapEffect(Effect.map(loaded, ({ store }) => store)),
    world: Layer.unwrapEffect(Effect.map(loaded, ({ world }) => world)),
    actions: Layer.unwrapEffect(Effect.map(loaded, ({ actions }) => actions)),
    registries: Layer.unwrapEffect(Effect.map(loaded, ({ registries }) => registries)),
    all: Layer.unwrapEffect(Effect.map(loaded, ({ all }) => all)),
    updates: (options) => Layer.unwrapEffect(Effect.map(loaded, ({ updates }) => updates(options))),
    server: Layer.unwrapEffect(Effect.map(loaded, ({ server }) => server)),
    migrate: Effect.flatMap(loaded, ({ migrate }) => migrate)
  }
}
