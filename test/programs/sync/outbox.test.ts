import { assert, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Ref } from "effect"
import { Transient } from "../../../src/domain/Errors.js"
import * as Outbox from "../../../src/programs/sync/outbox.js"

interface Row {
  readonly id: number
  readonly reason?: string
}

const faults = {
  /** The database does not take what is to be written. */
  refused: Effect.fail(new Transient({ service: "database", reason: "malformed", message: "invalid \\u0000" })),
  /** Whoever writes it dies. */
  died: Effect.die(new TypeError("a text that nobody foresaw"))
}

it.effect.prop(
  "what cannot be written costs its own row, which keeps why; all others are written",
  [
    fc.integer({ min: 1, max: 700 }),
    fc.uniqueArray(fc.nat(699), { maxLength: 5 }),
    fc.constantFrom("refused" as const, "died" as const)
  ],
  ([size, bad, fault]) =>
    Effect.gen(function*() {
      const stored = yield* Ref.make<ReadonlyMap<number, Row>>(new Map())
      const letGo: Array<number> = []
      const outbox = Outbox.make<Row>({
        job: "discovery",
        record: (batch) =>
          batch.some(({ id, reason }) => reason === undefined && bad.includes(id))
            ? faults[fault]
            : Ref.update(stored, (all) => new Map([...all, ...batch.map((row) => [row.id, row] as const)])),
        written: () => Effect.void,
        letGo: ({ id }) => letGo.push(id),
        rowOf: ({ id }) => ({ subject: `row ${id}`, attempts: 0 }),
        deferred: ({ id }, { reason }) => ({ id, reason })
      })
      for (let id = 0; id < size; id++) yield* outbox.add({ id })
      yield* outbox.flush
      const rows = yield* Ref.get(stored)
      assert.strictEqual(rows.size, size)
      for (const [id, { reason }] of rows) {
        assert.strictEqual(reason !== undefined, bad.includes(id))
        if (reason !== undefined) {
          assert.match(reason, fault === "died" ? /^internal error: a text/ : /^internal error: not written: /)
        }
      }
      assert.strictEqual(letGo.length, size)
    }),
  { fastCheck: { numRuns: 40 } }
)
