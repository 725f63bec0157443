import { Duration, Effect, Option, TestClock } from "effect"
import { assert } from "vitest"
import { fullName } from "../../../src/domain/GitHubRepository.js"
import { addDays, dayOf } from "../../../src/domain/UtcDay.js"
import { claimDaily, gone, hit, putOff, refreshed, repository } from "../../support/findings.js"
import { collect, evening, everything, hour, onEveryStore, when } from "../../support/storeContract.js"

const intervals = { discovery: Duration.days(14), refresh: Duration.days(1) }
const today = dayOf(evening)

const at = (image: string, offset: number, total: bigint) => ({ image, day: addDays(today, offset), total })

onEveryStore("repositories, history and status", [
  when("additions are told from what is known, without regard to case", ({ store }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* store.addRepositories(["A/one", "a/ONE", "b/two"].map(repository)),
        { added: 2, known: 1 }
      )
      assert.deepStrictEqual(yield* store.addRepositories(["a/one", "c/three"].map(repository)), { added: 1, known: 1 })
      const rows = yield* collect(store.repositories(everything))
      assert.deepStrictEqual(rows.map((row) => [fullName(row.repository), row.url]), [
        ["A/one", "https://github.com/A/one"],
        ["b/two", "https://github.com/b/two"],
        ["c/three", "https://github.com/c/three"]
      ])
    })),

  when("ten thousand are added and listed", ({ store }) =>
    Effect.gen(function*() {
      const names = Array.from({ length: 10_000 }, (_, index) => repository(`owner${index % 97}/name${index}`))
      assert.deepStrictEqual(yield* store.addRepositories(names), { added: 10_000, known: 0 })
      assert.deepStrictEqual(yield* store.addRepositories(names), { added: 0, known: 10_000 })
      const found = yield* collect(store.repositories({ search: Option.some("NAME999") }))
      assert.strictEqual(found.length, 11)
      assert.strictEqual((yield* collect(store.repositories(everything))).length, 10_000)
    })),

  when("what is removed leaves images and history behind", ({ store }) =>
    Effect.gen(function*() {
      const claims = yield* store.claimNamed(["a/one", "b/one"].map(repository), Duration.minutes(1))
      yield* store.recordDiscovery(claims.map((claimed) => hit(claimed, evening, "a/one", 5n)))
      const removed = yield* store.removeRepositories(["A/ONE", "no/such", "a/one"].map(repository))
      assert.deepStrictEqual(removed, { removed: 1, unknown: [repository("no/such")] })
      const image = yield* Effect.flatten(store.image("a/one"))
      assert.deepStrictEqual(image.repositories, ["b/one"])
      yield* store.removeRepositories([repository("b/one")])
      assert.deepStrictEqual((yield* Effect.flatten(store.image("a/one"))).repositories, [])
      assert.strictEqual((yield* collect(store.pulls({ image: Option.none(), since: Option.none() }))).length, 1)
    })),

  when("pulls per day are differences, with gaps and falls told", ({ store }) =>
    Effect.gen(function*() {
      const totals: ReadonlyArray<readonly [number, bigint]> = [[-40, 100n], [-39, 150n], [-3, 900n], [-2, 40n]]
      const days = totals.map(([offset, total]) => ({ image: "a/one", day: addDays(today, offset), total }))
      assert.deepStrictEqual(yield* store.importPulls(days, false), { written: 4, kept: 0 })
      const rows = yield* collect(store.pulls({ image: Option.some("a/one"), since: Option.none() }))
      assert.deepStrictEqual(
        rows.map((row) => [row.day, row.total, Option.getOrNull(row.pulls), row.gapDays, row.fell]),
        [
          [addDays(today, -40), 100n, null, 0, false],
          [addDays(today, -39), 150n, 50n, 1, false],
          [addDays(today, -3), 900n, 750n, 36, false],
          [addDays(today, -2), 40n, -860n, 1, true]
        ]
      )
      const since = yield* collect(store.pulls({ image: Option.none(), since: Option.some(addDays(today, -3)) }))
      assert.deepStrictEqual(since.map((row) => [row.day, row.gapDays]), [
        [addDays(today, -3), 36],
        [addDays(today, -2), 1]
      ])
    })),

  when(
    "imported days are kept unless they are to be overwritten, and unknown images become due",
    ({ store }) =>
      Effect.gen(function*() {
        yield* store.importPulls([at("a/one", -1, 5n)], false)
        assert.deepStrictEqual(
          yield* store.importPulls([at("a/one", -1, 6n), at("a/one", -2, 4n), at("a/one", -2, 3n)], false),
          { written: 1, kept: 2 }
        )
        const totals = Effect.map(
          collect(store.pulls({ image: Option.some("a/one"), since: Option.none() })),
          (rows) => rows.map((row) => row.total)
        )
        assert.deepStrictEqual(yield* totals, [3n, 5n])
        assert.deepStrictEqual(yield* store.importPulls([at("a/one", -1, 6n)], true), { written: 1, kept: 0 })
        assert.deepStrictEqual(yield* totals, [3n, 6n])
        assert.deepStrictEqual(yield* store.claimImages(claimDaily(5)), [{ image: "a/one", attempts: 0 }])
      })
  ),

  when("an image with a row for today is not due, however the row came there", ({ store }) =>
    Effect.gen(function*() {
      yield* store.importPulls([{ image: "a/one", day: today, total: 5n }], false)
      assert.deepStrictEqual(yield* store.claimImages(claimDaily(5)), [])
      yield* TestClock.setTime(evening + hour)
      assert.strictEqual((yield* store.claimImages(claimDaily(5))).length, 1)
    })),

  when(
    "all images are listed in the order of their names, and searched without case",
    ({ store }) =>
      Effect.gen(function*() {
        const names = Array.from({ length: 1203 }, (_, index) => `ns/${String(index).padStart(5, "0")}`)
        yield* store.importPulls(names.map((image) => ({ image, day: today, total: 1n })), false)
        const listed = yield* collect(store.images(everything))
        assert.deepStrictEqual(listed.map((row) => row.image), names)
        assert.strictEqual((yield* collect(store.images({ search: Option.some("NS/0120") }))).length, 3)
        const exported = yield* collect(store.pulls({ image: Option.none(), since: Option.none() }))
        assert.deepStrictEqual(exported.map((row) => row.image), names)
      })
  ),

  when("status counts what is due, put off and held", ({ store }) =>
    Effect.gen(function*() {
      const empty = yield* store.status(intervals)
      assert.deepStrictEqual(empty.oldestDue, Option.none())
      assert.deepStrictEqual(empty.lastCompleteDay, Option.none())
      yield* store.addRepositories(["a/hit", "b/off", "c/held", "d/due"].map(repository))
      const claims = yield* store.claimNamed(["a/hit", "b/off", "c/held"].map(repository), Duration.hours(5))
      yield* store.recordDiscovery(claims.flatMap((claimed) =>
        claimed.repository.name === "hit"
          ? [hit(claimed, evening, "a/hit", 5n)]
          : claimed.repository.name === "off"
          ? [putOff(claimed, evening, evening + 9 * hour)]
          : []
      ))
      const before = yield* store.status(intervals)
      assert.deepStrictEqual(before, {
        repositories: 4,
        images: 1,
        gone: 0,
        snapshots: 1,
        backlog: 3,
        repositoriesDue: 1,
        imagesDue: 0,
        deferred: 1,
        leased: 1,
        oldestDue: Option.some(evening),
        lastCompleteDay: Option.some(today),
        today: { day: today, images: 1, done: 1 },
        defects: { rows: 0, newest: [] }
      })
      yield* TestClock.setTime(evening + hour)
      const after = yield* store.status(intervals)
      assert.strictEqual(after.imagesDue, 1)
      assert.deepStrictEqual(after.lastCompleteDay, Option.some(today))
    })),

  when(
    "a day is complete when every image that is known and not gone has a row for it",
    ({ store }) =>
      Effect.gen(function*() {
        const claims = yield* store.claimNamed(["a/one", "b/two"].map(repository), Duration.minutes(1))
        yield* store.recordDiscovery(claims.map((claimed) => hit(claimed, evening, fullName(claimed.repository), 5n)))
        yield* TestClock.setTime(evening + hour)
        yield* store.recordRefresh([refreshed({ image: "a/one", attempts: 0 }, evening + hour, 6n)])
        assert.deepStrictEqual((yield* store.status(intervals)).lastCompleteDay, Option.some(today))
        const before = yield* store.status(intervals)
        assert.deepStrictEqual(before.today, { day: addDays(today, 1), images: 2, done: 1 })
        yield* store.recordRefresh([gone({ image: "b/two", attempts: 0 }, evening + hour)])
        const after = yield* store.status(intervals)
        assert.deepStrictEqual(after.lastCompleteDay, Option.some(addDays(today, 1)))
        assert.deepStrictEqual(after.today, { day: addDays(today, 1), images: 1, done: 1 })
      })
  )
])
