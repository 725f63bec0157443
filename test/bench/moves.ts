/**
 * 200 moves while everything fails now and then: the registry with 429 and 5xx, the webhook with 500 and with silence,
 * the program by `kill -9`. Is each move delivered, in order, and under one id?
 */
import { Chunk, Console, Duration, Effect, Either, Fiber, Option, Random, Stream } from "effect"
import { parse } from "../../src/domain/ImageReference.js"
import { WatchStore } from "../../src/services/WatchStore.js"
import { makeImage } from "../layers/registry/images.js"
import { startRegistry } from "../sandbox/registry/server.js"
import { startProgram, wait, waitUntil, watchStoreIn } from "../support/program.js"
import { build } from "./build.js"
import { createDatabase } from "./databases.js"
import { startReceiver, type Taken } from "./movesReceiver.js"
import { server } from "./server.js"
import { line } from "./table.js"

const references = 20
const movesOfEach = 10
const moves = references * movesOfEach
/** Milliseconds that a process may live before it is killed, from its start. */
const shortestLife = 2_000
const longestLife = 8_000
const widths = [10, 12] as const

const grouped = <A>(values: ReadonlyArray<A>, key: (value: A) => string): ReadonlyMap<string, ReadonlyArray<A>> => {
  const groups = new Map<string, ReadonlyArray<A>>()
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value])
  return groups
}

const outOfOrder = (taken: ReadonlyArray<Taken>): number =>
  taken.filter(({ sequence }, index) => sequence < (taken[index - 1]?.sequence ?? 0)).length

/** Prints what was lost, out of order, or came again under another id: nothing; and how often an event came again. */
export const movesBench = Effect.gen(function*() {
  yield* build
  const database = { DATABASE_URL: yield* createDatabase((yield* server).url, "moves") }
  const registry = yield* startRegistry({ kind: "ghcr" })
  const random = yield* Effect.map(
    Effect.runtime<never>(),
    (runtime) => () => Effect.runSync(Effect.provide(Random.next, runtime))
  )
  const receiver = yield* startReceiver(random)
  const names = Array.from({ length: references }, (_, n) => `o/n${n}`)
  const expected = new Map<string, Array<string>>()
  const push = (name: string, version: number): string => {
    const { index } = makeImage(`${name} ${version}`)
    registry.store.putManifest(name, "1", index.bytes, index.mediaType)
    return index.digest
  }
  for (const name of names) push(name, 0)

  return yield* Effect.gen(function*() {
    const store = yield* WatchStore
    yield* store.add(names.map((name) => ({
      reference: Either.getOrThrow(parse(`${registry.host}/${name}:1`)),
      platform: Option.none(),
      every: Duration.seconds(1),
      actions: [{ _tag: "Webhook" as const, url: receiver.url, allowPrivate: true }],
      updates: Option.none()
    })))
    const digests = Effect.map(
      Stream.runCollect(store.list(Option.none())),
      (all) =>
        new Map(
          Chunk.toReadonlyArray(all).map(({ state, watch }) => [
            watch.reference.repository,
            Option.getOrElse(state.digest, () => "")
          ])
        )
    )

    let kills = 0
    const options = {
      environment: {
        ...database,
        LOG_LEVEL: "none",
        IMAGE_CENSUS_LEASE_SEC: "3",
        WATCH_WEBHOOK_TIMEOUT_SEC: "1",
        WATCH_COMMAND_TIMEOUT_SEC: "1",
        WATCH_DELIVERY_ATTEMPTS: "1000",
        WATCH_JITTER_PERCENT: "0"
      }
    }
    const killing = yield* Effect.fork(Effect.forever(Effect.scoped(Effect.gen(function*() {
      const program = yield* startProgram(options, "watch", "run")
      yield* wait(yield* Random.nextIntBetween(shortestLife, longestLife))
      yield* program.signal("SIGKILL")
      yield* program.ended
      kills += 1
    }))))
    yield* waitUntil(Effect.delay(Effect.map(digests, (all) => [...all.values()].every((text) => text !== "")), 200))
    registry.setFault(() => {
      const luck = random()
      if (luck < 0.02) return { status: 429, headers: { "retry-after": "1" } }
      return luck < 0.1 ? { status: 503, headers: {} } : undefined
    })
    // A tag moves again as soon as the move before was noticed.
    const last = new Map(names.map((name) => [name, 0]))
    yield* waitUntil(Effect.delay(
      Effect.map(digests, (all) => {
        for (const [name, version] of last) {
          const pushed = expected.get(name) ?? []
          if (version > 0 && all.get(name) !== pushed.at(-1)) continue
          if (version === movesOfEach) {
            last.delete(name)
            continue
          }
          expected.set(name, [...pushed, push(name, version + 1)])
          last.set(name, version + 1)
        }
        return last.size === 0
      }),
      100
    ))
    yield* Fiber.interrupt(killing)
    const program = yield* startProgram(options, "watch", "run")
    yield* waitUntil(Effect.delay(
      Effect.map(store.events({ limit: 1, status: "pending" }), (pending) => pending.length === 0),
      200
    ))
    yield* program.signal("SIGTERM")
    yield* program.ended

    const byReference = grouped(receiver.taken, ({ reference }) => reference)
    const byMove = grouped(receiver.taken, ({ digest, reference }) => `${reference} ${digest}`)
    const lost = [...expected].flatMap(([name, digests]) =>
      digests.filter((digest) => !byMove.has(`${registry.host}/${name}:1 ${digest}`))
    )
    const disordered = [...byReference.values()].reduce((sum, taken) => sum + outOfOrder(taken), 0)
    const otherIds = [...byMove.values()].filter((taken) => new Set(taken.map(({ id }) => id)).size > 1).length
    const again = receiver.taken.length - byMove.size
    yield* Console.log(`moves: ${moves} of ${references} references, under faults and kill -9\n`)
    yield* Console.log(line(widths, ["", "kills", "delivered", "lost", "disordered", "other ids", "came again"]))
    yield* Console.log(line(widths, ["", kills, byMove.size, lost.length, disordered, otherIds, again]))
    yield* Console.log(line(widths, ["bound", "", moves, 0, 0, 0, "any"]))
    return byMove.size === moves && lost.length + disordered + otherIds === 0
  }).pipe(Effect.provide(watchStoreIn(database)))
}).pipe(Effect.scoped, Effect.withSpan("movesBench"))
