/** The client over real sockets, and Debian's registry as its counterpart. */
import { Effect, Layer, Option, Redacted, Schedule, Stream } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { digestOf } from "../../../src/domain/ContentDigest.js"
import type { ImageReference } from "../../../src/domain/ImageReference.js"
import * as Budgets from "../../../src/layers/budgets/RateBudgetsMemory.js"
import * as HttpClientUndici from "../../../src/layers/http/HttpClientUndici.js"
import * as CacheMemory from "../../../src/layers/registry/ContentCacheMemory.js"
import * as OciRegistryHttp from "../../../src/layers/registry/OciRegistryHttp.js"
import type { OciRegistryOptions } from "../../../src/layers/registry/options.js"
import * as CredentialsMemory from "../../../src/layers/registry/RegistryCredentialsMemory.js"
import { OciRegistry } from "../../../src/services/OciRegistry.js"
import type { RegistryCredential } from "../../../src/services/RegistryCredentials.js"
import type { MadeImage } from "./images.js"

const isThere = (program: string): boolean =>
  spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status === 0

const programs = { registry: "docker-registry", skopeo: "skopeo", htpasswd: "htpasswd" } as const

/** What the tests against real registries need and is not here. */
export const missingTools = Object.values(programs).filter((program) => !isThere(program))

/** The client over sockets, with an empty cache. */
export const liveRegistry = (
  options: OciRegistryOptions = {},
  credentials: ReadonlyMap<string, RegistryCredential> = new Map()
) =>
  OciRegistryHttp.layer(options).pipe(
    Layer.provideMerge(Layer.mergeAll(
      HttpClientUndici.layer({ version: "0.0.0", address: "https://example.org" }),
      Budgets.layer,
      CacheMemory.layer(),
      CredentialsMemory.layer(credentials)
    ))
  )

const freePort = Effect.async<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** Who may use a registry. */
export interface User {
  readonly name: string
  readonly password: string
}

const configuration = (folder: string, port: number, user: User | undefined): string =>
  [
    "version: 0.1",
    "log: { level: error, accesslog: { disabled: true } }",
    `storage: { filesystem: { rootdirectory: ${folder}/data }, delete: { enabled: true } }`,
    `http: { addr: "127.0.0.1:${port}" }`,
    ...(user === undefined ? [] : [`auth: { htpasswd: { realm: test, path: ${folder}/users } }`])
  ].join("\n")

const answers = (url: string): Effect.Effect<boolean> =>
  Effect.async<boolean>((resume) => {
    const tried = spawnSync("sh", ["-c", `skopeo list-tags --tls-verify=false ${url} 2>&1 || true`], {
      encoding: "utf8"
    })
    resume(Effect.succeed(!tried.stdout.includes("connection refused")))
  })

/** Starts Debian's registry on a free port of this machine; with a user, only for that one. */
export const startDistribution = (user?: User) =>
  Effect.acquireRelease(
    Effect.gen(function*() {
      const port = yield* freePort
      const folder = mkdtempSync(join(tmpdir(), "image-census-registry-"))
      if (user !== undefined) {
        const made = spawnSync(programs.htpasswd, ["-nbB", user.name, user.password], { encoding: "utf8" })
        writeFileSync(join(folder, "users"), made.stdout)
      }
      writeFileSync(join(folder, "config.yml"), configuration(folder, port, user))
      const process = spawn(programs.registry, ["serve", join(folder, "config.yml")], { stdio: "ignore" })
      const host = `127.0.0.1:${port}`
      yield* answers(`docker://${host}/none`).pipe(
        Effect.flatMap((up) => up ? Effect.void : Effect.fail("not up yet")),
        Effect.retry(Schedule.recurs(100)),
        Effect.orDie
      )
      return { host, folder, process }
    }),
    ({ folder, process }) =>
      Effect.sync(() => {
        process.kill("SIGKILL")
        rmSync(folder, { recursive: true, force: true })
      })
  )

/** Runs skopeo; its output, or a defect with what it said. */
export const skopeo = (...args: ReadonlyArray<string>): Effect.Effect<string> =>
  Effect.suspend(() => {
    const ran = spawnSync(programs.skopeo, args, { encoding: "utf8" })
    return ran.status === 0 ? Effect.succeed(ran.stdout) : Effect.dieMessage(`skopeo ${args.join(" ")}: ${ran.stderr}`)
  })

export const basic = (user: User): RegistryCredential => ({
  kind: "basic",
  id: user.name,
  username: user.name,
  secret: Redacted.make(user.password)
})

/** Pushes an image with all its parts through our client. */
export const pushAll = (image: MadeImage, target: ImageReference) =>
  Effect.gen(function*() {
    const registry = yield* OciRegistry
    for (const bytes of image.blobs) {
      yield* registry.pushBlob(target, { digest: digestOf(bytes), size: bytes.byteLength, bytes: Stream.make(bytes) })
    }
    const bare = { registry: target.registry, repository: target.repository }
    for (const manifest of image.manifests) {
      const digest = digestOf(manifest.bytes)
      yield* registry.pushManifest({ ...bare, tag: Option.none(), digest: Option.some(digest) }, manifest)
    }
    yield* registry.pushManifest(target, image.index)
  })
