import { assert, describe, it } from "@effect/vitest"
import { Config, Deferred, Effect, Runtime } from "effect"
import { spawn } from "node:child_process"
import { createServer } from "node:http"
import { fileURLToPath } from "node:url"
import { runProgram, startProgram, temporaryFolder } from "../support/program.js"

const root = fileURLToPath(new URL("../../", import.meta.url))
const secret = "ghp_s3cr3tThatNobodyMaySee"
const patience = 180_000

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

/** Runs a line of bash in the project's folder. */
const bash = (line: string, environment: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const path = yield* Effect.orDie(Config.string("PATH"))
    return yield* Effect.async<{ readonly stdout: string; readonly stderr: string }>((resume) => {
      const child = spawn("bash", ["--norc", "-c", line], {
        stdio: ["ignore", "pipe", "pipe"],
        cwd: root,
        env: { ...environment, PATH: path }
      })
      const said = { stdout: "", stderr: "" }
      child.stdout.on("data", (data) => (said.stdout += String(data)))
      child.stderr.on("data", (data) => (said.stderr += String(data)))
      child.on("close", () => resume(Effect.succeed(said)))
      return Effect.sync(() => child.kill("SIGKILL"))
    })
  })

describe("image-census", () => {
  it.scopedLive("ends with 0 and 2 as it should, without a stack trace", () =>
    Effect.gen(function*() {
      const environment = { IMAGE_CENSUS_DATA_DIR: "memory:" }
      const wrongly = { ...environment, DOCKERHUB_BATCH_SIZE: "-1", GITHUB_TOKEN: `${secret} x` }
      const [version, unknown, wrong] = yield* Effect.all([
        runProgram({ environment }, "--version"),
        runProgram({ environment }, "frobnicate"),
        runProgram({ environment: wrongly }, "status")
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
    }), patience)

  it.scopedLive("stops while both services hang, and shows no secret in its fullest log", () =>
    Effect.gen(function*() {
      const services = yield* silentServer
      const environment = {
        IMAGE_CENSUS_DATA_DIR: yield* temporaryFolder,
        GITHUB_API_URL: services.url,
        DOCKERHUB_API_BASE_URL: services.url,
        GITHUB_TOKEN: secret,
        DOCKERHUB_USERNAME: "me",
        DOCKERHUB_TOKEN: secret,
        LOG_LEVEL: "trace"
      }
      const added = yield* runProgram({ environment }, "repos", "add", "acme/app")
      assert.strictEqual(added.stdout, "1 added, 0 known already, 0 invalid\n")
      const daemon = yield* startProgram({ environment }, "daemon")
      yield* services.asked
      yield* daemon.signal("SIGTERM")
      const { code, signal, stderr, stdout } = yield* daemon.ended
      assert.deepStrictEqual([code, signal], [0, null])
      assert.match(stderr, /daemon started[^]*stopped\n$/)
      assert.notInclude(stdout + stderr, secret)
    }), patience)

  it.scopedLive("takes a broken pipe for no error", () =>
    Effect.gen(function*() {
      const census = `"${process.execPath}" --import tsx src/programs/main.ts`
      const line = `seq -f 'acme/app-%g' 3000 | ${census} repos add - && ${census} repos list | head -1; ` +
        "echo ${PIPESTATUS[0]}"
      const { stderr, stdout } = yield* bash(line, { IMAGE_CENSUS_DATA_DIR: yield* temporaryFolder })
      assert.strictEqual(stderr, "")
      assert.match(stdout, /^3,000 added, 0 known already, 0 invalid\nREPOSITORY [^\n]+\n0\n$/)
    }), patience)
})
