/**
 * Where the references of `updates` come from: arguments, Compose files, Dockerfiles and lists.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Config, Effect, Either, Option, Stream } from "effect"
import { basesOf } from "../../domain/Dockerfile.js"
import { type Filled, interpolate, type Lookup } from "../../domain/Interpolation.js"
import { UsageError } from "./errors.js"
import * as Sources from "./sources.js"

/** A reference as it was found. */
export interface Found {
  readonly _tag: "Found"
  readonly text: string
  /** Where: `compose.yaml, service web`; empty for an argument. */
  readonly where: string
  /** What is said of its platform there. */
  readonly platform: string | undefined
  /** It is built here too, so that a registry may not know it. */
  readonly builds: boolean
}

/** What names no image that could be looked up, and why. */
export interface Skipped {
  readonly _tag: "Skipped"
  readonly where: string
  readonly reason: string
}

/** What should name an image and does not. */
export interface Wrong {
  readonly _tag: "Wrong"
  readonly text: string
  readonly where: string
  readonly reason: string
}

export type Entry = Found | Skipped | Wrong

const missingText = (missing: Filled["missing"]): string =>
  missing.map(({ message, name }) => message === "" ? `${name} is not set` : `${name}: ${message}`).join(", ")

// The file `.env` beside a Compose file: NAME=value, quotes around a value do not count.
const envOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const [, name = "", value = ""] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? []
      return name === "" ? [] : [[name, /^(["'])(.*)\1$/.exec(value)?.[2] ?? value.replace(/\s+#.*$/, "")] as const]
    })
  )

const unreadable = (file: string) => (problem: { readonly message: string }) =>
  new UsageError({ message: `--from ${file}: ${problem.message}` })

const readText = (file: string) =>
  Effect.flatMap(FileSystem.FileSystem, (files) => files.readFileString(file)).pipe(
    Effect.mapError(() => new UsageError({ message: `--from ${file}: there is no such file, or it cannot be read` }))
  )

/** The values of the variables that texts name, out of the environment and then of `.env`. */
const lookupFor = (texts: ReadonlyArray<string>, env: ReadonlyMap<string, string>) =>
  Effect.gen(function*() {
    const names = new Set(
      texts.flatMap((text) => Array.from(text.matchAll(/\$\{?([A-Za-z_]\w*)/g), ([, name]) => name ?? ""))
    )
    const values = new Map<string, string>()
    for (const name of names) {
      const set = yield* Effect.orElseSucceed(Config.option(Config.string(name)), () => Option.none<string>())
      const value = Option.getOrUndefined(set) ?? env.get(name)
      if (value !== undefined) values.set(name, value)
    }
    const lookup: Lookup = (name) => Option.fromNullable(values.get(name))
    return lookup
  })

const compose = (file: string, text: string) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    // The reader of YAML is not loaded for those who need none.
    const { parseComposeFile } = yield* Effect.promise(() => import("../../domain/ComposeFile.js"))
    const services = yield* Either.mapLeft(parseComposeFile(text), unreadable(file))
    const env = yield* files.readFileString(path.join(path.dirname(file), ".env")).pipe(Effect.orElseSucceed(() => ""))
    const lookup = yield* lookupFor(
      services.flatMap(({ image, platform }) => [image ?? "", platform ?? ""]),
      envOf(env)
    )
    return services.map(({ builds, image, name, platform }): Entry => {
      const where = `${file}, service ${name}`
      if (image === undefined) {
        return { _tag: "Skipped", where, reason: builds ? "it is built here and has no image" : "it has no image" }
      }
      const filled = interpolate(image, lookup)
      return filled.missing.length > 0
        ? { _tag: "Wrong", text: image, where, reason: missingText(filled.missing) }
        : {
          _tag: "Found",
          text: filled.text,
          where,
          platform: platform === undefined ? undefined : interpolate(platform, lookup).text,
          builds
        }
    })
  })

const dockerfile = (file: string, text: string): ReadonlyArray<Entry> =>
  basesOf(text).map(({ image, line, missing, platform, stage }): Entry => {
    const where = `${file}:${line}, stage ${stage}`
    return missing.length > 0
      ? { _tag: "Wrong", text: image, where, reason: missingText(missing) }
      : { _tag: "Found", text: image, where, platform, builds: false }
  })

const listed = (where: string, lines: ReadonlyArray<string>): ReadonlyArray<Entry> =>
  lines.map((line) => line.replace(/\s+#.*$/, "").trim()).filter((line) => line !== "" && !line.startsWith("#")).map(
    (text): Entry => ({ _tag: "Found", text, where, platform: undefined, builds: false })
  )

const looksLikeDockerfile = (name: string): boolean =>
  /^(?:Dockerfile|Containerfile)(?:$|[._-])|\.(?:Dockerfile|Containerfile)$/i.test(name)

const fromStdin = Effect.gen(function*() {
  const lines = yield* Effect.mapError(
    Stream.runCollect(Sources.lines("-")),
    ({ message }) => new UsageError({ message })
  )
  return listed("standard input", [...lines])
})

const fromFile = (file: string) =>
  Effect.gen(function*() {
    if (file === "-" || file === "/dev/stdin") return yield* fromStdin
    const path = yield* Path.Path
    const text = yield* readText(file)
    if (looksLikeDockerfile(path.basename(file))) return dockerfile(file, text)
    return /\.ya?ml$/i.test(file) ? yield* compose(file, text) : listed(file, text.split(/\r?\n/))
  })

/** Everything that arguments and `--from` name, in their order. */
export const entriesOf = Effect.fn("updates.entries")(
  function*(references: ReadonlyArray<string>, files: ReadonlyArray<string>) {
    const given = references.flatMap((text) =>
      text === "-" ? [] : [{ _tag: "Found", text, where: "", platform: undefined, builds: false } satisfies Found]
    )
    const read = yield* Effect.forEach([...(references.includes("-") ? ["-"] : []), ...files], fromFile)
    return [...given, ...read.flat()] satisfies ReadonlyArray<Entry>
  }
)
