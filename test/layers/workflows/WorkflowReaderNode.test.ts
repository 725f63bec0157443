import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Logger, LogLevel, Option, TestClock } from "effect"
import type { RepositoryFile } from "../../../src/domain/WorkflowImages.js"
import type { WorkflowAnswer } from "../../../src/domain/WorkflowReading.js"
import * as WorkflowReaderNode from "../../../src/layers/workflows/WorkflowReaderNode.js"
import { WorkflowReader, type WorkflowSession } from "../../../src/services/WorkflowReader.js"
import { crafted } from "../../extraction/hostile.js"
import { waitUntil } from "../../support/program.js"

const acme = { owner: "acme", name: "app", defaultBranch: Option.some("main") }
const file = (name: string, text: string): RepositoryFile => ({ path: `.github/workflows/${name}`, text })
const pushing = (image: string, run = `docker push ${image}`): string =>
  `on: push\njobs:\n  a:\n    steps:\n      - run: ${run}\n`

const ask = (session: WorkflowSession, given: ReadonlyArray<RepositoryFile>) =>
  session.read({ given, paths: given.map(({ path }) => path), namespaces: [] })

const shown = (answer: WorkflowAnswer): string =>
  answer._tag === "Unread" ? answer.reason : answer.findings.images.map(({ image }) => image).join(" ")

// A program of the thread that does what the path says, and finds nothing otherwise.
const program = (answers: string): URL =>
  new URL(`data:text/javascript,${
    encodeURIComponent(`
      import { parentPort } from "node:worker_threads"
      const found = { images: [], patterns: [], external: [], described: [], files: { used: [], missing: [] }, problem: null }
      parentPort.postMessage("ready")
      parentPort.on("message", ({ paths }) => {
        for (const path of paths) {
          ${answers}
          parentPort.postMessage({ _tag: "Found", findings: found })
        }
      })`)
  }`)

const withProgram = (url: URL) => Effect.provide(WorkflowReaderNode.layer({ program: url, heapMegabytes: 16 }))

const three = ["first", "second", "third"].map((name) => file(`${name}.yml`, pushing(`acme/${name}`)))

describe("the thread that reads workflows", () => {
  it.effect("answers as the reader without a thread does, whatever the files are", () =>
    Effect.gen(function*() {
      const files = [
        file("patterns.yml", pushing("", "docker push ghcr.io/acme/${{ secrets.NAME }}")),
        file("other.yml", pushing("acme/other", "make docker-push")),
        file("meta.yml", "on: push\njobs: {a: {steps: [{uses: goreleaser/goreleaser-action@v6}]}}"),
        ...crafted.map(([name, text]) => file(`${name}.yml`, text))
      ]
      const read = Effect.flatMap(WorkflowReader, (reader) => ask(reader.open(acme), files))
      const here = yield* read
      const there = yield* Effect.provide(read, WorkflowReaderNode.layer())
      assert.deepStrictEqual(there, here)
    }))

  it.effect("keeps the files of a repository from one round to the next, and of many repositories only some", () =>
    Effect.gen(function*() {
      const { open } = yield* WorkflowReader
      const session = open(acme)
      const caller = file("caller.yml", "on: push\njobs: {a: {uses: ./.github/workflows/called.yml}}")
      const called = file(
        "called.yml",
        "on: {workflow_call: }\njobs: {a: {steps: [{run: docker push acme/called}]}}"
      )
      const [before] = yield* ask(session, [caller])
      assert.strictEqual(before?._tag === "Found" ? before.findings.files.missing.join() : "", called.path)
      // So much from others that the first repository's files have to go.
      for (let other = 0; other < 20; other++) {
        const large = "a".repeat(250_000)
        yield* ask(open({ ...acme, name: `other-${other}` }), [file("large.yml", `# ${large}\n${pushing("acme/x")}`)])
      }
      const [after] = yield* session.read({ given: [called], paths: [caller.path], namespaces: [] })
      assert.strictEqual(after === undefined ? "" : shown(after), "docker.io/acme/called")
    }).pipe(Effect.provide(WorkflowReaderNode.layer())))

  it.effect("a workflow that takes too long is too much, and costs the others nothing", () =>
    Effect.gen(function*() {
      const { open } = yield* WorkflowReader
      const reading = yield* Effect.fork(ask(open(acme), three))
      yield* waitUntil(Effect.map(TestClock.sleeps(), (sleeps) => sleeps.length > 0))
      yield* TestClock.adjust("5 seconds")
      const answers = yield* Fiber.join(reading)
      assert.deepStrictEqual(answers.map(shown), ["too-much", "", ""])
    }).pipe(withProgram(program("if (path.includes('first')) while (true) {}"))))

  it.effect("one that takes too much memory is too much as well", () =>
    Effect.gen(function*() {
      const { open } = yield* WorkflowReader
      const answers = yield* ask(open(acme), three)
      assert.deepStrictEqual(answers.map(shown), ["", "too-much", ""])
    }).pipe(
      withProgram(
        program(
          "if (path.includes('second')) { const all = []; while (true) all.push(new Array(1000).fill(path + all.length)) }"
        )
      )
    ))

  it.effect("a repository of such workflows is given up after two", () =>
    Effect.gen(function*() {
      const { open } = yield* WorkflowReader
      const many = Array.from({ length: 20 }, (_, index) => file(`${index}.yml`, pushing("acme/app")))
      const answers = yield* ask(open(acme), many)
      assert.deepStrictEqual(answers.map(shown), many.map(() => "too-much"))
      const [next] = yield* ask(open({ ...acme, name: "next" }), [file("first.yml", pushing("acme/app"))])
      assert.strictEqual(next?._tag, "Found")
    }).pipe(withProgram(program(
      "if (!path.includes('first')) { const all = []; while (true) all.push(new Array(1000).fill(path + all.length)) }"
    ))))

  it.effect("says where the reader itself is at fault, once, and goes on", () => {
    const logged: Array<unknown> = []
    const logger = Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => logged.push(message)))
    return Effect.gen(function*() {
      const { open } = yield* WorkflowReader
      const answers = yield* ask(open(acme), three)
      assert.match(answers.map(shown).join("|"), /^the reader failed: .*broken\|\|$/)
      assert.lengthOf(logged, 1)
      assert.match(String(logged[0]), /first\.yml of acme\/app/)
    }).pipe(
      withProgram(program("if (path.includes('first')) throw new TypeError('broken')")),
      Effect.provide(logger)
    )
  })

  it.effect("a program that cannot be started is no fault of a workflow's", () =>
    Effect.gen(function*() {
      const { open } = yield* WorkflowReader
      const answers = yield* ask(open(acme), three)
      assert.isTrue(answers.every((answer) => shown(answer).startsWith("the reader failed")))
    }).pipe(
      withProgram(new URL("data:text/javascript,throw new Error('no program')")),
      Logger.withMinimumLogLevel(LogLevel.None)
    ))
})
