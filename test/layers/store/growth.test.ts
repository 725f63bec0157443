/**
 * `repo_docker_growth` against its definition, `PullHistory.pullsWithin`, whoever writes the history and in which order.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Layer, Option, TestClock } from "effect"
import { calendar, pullsWithin, rowsOf } from "../../../src/domain/PullHistory.js"
import { addDays, dayOf, startOf } from "../../../src/domain/UtcDay.js"
import * as CensusPagesSql from "../../../src/layers/store/CensusPagesSql.js"
import * as RepoDockerStoreSql from "../../../src/layers/store/RepoDockerStoreSql.js"
import { CensusPages, type ListedImage } from "../../../src/services/CensusPages.js"
import { RepoDockerStore } from "../../../src/services/RepoDockerStore.js"
import { testDatabases } from "../../support/databases.js"

const start = dayOf(Date.UTC(2026, 0, 1))

interface History {
  readonly image: string
  readonly days: ReadonlyArray<{ readonly day: ReturnType<typeof dayOf>; readonly total: bigint }>
}

// Mostly day after day, with gaps of up to four months, and now and then a counter that falls.
const step = fc.record({
  gap: fc.oneof({ weight: 12, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: 2, max: 120 }) }),
  pulls: fc.oneof({ weight: 40, arbitrary: fc.nat(5000) }, { weight: 1, arbitrary: fc.integer({ min: -900, max: -1 }) })
})

// Every run has names of its own, as runs share the database.
const histories = fc.tuple(
  fc.uuid(),
  fc.array(fc.array(step, { minLength: 1, maxLength: 130 }), { minLength: 25, maxLength: 25 })
).map(
  ([group, all]): ReadonlyArray<History> =>
    all.map((steps, index) => {
      let day = start
      let total = 1_000_000n
      const days = steps.map(({ gap, pulls }) => {
        day = addDays(day, gap)
        total += BigInt(pulls)
        return { day, total }
      })
      return { image: `${group}/image-${index}`, days }
    })
)

const defined = ({ days }: History, length: number): number | null =>
  Option.getOrNull(pullsWithin(calendar(rowsOf(days)), length))

const stored = (image: ListedImage) => ({
  7: image.growth.days7,
  30: image.growth.days30,
  90: image.growth.days90
})

const check = (wanted: ReadonlyArray<History>, images: ReadonlyArray<ListedImage>) => {
  for (const history of wanted) {
    const image = images.find(({ image }) => image === history.image)
    if (image === undefined) return assert.fail(`no ${history.image}`)
    assert.strictEqual(Option.getOrNull(image.growth.asOf), history.days.at(-1)?.day)
    for (const length of [7, 30, 90] as const) {
      const [is, should] = [Option.getOrNull(stored(image)[length]), defined(history, length)]
      // Sums of thirds may round to either side.
      const apart = is === null || should === null ? Number(is !== should) * 2 : Math.abs(Number(is) - should)
      assert.isAtMost(apart, 1, `${history.image}, ${length} days: ${is} instead of ${should}`)
    }
  }
}

const services = (database: (typeof testDatabases)[number]) =>
  Layer.merge(RepoDockerStoreSql.layer({ holder: "test" }), Layer.fresh(CensusPagesSql.layer)).pipe(
    Layer.provide(database.migrated)
  )

const everything = {
  search: Option.none(),
  registry: Option.none(),
  order: "name",
  after: Option.none(),
  limit: 200
} as const

for (const database of testDatabases) {
  describe.runIf(database.available)(`growth, ${database.name}`, () => {
    it.layer(services(database))((it) => {
      it.effect.prop(
        "is what the history says, also after days were replaced",
        [histories],
        ([wanted]) =>
          Effect.gen(function*() {
            const store = yield* RepoDockerStore
            const pages = yield* CensusPages
            const days = wanted.flatMap(({ days, image }) => days.map((day) => ({ image, ...day })))
            // Later days first, and every third with a wrong count that is put right afterwards.
            yield* store.importPulls(days.toReversed().map((day, n) => n % 3 === 0 ? { ...day, total: 1n } : day), true)
            yield* store.importPulls(days, true)
            const group = wanted[0]?.image.split("/")[0] ?? ""
            check(wanted, yield* pages.images({ ...everything, search: Option.some(group) }))
          }),
        { fastCheck: { numRuns: 4 } }
      )

      it.effect("moves with every day's refresh, and with a second look on the same day", () =>
        Effect.gen(function*() {
          const store = yield* RepoDockerStore
          const pages = yield* CensusPages
          const image = "refresh/me"
          const days = [1000n, 1100n, 1150n, 1100n, 1300n, 1500n, 1800n, 2200n, 2300n, 2500n, 2900n, 3000n]
          yield* store.importPulls([{ image, day: start, total: 900n }], false)
          const seen: Array<History["days"][number]> = [{ day: start, total: 900n }]
          for (const [index, total] of days.entries()) {
            const day = addDays(start, index + 1)
            const at = startOf(day) + 3_600_000
            yield* TestClock.setTime(at)
            for (const pulls of [total - 3n, total]) {
              const facts = { image, pulls, stars: 1, lastUpdated: Option.none() }
              yield* store.recordRefresh([{ claim: { image, attempts: 0 }, at, result: { _tag: "Refreshed", facts } }])
            }
            seen.push({ day, total })
            check([{ image, days: seen }], yield* pages.images({ ...everything, search: Option.some("refresh/") }))
          }
        }))
    })
  })
}
