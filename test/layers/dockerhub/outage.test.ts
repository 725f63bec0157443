/**
 * Ten minutes of each fault, with a caller behind a circuit that never gives up: how many requests are sent, and that
 * nothing definite comes out of it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, Ref, Schedule, TestClock } from "effect"
import { makeCircuit } from "../../../src/layers/circuit.js"
import { DockerHubRegistry } from "../../../src/services/DockerHubRegistry.js"
import { hubLayer, json, makeStub, type Reply, repositoryDocument } from "./stub.js"

const minutes = 10 * 60_000

// The third number: parks that fit into ten minutes; or the circuit's seven steps, the three failures that open it, and
// the two calls that were waiting for their turn by then.
const faults: ReadonlyArray<readonly [string, Reply, number]> = [
  ["429 that names 20 s", json(429, { detail: "Rate limit exceeded", error: false }, { "retry-after": "20" }), 31],
  ["429 that names no time", { status: 429, body: "Too Many Requests" }, 4],
  ["429 with a reset in the past", json(429, {}, { "x-ratelimit-reset": "1" }), 11],
  ["503", { status: 503, body: "" }, 12],
  ["a hang", "hang", 12],
  ["a connection reset", "reset", 12],
  ["a body that breaks off", "cut", 12],
  ["truncated JSON", { status: 200, body: "{\"name\":\"b\"," }, 12],
  ["HTML", { status: 200, body: "<html>sorry</html>" }, 12],
  ["HTML with 404", { status: 404, body: "<html>sorry</html>" }, 12],
  ["HTML with 403", { status: 403, body: "<html>sorry</html>" }, 12]
]

describe("ten minutes of a failing Docker Hub", () => {
  for (const [name, fault, most] of faults) {
    it.effect(`${name}: at most ${most} requests, and the right answer afterwards`, () => {
      const stub = makeStub(({ at }) => at < minutes ? fault : json(200, repositoryDocument("a/b")))
      return Effect.gen(function*() {
        const hub = yield* DockerHubRegistry
        const circuit = yield* makeCircuit("Docker Hub")
        const definite = yield* Ref.make(0)
        const look = circuit.run(hub.repository("a/b")).pipe(
          Effect.tapError((error) =>
            error._tag === "NOT_FOUND" || error._tag === "AUTH" ? Ref.update(definite, (n) => n + 1) : Effect.void
          ),
          Effect.retry(Schedule.forever)
        )
        const lookers = yield* Effect.fork(Effect.either(Effect.all([look, look, look], { concurrency: 3 })))
        yield* TestClock.adjust(minutes)
        assert.isAtMost(stub.sent.length, most)
        assert.isAtLeast(stub.sent.length, 3)
        assert.strictEqual(stub.calls.most, 1)
        assert.strictEqual(yield* Ref.get(definite), 0)
        yield* TestClock.adjust("20 minutes")
        const facts = Either.getOrThrow(yield* Fiber.join(lookers))
        assert.deepStrictEqual(facts.map(({ pulls }) => pulls), [275n, 275n, 275n])
        assert.strictEqual(yield* Ref.get(definite), 0)
      }).pipe(Effect.provide(hubLayer(stub.client)))
    })
  }
})
