/**
 * The package as its users get it: packed, installed in an empty folder, type-checked and run there.
 */
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Data, Effect, Schema } from "effect"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const root = fileURLToPath(new URL("..", import.meta.url))

class CommandFailed extends Data.TaggedError("CommandFailed")<{ readonly message: string }> {}

// Runs a program to its end; what it said stands in the failure.
const run = (cwd: string, file: string, ...args: ReadonlyArray<string>) =>
  Effect.map(
    Effect.tryPromise({
      try: () => promisify(execFile)(file, [...args], { cwd, timeout: 120_000, maxBuffer: 16 * 1024 * 1024 }),
      catch: (error) => {
        const said = error instanceof Error && "stdout" in error ? String(error.stdout) : ""
        return new CommandFailed({ message: `${String(error)}\n${said}` })
      }
    }),
    ({ stdout }) => stdout
  )

/** A user who has an own idea of Docker Hub, and takes the rest as it comes. */
const consumer = `
import { Discover, DockerHubRegistry, Errors, GitHubProbeMemory, GitHubRepository, RepoDockerStore, RepoDockerStoreMemory, SyncProgress } from "image-census"
import { Console, Duration, Effect, Either, Layer, Option, Stream } from "effect"

const facts = { image: "acme/rocket", pulls: 42n, stars: 1, lastUpdated: Option.none() }
const ownHub = Layer.succeed(DockerHubRegistry, {
  repository: (image) =>
    image === facts.image ? Effect.succeed(facts) : new Errors.NotFound({ service: "own hub", what: image }),
  namespace: () => Stream.make({ count: 1, images: [facts], complete: true, walled: false })
})

const [rocket, kite] = ["https://github.com/Acme/Rocket.git", "acme/kite"].map((text) =>
  Either.getOrThrow(GitHubRepository.parse(text)))
if (rocket === undefined || kite === undefined) throw new Error("no names")

const github = GitHubProbeMemory.layer([rocket, kite].map((repository) => [
  GitHubRepository.key(repository),
  { repository, headOid: Option.some("0".repeat(40)), dockerfiles: ["Dockerfile"] as const }
] as const))

const program = Effect.gen(function*() {
  yield* Discover.discover([rocket, kite], Duration.minutes(1))
  const store = yield* RepoDockerStore
  const found = yield* Stream.runCollect(store.images({ search: Option.none() }))
  for (const { image, pulls } of found) yield* Console.log(image, Option.getOrThrow(pulls).toString())
})

Effect.runPromise(
  program.pipe(Effect.provide(Layer.mergeAll(ownHub, github, RepoDockerStoreMemory.layer, SyncProgress.layer)))
)
`

const compilerOptions = {
  target: "ES2022",
  module: "NodeNext",
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  types: [],
  skipLibCheck: true
}

const Packed = Schema.parseJson(
  Schema.Tuple(Schema.Struct({
    filename: Schema.String,
    files: Schema.Array(Schema.Struct({ path: Schema.String, mode: Schema.Number }))
  }))
)

it.scopedLive("packs, installs in an empty folder, and lets a service be swapped", () =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const folder = yield* files.makeTempDirectoryScoped({ prefix: "image-census-package-" })
    yield* run(root, process.execPath, `${root}node_modules/typescript/bin/tsc`, "-b", "tsconfig.build.json")
    yield* run(root, process.execPath, "scripts/complete-build.mjs")
    const [packed] = yield* Schema.decode(Packed)(
      yield* run(root, "npm", "pack", "--json", "--ignore-scripts", "--pack-destination", folder)
    )
    const paths = packed.files.map(({ path }) => path)
    assert.includeMembers(paths, ["package.json", "README.md", "CHANGELOG.md", "LICENSE", "dist/index.d.ts"])
    assert.include(paths, "dist/programs/server/assets/page/index.html")
    assert.deepStrictEqual(paths.filter((path) => /^(src|test|scripts)\/|sandbox|tsbuildinfo/.test(path)), [])

    yield* files.writeFileString(
      `${folder}/package.json`,
      JSON.stringify({ name: "consumer", private: true, type: "module" })
    )
    yield* files.writeFileString(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions, files: ["consumer.ts"] }))
    yield* files.writeFileString(`${folder}/consumer.ts`, consumer)
    yield* run(folder, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund", `./${packed.filename}`)
    yield* run(folder, process.execPath, `${root}node_modules/typescript/bin/tsc`, "-p", ".")
    assert.strictEqual(yield* run(folder, process.execPath, "consumer.js"), "acme/rocket 42\n")
    const { version } = yield* Schema.decode(Schema.parseJson(Schema.Struct({ version: Schema.String })))(
      yield* files.readFileString(`${root}package.json`)
    )
    assert.include(yield* run(folder, `${folder}/node_modules/.bin/image-census`, "--version"), version)
  }).pipe(Effect.provide(NodeContext.layer)), 240_000)
