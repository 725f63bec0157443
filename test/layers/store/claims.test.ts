import { Duration, Effect, TestClock } from "effect"
import { assert } from "vitest"
import { fullName } from "../../../src/domain/GitHubRepository.js"
import { claim, claimDaily, hit, miss, putOff, refreshed, repository } from "../../support/findings.js"
import { day, evening, hour, onEveryStore, when } from "../../support/storeContract.js"

const names = (claims: ReadonlyArray<{ readonly repository: { readonly owner: string; readonly name: string } }>) =>
  claims.map((claimed) => fullName(claimed.repository)).sort()

const images = (claims: ReadonlyArray<{ readonly image: string }>) => claims.map((claimed) => claimed.image)

const many = (count: number) => Array.from({ length: count }, (_, index) => repository(`owner/name-${index}`))

onEveryStore("claims", [
  when("two claimers never get the same repository", ({ other, store }) =>
    Effect.gen(function*() {
      yield* store.addRepositories(many(200))
      const parts = yield* Effect.all(
        Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? store : other).claimRepositories(claim(10))),
        { concurrency: "unbounded" }
      )
      const all = names(parts.flat())
      assert.strictEqual(all.length, 200)
      assert.strictEqual(new Set(all).size, 200)
      assert.deepStrictEqual(yield* store.claimRepositories(claim(10)), [])
    })),

  when("a lease that nobody ends comes back, and not a moment before", ({ other, store }) =>
    Effect.gen(function*() {
      yield* store.addRepositories(many(3))
      assert.strictEqual((yield* store.claimRepositories(claim(10))).length, 3)
      yield* TestClock.setTime(evening + 10 * 60_000 - 1)
      assert.strictEqual((yield* other.claimRepositories(claim(10))).length, 0)
      yield* TestClock.setTime(evening + 10 * 60_000)
      assert.strictEqual((yield* other.claimRepositories(claim(10))).length, 3)
    })),

  when("a lease is lengthened by its holder, and by nobody else", ({ other, store }) =>
    Effect.gen(function*() {
      yield* store.addRepositories(many(1))
      const repositories = yield* store.claimRepositories(claim(1))
      yield* other.extendLeases({ repositories, images: [] }, Duration.days(1))
      yield* store.extendLeases({ repositories, images: [] }, Duration.minutes(20))
      yield* TestClock.setTime(evening + 19 * 60_000)
      assert.strictEqual((yield* other.claimRepositories(claim(1))).length, 0)
      yield* TestClock.setTime(evening + 20 * 60_000)
      assert.strictEqual((yield* other.claimRepositories(claim(1))).length, 1)
    })),

  when(
    "what is given back is due at once, and only the holder can give it back",
    ({ other, store }) =>
      Effect.gen(function*() {
        yield* store.addRepositories(many(2))
        const repositories = yield* store.claimRepositories(claim(2))
        yield* other.releaseLeases({ repositories, images: [] })
        assert.strictEqual((yield* other.claimRepositories(claim(2))).length, 0)
        yield* store.releaseLeases({ repositories, images: [] })
        assert.strictEqual((yield* other.claimRepositories(claim(2))).length, 2)
      })
  ),

  when("what was never checked comes before what was checked too long ago", ({ store }) =>
    Effect.gen(function*() {
      yield* store.addRepositories([repository("a/old"), repository("a/fresh")])
      const [old, fresh] = yield* store.claimRepositories(claim(2))
      assert.isDefined(old)
      assert.isDefined(fresh)
      if (old === undefined || fresh === undefined) return
      yield* store.recordDiscovery([miss(old, evening - 14 * day), miss(fresh, evening - 14 * day + 1)])
      yield* store.addRepositories([repository("a/new")])
      assert.deepStrictEqual(names(yield* store.claimRepositories(claim(1))), ["a/new"])
      assert.deepStrictEqual(names(yield* store.claimRepositories(claim(5))), [fullName(old.repository)])
    })),

  when(
    "a deferral hides a row until its time, counts the attempt and changes nothing else",
    ({ other, store }) =>
      Effect.gen(function*() {
        yield* store.addRepositories(many(1))
        const [first] = yield* store.claimRepositories(claim(1))
        assert.isDefined(first)
        if (first === undefined) return
        assert.strictEqual(first.attempts, 0)
        yield* store.recordDiscovery([putOff(first, evening, evening + hour)])
        yield* TestClock.setTime(evening + hour - 1)
        assert.deepStrictEqual(yield* other.claimRepositories(claim(1)), [])
        yield* TestClock.setTime(evening + hour)
        const [again] = yield* other.claimRepositories(claim(1))
        assert.strictEqual(again?.attempts, 1)
      })
  ),

  when(
    "what another process claimed meanwhile is not put off by a late deferral",
    ({ other, store }) =>
      Effect.gen(function*() {
        yield* store.addRepositories(many(1))
        const [late] = yield* store.claimRepositories(claim(1))
        assert.isDefined(late)
        if (late === undefined) return
        yield* TestClock.setTime(evening + hour)
        const repositories = yield* other.claimRepositories(claim(1))
        assert.strictEqual(repositories.length, 1)
        yield* store.recordDiscovery([putOff(late, evening, evening + 9 * hour)])
        yield* other.releaseLeases({ repositories, images: [] })
        assert.strictEqual((yield* store.claimRepositories(claim(1))).length, 1)
      })
  ),

  when("undefer makes due what was put off, and leaves what is held", ({ other, store }) =>
    Effect.gen(function*() {
      yield* store.addRepositories([repository("a/off"), repository("a/held")])
      const claims = yield* store.claimRepositories(claim(2))
      const off = claims.filter((claimed) => claimed.repository.name === "off")
      yield* store.recordDiscovery(off.map((claimed) => putOff(claimed, evening, evening + 100 * hour)))
      assert.strictEqual(yield* other.undefer({ repositories: false, images: true }), 0)
      assert.strictEqual(yield* other.undefer({ repositories: true, images: true }), 1)
      assert.deepStrictEqual(names(yield* other.claimRepositories(claim(5))), ["a/off"])
    })),

  when(
    "named repositories are claimed due or not, added where they are missing, in the order given",
    ({ store }) =>
      Effect.gen(function*() {
        yield* store.addRepositories([repository("a/checked")])
        const claims = yield* store.claimRepositories(claim(1))
        yield* store.recordDiscovery(claims.map((claimed) => miss(claimed, evening)))
        const named = yield* store.claimNamed(
          [repository("b/new"), repository("A/Checked"), repository("B/new")],
          Duration.minutes(1)
        )
        assert.deepStrictEqual(named.map((claimed) => fullName(claimed.repository)), ["b/new", "a/checked"])
        assert.deepStrictEqual(yield* store.claimRepositories(claim(5)), [])
      })
  ),

  when(
    "images are due once per UTC day, whatever the hour of the last look",
    ({ other, store }) =>
      Effect.gen(function*() {
        const [claimed] = yield* store.claimNamed([repository("a/one")], Duration.minutes(1))
        assert.isDefined(claimed)
        if (claimed === undefined) return
        yield* store.recordDiscovery([hit(claimed, evening, "a/one", 5n)])
        assert.deepStrictEqual(yield* store.claimImages(claimDaily(9)), [])
        yield* TestClock.setTime(evening + hour / 2 - 1)
        assert.deepStrictEqual(yield* store.claimImages(claimDaily(9)), [])
        yield* TestClock.setTime(evening + hour / 2)
        const due = yield* store.claimImages(claimDaily(9))
        assert.deepStrictEqual(images(due), ["a/one"])
        assert.deepStrictEqual(yield* other.claimImages(claimDaily(9)), [])
        yield* store.recordRefresh(due.map((image) => refreshed(image, evening + hour, 6n)))
        yield* TestClock.setTime(evening + hour + 23 * hour)
        assert.deepStrictEqual(yield* other.claimImages(claimDaily(9)), [])
      })
  ),

  when("an interval below a day makes images due again within it", ({ store }) =>
    Effect.gen(function*() {
      const [claimed] = yield* store.claimNamed([repository("a/one")], Duration.minutes(1))
      assert.isDefined(claimed)
      if (claimed === undefined) return
      const noon = evening + 12.5 * hour
      yield* TestClock.setTime(noon)
      yield* store.recordDiscovery([hit(claimed, noon, "a/one", 5n)])
      const options = { ...claimDaily(9), interval: Duration.hours(6) }
      yield* TestClock.setTime(noon + 6 * hour - 1)
      assert.deepStrictEqual(yield* store.claimImages(options), [])
      yield* TestClock.setTime(noon + 6 * hour)
      assert.deepStrictEqual(images(yield* store.claimImages(options)), ["a/one"])
    })),

  when("images come longest overdue first, and a namespace's images together", ({ store }) =>
    Effect.gen(function*() {
      const today = ["b-c/one", "b/two", "b/one", "bc/one"]
      const claims = yield* store.claimNamed([...today, "z/old"].map(repository), Duration.minutes(1))
      yield* store.recordDiscovery(claims.map((claimed) => {
        const name = fullName(claimed.repository)
        return hit(claimed, name === "z/old" ? evening - day : evening, name, 1n)
      }))
      yield* TestClock.setTime(evening + hour)
      assert.deepStrictEqual(images(yield* store.claimImages(claimDaily(2))), ["z/old", "b-c/one"])
      assert.deepStrictEqual(images(yield* store.claimImages(claimDaily(9))), ["b/one", "b/two", "bc/one"])
    }))
])
