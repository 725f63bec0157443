import { FetchHttpClient, HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Exit, Fiber, Layer, Logger, Option, Redacted, Ref, TestClock } from "effect"
import { connect, createServer } from "node:net"
import { inject } from "vitest"
import { SettingsError, Transient } from "../../../src/domain/Errors.js"
import { provideAwaiting } from "../../../src/programs/cli/awaitDatabase.js"
import type { LayerError } from "../../../src/programs/cli/CommandLayers.js"
import { scratchUrl } from "../../support/databases.js"
import { runProgram, startProgram, waitUntil } from "../../support/program.js"

class Thing extends Context.Tag("test/Thing")<Thing, string>() {}

const away = (message: string) => new Transient({ service: "database", reason: "network", message })

/** A layer that fails with these errors in turn, and then can be had; what it made on the way is counted. */
const late = (errors: ReadonlyArray<LayerError>) =>
  Effect.gen(function*() {
    const tries = yield* Ref.make(0)
    const open = yield* Ref.make(0)
    const layer = Layer.scoped(
      Thing,
      Effect.gen(function*() {
        yield* Effect.acquireRelease(
          Ref.update(open, (count) => count + 1),
          () => Ref.update(open, (count) => count - 1)
        )
        const error = errors[yield* Ref.getAndUpdate(tries, (count) => count + 1)]
        return error === undefined ? "there" : yield* error
      })
    )
    return { layer, tries, open }
  })

const logged = (lines: Array<string>) =>
  Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => void lines.push(String(message))))

describe("a database that is away at the start", () => {
  it.effect("is waited for at growing intervals; each reason is said once, and what goes on meanwhile ends with the wait", () => {
    const lines = new Array<string>()
    return Effect.gen(function*() {
      const refused = away("nothing listens")
      const { layer, open, tries } = yield* late([refused, refused, refused, away("starting up"), refused])
      const meanwhile = yield* Ref.make<ReadonlyArray<string>>([])
      const say = (text: string) => Ref.update(meanwhile, (all) => [...all, text])
      const fiber = yield* Effect.fork(
        provideAwaiting(layer, {
          meanwhile: (problem) =>
            Effect.zipRight(
              Effect.flatMap(problem, ({ message }) => say(message)),
              Effect.addFinalizer(() => say("ended"))
            )
        })(Effect.zip(Thing, Ref.get(meanwhile)))
      )
      yield* TestClock.adjust("5 minutes")
      const [thing, before] = yield* Fiber.join(fiber)
      assert.strictEqual(thing, "there")
      assert.deepStrictEqual(before, ["nothing listens", "ended"])
      assert.strictEqual(yield* Ref.get(tries), 6)
      assert.strictEqual(yield* Ref.get(open), 0, "what failed tries made was given back")
      assert.deepStrictEqual(lines, [
        "waiting for the database: nothing listens",
        "waiting for the database: starting up",
        "waiting for the database: nothing listens",
        "the database answers"
      ])
    }).pipe(Effect.provide(logged(lines)))
  })

  it.effect("is not waited for where a person has to act", () =>
    Effect.gen(function*() {
      const wrong = new SettingsError({ setting: "DATABASE_URL", message: "the password was refused" })
      const { layer, tries } = yield* late([away("x"), wrong])
      const fiber = yield* Effect.fork(Effect.flip(provideAwaiting(layer)(Thing)))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(fiber), wrong)
      assert.strictEqual(yield* Ref.get(tries), 2)
    }))

  it.effect("is waited for no longer than the patience, and not after an interruption", () =>
    Effect.gen(function*() {
      const { layer, open } = yield* late(Array.from({ length: 1000 }, () => away("x")))
      const patient = yield* Effect.fork(
        Effect.flip(provideAwaiting(layer, { patience: Duration.minutes(10) })(Thing))
      )
      const endless = yield* Effect.fork(provideAwaiting(layer)(Thing))
      yield* TestClock.adjust("11 minutes")
      assert.deepStrictEqual(yield* Fiber.join(patient), away("x"))
      assert.isTrue(Option.isNone(yield* Fiber.poll(endless)))
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(endless)))
      assert.strictEqual(yield* Ref.get(open), 0)
    }))
})

/** A port where nothing listens until `open` is run: from then on it leads to the test server. */
const door = (target: string) =>
  Effect.gen(function*() {
    const { hostname, port: far } = new URL(target)
    const server = createServer((socket) => {
      const there = connect(Number(far), hostname)
      for (const end of [socket, there]) end.on("error", () => [socket, there].forEach((one) => one.destroy()))
      socket.pipe(there).pipe(socket)
    })
    const listen = (port: number) =>
      Effect.async<number>((resume) => {
        server.listen(port, "127.0.0.1", () => {
          const address = server.address()
          resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
        })
      })
    const close = Effect.async<void>((resume) => void server.close(() => resume(Effect.void)))
    const port = yield* listen(0)
    yield* close
    const url = new URL(target)
    url.hostname = "127.0.0.1"
    url.port = String(port)
    yield* Effect.addFinalizer(() => Effect.ignore(Effect.sync(() => server.close())))
    return { url: url.toString(), open: Effect.asVoid(listen(port)) }
  })

const get = (url: string) =>
  HttpClient.get(url).pipe(
    Effect.flatMap((answer) => Effect.map(answer.text, (text) => `${answer.status} ${text}`)),
    Effect.orElseSucceed(() => "refused"),
    Effect.provide(FetchHttpClient.layer)
  )

const freePort = Effect.async<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

const patience = 180_000

describe.runIf(inject("postgresUrl") !== "")("the program before its database is there", () => {
  it.scopedLive(
    "serves as soon as it is; until then it lives, is not ready, and says why",
    () =>
      Effect.gen(function*() {
        const { open, url } = yield* door(Redacted.value(yield* scratchUrl))
        const port = yield* freePort
        const at = (path: string) => get(`http://127.0.0.1:${port}${path}`)
        const environment = { DATABASE_URL: url }
        const serve = yield* startProgram({ environment }, "serve", "--port", String(port))
        yield* waitUntil(Effect.map(at("/healthz"), (answer) => answer === "200 ok\n"))
        assert.strictEqual(yield* at("/readyz"), "503 the database is not reached; the log says more\n")
        assert.match(yield* at("/api/v1/status"), /^503 .*the database is not reached/)
        yield* open
        yield* waitUntil(Effect.map(at("/readyz"), (answer) => answer === "200 ready\n"))
        assert.match(yield* at("/api/v1/status"), /^200 /)
        yield* serve.signal("SIGTERM")
        const { code, stderr } = yield* serve.ended
        assert.strictEqual(code, 0, stderr)
        assert.include(stderr, "waiting for the database")
        assert.include(stderr, "nothing accepts connections at that host and port")
      }),
    patience
  )

  it.scopedLive(
    "ends at once on SIGTERM while a daemon or a sync waits; other commands end with 1, wrong settings with 2",
    () =>
      Effect.gen(function*() {
        const server = Redacted.value(yield* scratchUrl)
        const { url } = yield* door(server)
        const environment = { DATABASE_URL: url, GITHUB_TOKEN: "t" }
        const running = yield* Effect.forEach([["daemon"], ["sync"], ["sync", "--once"]], (line) =>
          startProgram({ environment }, ...line))
        for (const program of running) {
          yield* waitUntil(Effect.map(program.stderr, (text) =>
            text.includes("waiting for the database")))
          yield* program.signal("SIGTERM")
          assert.strictEqual((yield* program.ended).code, 0)
        }
        const status = yield* runProgram({ environment }, "status")
        assert.strictEqual(status.code, 1, status.stderr)
        assert.match(status.stderr, /^database: the database cannot be reached: [^\n]* \(DATABASE_URL\)\n$/)
        const unknown = new URL(server)
        unknown.pathname = "/no_such_database"
        const wrong = yield* runProgram({ environment: { ...environment, DATABASE_URL: unknown.toString() } }, "daemon")
        assert.strictEqual(wrong.code, 2, wrong.stderr)
      }),
    patience
  )
})
