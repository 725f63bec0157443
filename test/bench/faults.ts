/**
 * Thirty real seconds of every fault, from either service, for the real program on a real Postgres.
 */
import { Console, Effect, Option, Schema, Stream } from "effect"
import { readFile } from "node:fs/promises"
import { key } from "../../src/domain/GitHubRepository.js"
import { addDays, dayOf } from "../../src/domain/UtcDay.js"
import { RepoDockerStore } from "../../src/services/RepoDockerStore.js"
import { startSandbox } from "../sandbox/Sandbox.js"
import type { Fault } from "../sandbox/service/Faults.js"
import { circuitWait, requestsWithin, type Service, type Wait } from "../support/outages.js"
import { intervals, startProgram, storeIn, wait, waitUntil } from "../support/program.js"
import { build } from "./build.js"
import { createDatabase } from "./databases.js"
import { server } from "./server.js"
import { line } from "./table.js"

const seconds = 30
const atOnce = 4
const widths = [28, 12] as const

interface Case {
  readonly name: string
  readonly service: Service
  readonly fault: Omit<Fault, "service">
  readonly wait: Wait
}

const tenSeconds: Wait = () => 10
const everywhere: ReadonlyArray<Omit<Case, "service">> = [
  { name: "429, Retry-After 10 s", fault: { kind: "rate-limit", retryAfter: 10 }, wait: tenSeconds },
  { name: "503", fault: { kind: "unavailable" }, wait: circuitWait },
  { name: "no answer", fault: { kind: "hang" }, wait: circuitWait },
  { name: "connection reset", fault: { kind: "reset" }, wait: circuitWait },
  { name: "truncated JSON", fault: { kind: "truncated" }, wait: circuitWait },
  { name: "HTML with 200", fault: { kind: "html" }, wait: circuitWait }
]
const cases: ReadonlyArray<Case> = [
  ...everywhere.map((one) => ({ ...one, service: "github" as const })),
  ...everywhere.map((one) => ({ ...one, service: "dockerhub" as const })),
  { name: "primary limit", service: "github", fault: { kind: "primary-limit", retryAfter: 10 }, wait: tenSeconds },
  { name: "secondary limit", service: "github", fault: { kind: "secondary-limit", retryAfter: 10 }, wait: tenSeconds }
]

const Summary = Schema.parseJson(Schema.Struct({
  discovery: Schema.Struct({ checked: Schema.Number, hits: Schema.Number, notFound: Schema.Number }),
  refresh: Schema.Struct({ refreshed: Schema.Number, gone: Schema.Number })
}))

// Processor time of a process so far, in seconds; none where the system has no /proc.
const processorSeconds = (pid: number) =>
  Effect.promise(() => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")).pipe(
    Effect.map((text) => text.slice(text.lastIndexOf(")") + 2).split(" ")),
    Effect.map((fields) => fields.length < 13 ? Number.NaN : (Number(fields[11]) + Number(fields[12])) / 100)
  )

const run = (one: Case, url: string) =>
  Effect.gen(function*() {
    const { counters, environment, expected, faults, state } = yield* startSandbox({
      world: { repositories: 100, proportions: { hits: 0.3, misses: 0.3, unknown: 0.05 } },
      dockerhub: { limit: 1_000_000 }
    })
    const truth = new Map(state.world.listed.map((listed) => [key(listed.now?.name ?? listed.asked), listed.outcome]))
    // Half of the images are known since yesterday, and due.
    const images = [...expected.links.keys()]
    const known = images.slice(0, Math.floor(images.length / 2))
    const store = yield* RepoDockerStore
    const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
    yield* store.addRepositories(state.world.listed.map(({ asked }) => asked))
    yield* store.importPulls(known.map((image) => ({ image, day: addDays(dayOf(now), -1), total: 1n })), false)

    const falsehoods = Effect.gen(function*() {
      const rows = yield* Stream.runCollect(store.repositories({ search: Option.none() }))
      const wrong = [...rows].filter(({ outcome, repository }) =>
        (Option.contains(outcome, "not-found") && truth.get(key(repository)) !== "unknown") ||
        (Option.contains(outcome, "miss") && truth.get(key(repository)) === "hit")
      )
      return wrong.length + (yield* store.status(intervals)).gone
    })

    yield* faults.add({ ...one.fault, service: one.service })
    const requests = () => counters()[one.service]?.requests ?? 0
    const program = yield* startProgram(
      { environment: { ...environment, DATABASE_URL: url } },
      "sync",
      "--once",
      "--json"
    )
    yield* waitUntil(Effect.sync(() => requests() > 0))
    yield* wait(2000)
    const before = yield* processorSeconds(program.pid)
    yield* wait((seconds - 2) * 1000)
    const processor = (yield* processorSeconds(program.pid)) - before
    const during = requests()
    const wrong = yield* falsehoods
    yield* faults.clear
    const { code, stdout } = yield* program.ended
    const summary = Schema.decodeOption(Summary)(stdout)
    const after = yield* store.status(intervals)
    const right = code === 0 && (yield* falsehoods) === 0 && after.images === expected.links.size &&
      after.imagesDue + after.repositoriesDue + after.deferred + after.leased === 0 &&
      Option.exists(summary, ({ discovery, refresh }) =>
        discovery.checked === expected.checked && discovery.hits === expected.hits &&
        discovery.notFound === expected.notFound && refresh.gone === 0)
    const bound = requestsWithin(seconds, one.wait, one.service)
    yield* Console.log(line(widths, [
      one.name,
      one.service,
      during,
      `<= ${bound}`,
      processor.toFixed(1),
      wrong,
      right ? "yes" : `NO (exit ${code})`
    ]))
    return during <= bound && wrong === 0 && right
  }).pipe(Effect.provide(storeIn({ DATABASE_URL: url })), Effect.scoped)

/** Prints a line for every fault; fails where one of them cost more requests than allowed, or the truth. */
export const faultsBench = Effect.gen(function*() {
  yield* Console.log(`${seconds} real seconds of every fault, the real program (sync --once) on Postgres\n`)
  yield* build
  const { url } = yield* server
  yield* Console.log(line(widths, ["fault", "service", "requests", "bound", "CPU s", "false rows", "right after"]))
  const held = yield* Effect.forEach(
    cases,
    (one, n) => Effect.flatMap(createDatabase(url, `fault_${n}`), (database) => run(one, database)),
    { concurrency: atOnce }
  )
  yield* Console.log(line(widths, ["bound", "", "", "", "", 0, "yes"]))
  return held.every((one) => one)
}).pipe(Effect.scoped, Effect.withSpan("faultsBench"))
