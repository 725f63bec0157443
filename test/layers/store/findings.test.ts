import { Duration, Effect, Option, TestClock } from "effect"
import { assert } from "vitest"
import { dayOf } from "../../../src/domain/UtcDay.js"
import type { RepoDockerStore } from "../../../src/services/RepoDockerStore.js"
import { claim, claimDaily, gone, hit, miss, notFound, putOff, refreshed, repository } from "../../support/findings.js"
import { collect, day, evening, everything, hour, onEveryStore, when } from "../../support/storeContract.js"

type Store = RepoDockerStore["Type"]

const claimOne = (store: Store, name: string) =>
  Effect.flatMap(
    store.claimNamed([repository(name)], Duration.minutes(1)),
    ([claimed]) => claimed === undefined ? Effect.dieMessage("nothing was claimed") : Effect.succeed(claimed)
  )

/** An image that was found in the evening. */
const withImage = (store: Store, name: string, pulls = 5n) =>
  Effect.gen(function*() {
    const claimed = yield* claimOne(store, name)
    yield* store.recordDiscovery([hit(claimed, evening, name, pulls)])
    return claimed
  })

const history = (store: Store, image: string) =>
  Effect.map(
    collect(store.pulls({ image: Option.some(image), since: Option.none() })),
    (days) => days.map((row) => [row.day, row.total] as const)
  )

/** The rows that `status` says hold a defect. */
const heldBy = (store: Store) =>
  Effect.map(
    store.status({ discovery: Duration.days(14), refresh: Duration.days(1) }),
    ({ defects }) => defects.newest.map(({ job, subject }) => `${job} ${subject}`).sort()
  )

const stored = (store: Store, image: string) => Effect.flatten(store.image(image))

onEveryStore("findings", [
  when(
    "a hit writes the stamp, the image, its repository and the day's snapshot",
    ({ store }) =>
      Effect.gen(function*() {
        yield* withImage(store, "Owner/Name")
        const [row] = yield* collect(store.repositories(everything))
        assert.deepStrictEqual(row?.checkedAt, Option.some(evening))
        assert.deepStrictEqual(row?.outcome, Option.some("hit"))
        assert.deepStrictEqual(row?.images, ["Owner/Name"])
        const image = yield* stored(store, "Owner/Name")
        assert.deepStrictEqual(image.pulls, Option.some(5n))
        assert.deepStrictEqual(image.stars, Option.some(7))
        assert.strictEqual(image.lastSyncedAt, evening)
        assert.deepStrictEqual(image.lastUpdated, Option.some(1_700_000_000_000))
        assert.deepStrictEqual(image.repositories, ["Owner/Name"])
        assert.deepStrictEqual(yield* history(store, "Owner/Name"), [[dayOf(evening), 5n]])
      })
  ),

  when("definite answers of every kind drain the backlog", ({ store }) =>
    Effect.gen(function*() {
      yield* store.addRepositories(["a/a", "b/b", "c/c"].map(repository))
      const claims = yield* store.claimRepositories(claim(3))
      const looks = [miss, notFound, miss]
      yield* store.recordDiscovery(
        claims.flatMap((claimed, index) => looks[index]?.(claimed, evening) ?? [])
      )
      yield* TestClock.setTime(evening + day)
      assert.deepStrictEqual(yield* store.claimRepositories(claim(3)), [])
      const outcomes = (yield* collect(store.repositories(everything))).map((row) => Option.getOrNull(row.outcome))
      assert.deepStrictEqual([...outcomes].sort(), ["miss", "miss", "not-found"])
    })),

  when("a second repository with the same image is linked too", ({ store }) =>
    Effect.gen(function*() {
      yield* withImage(store, "a/one")
      const claimed = yield* claimOne(store, "fork/one")
      yield* store.recordDiscovery([hit(claimed, evening, "a/one", 6n)])
      assert.deepStrictEqual((yield* stored(store, "a/one")).repositories, ["a/one", "fork/one"])
      assert.deepStrictEqual(yield* history(store, "a/one"), [[dayOf(evening), 6n]])
    })),

  when(
    "two repositories with one image in one batch are both linked, and the later answer counts",
    ({ store }) =>
      Effect.gen(function*() {
        const claims = yield* store.claimNamed([repository("a/one"), repository("b/one")], Duration.minutes(1))
        yield* store.recordDiscovery(
          claims.map((claimed, index) => hit(claimed, evening + index, "a/one", BigInt(10 + index)))
        )
        const image = yield* stored(store, "a/one")
        assert.deepStrictEqual(image.repositories, ["a/one", "b/one"])
        assert.deepStrictEqual(image.pulls, Option.some(11n))
      })
  ),

  when(
    "a renamed repository is asked for by its new name, and known by the old one",
    ({ store }) =>
      Effect.gen(function*() {
        yield* store.addRepositories([repository("old/name")])
        const [claimed] = yield* store.claimRepositories(claim(1))
        assert.isDefined(claimed)
        if (claimed === undefined) return
        yield* store.recordDiscovery([miss(claimed, evening, repository("new/name"))])
        yield* TestClock.setTime(evening + 14 * day)
        const [again] = yield* store.claimRepositories(claim(1))
        assert.deepStrictEqual(again?.repository, repository("new/name"))
        const [row] = yield* collect(store.repositories(everything))
        assert.strictEqual(row?.url, "https://github.com/old/name")
        const added = yield* store.addRepositories(["Old/Name", "NEW/name", "other/one"].map(repository))
        assert.deepStrictEqual(added, { added: 1, known: 2 })
        assert.deepStrictEqual((yield* claimOne(store, "old/NAME")).id, claimed.id)
      })
  ),

  when(
    "an image names its repository once, also where two rows have become the same one",
    ({ store }) =>
      Effect.gen(function*() {
        yield* store.addRepositories([repository("old/name"), repository("new/name")])
        const claims = yield* store.claimRepositories(claim(2))
        yield* store.recordDiscovery(
          claims.map((claim) => hit(claim, evening, "new/name", 5n, repository("new/name")))
        )
        const image = Option.getOrThrow(yield* store.image("new/name"))
        assert.deepStrictEqual(image.repositories, ["new/name"])
      })
  ),

  when("a finding for a repository that was taken out meanwhile writes nothing", ({ store }) =>
    Effect.gen(function*() {
      const claimed = yield* claimOne(store, "a/one")
      yield* store.removeRepositories([repository("A/one")])
      assert.deepStrictEqual(yield* store.recordDiscovery([hit(claimed, evening, "a/one", 5n)]), { refused: 0 })
      assert.deepStrictEqual(yield* store.image("a/one"), Option.none())
      assert.deepStrictEqual(yield* history(store, "a/one"), [])
    })),

  when("several looks on one day leave one snapshot, the last", ({ store }) =>
    Effect.gen(function*() {
      yield* withImage(store, "a/one")
      yield* store.recordRefresh([refreshed({ image: "a/one", attempts: 0 }, evening + 60_000, 4n)])
      assert.deepStrictEqual(yield* history(store, "a/one"), [[dayOf(evening), 4n]])
    })),

  when(
    "one 404 is remembered, one on another day marks the image, its history stays",
    ({ store }) =>
      Effect.gen(function*() {
        yield* withImage(store, "a/one")
        const look = { image: "a/one", attempts: 0 }
        yield* store.recordRefresh([gone(look, evening + 1), gone(look, evening + 2)])
        assert.deepStrictEqual((yield* stored(store, "a/one")).goneSince, Option.none())
        yield* TestClock.setTime(evening + hour)
        assert.strictEqual((yield* store.claimImages(claimDaily(1))).length, 1)
        yield* store.recordRefresh([gone(look, evening + hour)])
        const image = yield* stored(store, "a/one")
        assert.deepStrictEqual(image.goneSince, Option.some(dayOf(evening)))
        assert.deepStrictEqual(image.pulls, Option.some(5n))
        assert.strictEqual(image.lastSyncedAt, evening)
        assert.deepStrictEqual(yield* history(store, "a/one"), [[dayOf(evening), 5n]])
      })
  ),

  when(
    "a gone image is looked at after a week, then monthly, and comes back when it is found",
    ({ store }) =>
      Effect.gen(function*() {
        yield* withImage(store, "a/one")
        const look = { image: "a/one", attempts: 0 }
        const dueAt = (at: number) =>
          Effect.zipRight(
            TestClock.setTime(at),
            Effect.map(store.claimImages({ ...claimDaily(1), lease: Duration.millis(1) }), (claims) => claims.length)
          )
        yield* store.recordRefresh([gone(look, evening)])
        yield* store.recordRefresh([gone(look, evening + day)])
        assert.strictEqual(yield* dueAt(evening + 7 * day), 0)
        assert.strictEqual(yield* dueAt(evening + 8 * day), 1)
        yield* store.recordRefresh([gone(look, evening + 8 * day)])
        assert.strictEqual(yield* dueAt(evening + 37 * day), 0)
        assert.strictEqual(yield* dueAt(evening + 38 * day), 1)
        yield* store.recordRefresh([refreshed(look, evening + 38 * day, 9n)])
        assert.deepStrictEqual((yield* stored(store, "a/one")).goneSince, Option.none())
        assert.strictEqual(yield* dueAt(evening + 39 * day), 1)
      })
  ),

  when("an image that is found by discovery again is no longer missing", ({ store }) =>
    Effect.gen(function*() {
      const claimed = yield* withImage(store, "a/one")
      yield* store.recordRefresh([gone({ image: "a/one", attempts: 0 }, evening)])
      yield* store.recordRefresh([gone({ image: "a/one", attempts: 0 }, evening + day)])
      yield* store.recordDiscovery([hit(claimed, evening + 2 * day, "a/one", 8n)])
      assert.deepStrictEqual((yield* stored(store, "a/one")).goneSince, Option.none())
    })),

  when("a deferred image stays due, and nothing that is stored changes", ({ store }) =>
    Effect.gen(function*() {
      yield* withImage(store, "a/one")
      const before = yield* stored(store, "a/one")
      yield* TestClock.setTime(evening + hour)
      const claims = yield* store.claimImages(claimDaily(1))
      yield* store.recordRefresh(claims.map((claimed) => putOff(claimed, evening + hour, evening + 2 * hour)))
      assert.deepStrictEqual(yield* stored(store, "a/one"), before)
      assert.deepStrictEqual(yield* store.claimImages(claimDaily(1)), [])
      yield* TestClock.setTime(evening + 2 * hour)
      assert.deepStrictEqual(yield* store.claimImages(claimDaily(1)), [{ image: "a/one", attempts: 1 }])
    })),

  when(
    "a row that the database refuses is put off, the others of its write are kept",
    ({ store }) =>
      Effect.gen(function*() {
        const names = Array.from({ length: 9 }, (_, index) => `a/n${index}`)
        const claims = yield* store.claimNamed(names.map(repository), Duration.minutes(1))
        const tooMany = 2n ** 63n
        const found = yield* store.recordDiscovery(
          claims.map((claimed, index) => hit(claimed, evening, `a/n${index}`, index === 4 ? tooMany : 1n))
        )
        assert.deepStrictEqual(found, { refused: 1 })
        assert.deepStrictEqual(yield* heldBy(store), ["discovery a/n4"])
        assert.deepStrictEqual(yield* store.image("a/n4"), Option.none())
        assert.strictEqual((yield* collect(store.images(everything))).length, 8)
        yield* TestClock.setTime(evening + hour)
        const again = yield* store.claimRepositories(claim(9))
        assert.deepStrictEqual(again.map(({ attempts, repository }) => [repository.name, attempts]), [["n4", 1]])

        const due = yield* store.claimImages(claimDaily(9))
        const written = yield* store.recordRefresh(
          due.map((image) => refreshed(image, evening + hour, image.image === "a/n2" ? tooMany : 2n))
        )
        assert.deepStrictEqual(written, { refused: 1 })
        assert.deepStrictEqual(yield* heldBy(store), ["discovery a/n4", "refresh a/n2"])
        assert.deepStrictEqual((yield* stored(store, "a/n2")).pulls, Option.some(1n))
        assert.deepStrictEqual((yield* stored(store, "a/n3")).pulls, Option.some(2n))
        assert.deepStrictEqual(yield* store.claimImages(claimDaily(9)), [])
      })
  )
])
