import { assert, describe, it } from "@effect/vitest"
import { Config, Deferred, Effect, Runtime, type Scope } from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../", import.meta.url))
const secret = "ghp_s3cr3tThatNobodyMaySee"

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/** A folder of its own, gone afterwards. */
const folder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "image-census-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** A server that takes requests and never answers; tells when the first has come. */
const silentServer = Effect.gen(function*() {
  const asked = yield* Deferred.make<void>()
  const run = Runtime.runFork(yield* Effect.runtime<never>())
  const server = yield* Effect.acquireRelease(
    Effect.sync(() => createServer(() => run(Deferred.succeed(asked, undefined)))),
    (server) =>
      Effect.async<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
  )
  yield* Effect.async<void>((resume) => {
    server.listen(0, "127.0.0.1", () => resume(Effect.void))
  })
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return { asked: Deferred.await(asked), url: `http://127.0.0.1:${port}` }
})

const spawned = (command: string, args: ReadonlyArray<string>, environment: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const ended = yield* Deferred.make<Ended>()
    const path = yield* Effect.orDie(Config.string("PATH"))
    const run = Runtime.runFork(yield* Effect.runtime<never>())
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(command, args, {
          cwd: root,
          stdio: ["ignore", "pipe", "pipe"],
          env: { PATH: path, HOME: tmpdir(), ...environment }
        })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    let stdout = ""
    let stderr = ""
    child.stdout.on("data", (data) => {
      stdout += String(data)
    })
    child.stderr.on("data", (data) => {
      stderr += String(data)
    })
    child.on("close", (code, signal) => run(Deferred.succeed(ended, { code, signal, stdout, stderr })))
    return { child, ended: Deferred.await(ended) }
  })

const program = ["--import", "tsx", "src/programs/main.ts"]

const ran = (args: ReadonlyArray<string>, environment: Readonly<Record<string, string>>) =>
  Effect.flatMap(spawned(process.execPath, [...program, ...args], environment), ({ ended }) => ended)

describe("image-census", () => {
  it.scopedLive("ends with 0 and 2 as it should, without a stack trace", () =>
    Effect.gen(function*() {
      const environment = { IMAGE_CENSUS_DATA_DIR: "memory:" }
      const [version, unknown, wrong] = yield* Effect.all([
        ran(["--version"], environment),
        ran(["frobnicate"], environment),
        ran(["status"], { ...environment, DOCKERHUB_BATCH_SIZE: "-1", GITHUB_TOKEN: `${secret} x` })
      ], { concurrency: 2 })
      assert.deepStrictEqual([version.code, version.stdout.trim(), version.stderr], [0, "0.1.0", ""])
      assert.deepStrictEqual([unknown.code, unknown.stdout], [2, ""])
      assert.deepStrictEqual([wrong.code, wrong.stdout], [2, ""])
      assert.match(wrong.stderr, /^GITHUB_TOKEN: [^\n]+\nDOCKERHUB_BATCH_SIZE: "-1" is too small; [^\n]+\n$/)
      for (const { stderr } of [unknown, wrong]) {
        assert.notMatch(stderr, /\n\s+at /)
        assert.notInclude(stderr, secret)
        assert.notInclude(stderr, "\u001B")
      }
    }), 120_000)

  it.scopedLive(
    "is stopped by a signal with 0 while both services hang, and shows no secret",
    () =>
      Effect.gen(function*() {
        const environment = {
          IMAGE_CENSUS_DATA_DIR: yield* folder,
          GITHUB_TOKEN: secret,
          DOCKERHUB_USERNAME: "me",
          DOCKERHUB_TOKEN: secret,
          LOG_LEVEL: "trace"
        }
        const added = yield* ran(["repos", "add", "acme/app"], environment)
        assert.strictEqual(added.stdout, "1 added, 0 known already, 0 invalid\n")
        for (const [command, signal] of [["sync", "SIGTERM"], ["daemon", "SIGINT"]] as const) {
          const services = yield* silentServer
          const { child, ended } = yield* spawned(process.execPath, [...program, command], {
            ...environment,
            GITHUB_API_URL: services.url,
            DOCKERHUB_API_BASE_URL: services.url
          })
          yield* services.asked
          child.kill(signal)
          const { code, signal: killedBy, stderr, stdout } = yield* ended
          assert.deepStrictEqual([code, killedBy], [0, null])
          assert.match(stdout + stderr, command === "sync" ? /discovery: 0 checked/ : /stopped\n$/)
          assert.notInclude(stdout + stderr, secret)
        }
      }),
    120_000
  )

  it.scopedLive("takes a broken pipe for no error", () =>
    Effect.gen(function*() {
      const environment = { IMAGE_CENSUS_DATA_DIR: yield* folder }
      const census = `"${process.execPath}" --import tsx src/programs/main.ts`
      const line = `seq -f 'acme/app-%g' 3000 | ${census} repos add - && ${census} repos list | head -1; ` +
        "echo ${PIPESTATUS[0]}"
      const { ended } = yield* spawned("bash", ["-c", line], environment)
      const { stderr, stdout } = yield* ended
      assert.strictEqual(stderr, "")
      assert.match(stdout, /^3,000 added, 0 known already, 0 invalid\nREPOSITORY [^\n]+\n0\n$/)
    }), 120_000)
})
