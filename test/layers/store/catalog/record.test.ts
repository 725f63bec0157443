import { assert } from "@effect/vitest"
import { Clock, Duration, Effect, Option, TestClock } from "effect"
import { noWords } from "../../../../src/domain/CatalogImage.js"
import type { ImageCatalog } from "../../../../src/services/ImageCatalog.js"
import { claimOne, digest, found, listing, look, name, tag } from "../../../support/catalogFindings.js"
import { collect, day, evening, hour, onEveryStore, when } from "../../../support/storeContract.js"

type Catalog = ImageCatalog["Type"]

const nginx = name("nginx")

const tagsOf = (catalog: Catalog, gone = false) =>
  Effect.map(
    catalog.tags("nginx", { gone }),
    ({ items }) =>
      items.map((one) => [
        one.tag,
        one.platforms.map(({ platform }) => platform).join(" "),
        Option.isSome(one.goneSince)
      ])
  )

const historyOf = (catalog: Catalog) =>
  Effect.map(catalog.history("nginx", Option.none()), ({ items }) =>
    items.map(({ digest, since, tag, until }) => [
      tag,
      digest.slice(7, 8),
      (since - evening) / hour,
      Option.getOrUndefined(Option.map(until, (until) => (until - evening) / hour))
    ]))

/** Looks at nginx now, with this listing. */
const lookNow = (
  catalog: Catalog,
  tags: ReturnType<typeof listing> | undefined,
  more: Parameters<typeof look>[3] = {}
) =>
  Effect.gen(function*() {
    const claim = yield* claimOne(catalog, "nginx")
    return yield* catalog.record(look(claim, yield* Clock.currentTimeMillis, tags, more))
  })

/** What a claim would know. */
const peek = (catalog: Catalog) => Effect.tap(claimOne(catalog, "nginx"), () => catalog.release(["nginx"]))

const withNginx = (catalog: Catalog) => catalog.add([nginx], "published")

onEveryStore("what the catalog writes", [
  when(
    "leaves out a tag whose name no database can keep, and spares its image",
    ({ catalog }) =>
      Effect.gen(function*() {
        yield* withNginx(catalog)
        const listed = [tag("1\u0000", "a", evening), tag("2\ud800", "b", evening), tag("3", "c", evening)]
        const written = yield* lookNow(catalog, listing(listed, { others: [tag("\udfff", "d", evening)] }))
        assert.strictEqual(written.tagsAdded, 1)
        assert.deepStrictEqual((yield* tagsOf(catalog)).map(([name]) => name), ["3"])
        assert.deepStrictEqual(
          (yield* catalog.image(nginx)).pipe(Option.map(({ lastError }) => lastError)),
          Option.some(Option.none())
        )
      })
  ),

  when(
    "is an image with its counters, tags, platforms and digests, and the day's snapshot",
    ({ catalog, store }) =>
      Effect.gen(function*() {
        yield* withNginx(catalog)
        const written = yield* lookNow(
          catalog,
          listing([
            tag("1.27", "a", evening - hour, ["linux/arm64", "linux/amd64"]),
            tag("1.26", "b", evening - 2 * hour)
          ]),
          { repositories: ["nginx/docker-nginx"] }
        )
        assert.deepStrictEqual(written, { imageChanged: true, tagsAdded: 2, tagsMoved: 0, tagsGone: 0 })
        const entry = Option.getOrThrow(yield* catalog.image(nginx))
        assert.deepInclude(entry, {
          description: "An image",
          official: true,
          visibility: "published",
          platforms: ["linux/amd64", "linux/arm64"],
          repositories: ["nginx/docker-nginx"],
          tags: 2,
          pulls: Option.some(7n),
          lookedAt: Option.some(evening)
        })
        assert.deepStrictEqual(yield* tagsOf(catalog), [
          ["1.27", "linux/arm64 linux/amd64", false],
          ["1.26", "linux/amd64", false]
        ])
        assert.deepStrictEqual(yield* historyOf(catalog), [["1.26", "b", -2, undefined], ["1.27", "a", -1, undefined]])
        const pulls = yield* collect(store.pulls({ image: Option.some("nginx"), since: Option.none() }))
        assert.deepStrictEqual(pulls.map(({ total }) => total), [7n])
        assert.lengthOf(
          yield* store.claimImages({ limit: 10, lease: Duration.minutes(1), interval: Duration.days(1) }),
          0
        )
      })
  ),

  when("is nothing the second time, and the same state", ({ catalog }) =>
    Effect.gen(function*() {
      yield* withNginx(catalog)
      const tags = listing([tag("1.27", "a", evening), tag("odd", "b", undefined)])
      yield* lookNow(catalog, tags)
      const before = yield* Effect.all([tagsOf(catalog), historyOf(catalog)])
      yield* TestClock.adjust(Duration.hours(1))
      assert.deepStrictEqual(yield* lookNow(catalog, tags), {
        imageChanged: false,
        tagsAdded: 0,
        tagsMoved: 0,
        tagsGone: 0
      })
      assert.deepStrictEqual(yield* Effect.all([tagsOf(catalog), historyOf(catalog)]), before)
    })),

  when(
    "is a new row of history for a tag that moved, from when it was pushed, and its new platforms",
    ({ catalog }) =>
      Effect.gen(function*() {
        yield* withNginx(catalog)
        yield* lookNow(catalog, listing([tag("latest", "a", evening - 5 * hour)]))
        yield* TestClock.adjust(Duration.hours(3))
        const moved = yield* lookNow(catalog, listing([tag("latest", "b", evening + hour, ["linux/arm64"])]))
        assert.strictEqual(moved.tagsMoved, 1)
        assert.deepStrictEqual(yield* historyOf(catalog), [["latest", "b", 1, undefined], ["latest", "a", -5, 1]])
        assert.deepStrictEqual(yield* tagsOf(catalog), [["latest", "linux/arm64", false]])
        assert.deepStrictEqual(Option.getOrThrow(yield* catalog.image(nginx)).platforms, ["linux/arm64"])
        // Back to what it was, without a date that could be believed: from now on.
        yield* TestClock.adjust(Duration.hours(1))
        yield* lookNow(catalog, listing([tag("latest", "a", evening - 5 * hour)]))
        assert.deepStrictEqual((yield* historyOf(catalog))[0], ["latest", "a", 4, undefined])
      })
  ),

  when("keeps what a listing leaves open", ({ catalog }) =>
    Effect.gen(function*() {
      yield* withNginx(catalog)
      yield* lookNow(catalog, listing([tag("latest", "a", evening)]))
      const silent = { ...tag("latest", "a", undefined, []), digest: Option.none(), size: Option.none() }
      yield* lookNow(catalog, listing([silent]))
      yield* lookNow(catalog, listing([tag("latest", "a", evening, [])]))
      assert.deepStrictEqual(yield* tagsOf(catalog), [["latest", "linux/amd64", false]])
      assert.deepStrictEqual(yield* historyOf(catalog), [["latest", "a", 0, undefined]])
      const [latest] = (yield* catalog.tags("nginx")).items
      assert.deepStrictEqual(latest?.size, Option.some(1_000))
    })),

  when(
    "is a tag that is gone only by two complete listings, and one that came back",
    ({ catalog }) =>
      Effect.gen(function*() {
        yield* withNginx(catalog)
        const both = listing([tag("a", "a", evening), tag("b", "b", evening)])
        const one = listing([tag("a", "a", evening)])
        yield* lookNow(catalog, both)
        yield* lookNow(catalog, { ...one, complete: false })
        assert.strictEqual((yield* peek(catalog)).missing, 0)
        yield* lookNow(catalog, { ...one, complete: false })
        yield* lookNow(catalog, one)
        assert.strictEqual((yield* peek(catalog)).missing, 1)
        assert.deepStrictEqual((yield* tagsOf(catalog)).map(([tag]) => tag), ["a", "b"])
        // Seen again: the count begins anew.
        yield* lookNow(catalog, { ...both, tags: one.tags, others: [tag("b", "b", evening), tag("c", "c", evening)] })
        yield* lookNow(catalog, one)
        assert.deepStrictEqual((yield* tagsOf(catalog)).map(([tag]) => tag), ["a", "b"])
        yield* TestClock.adjust(Duration.hours(1))
        assert.strictEqual((yield* lookNow(catalog, one)).tagsGone, 1)
        assert.deepStrictEqual((yield* tagsOf(catalog)).map(([tag]) => tag), ["a"])
        assert.deepStrictEqual((yield* tagsOf(catalog, true)).map(([tag, , gone]) => [tag, gone]), [["a", false], [
          "b",
          true
        ]])
        assert.deepStrictEqual((yield* historyOf(catalog))[1], ["b", "b", 0, 1])
        yield* TestClock.adjust(Duration.hours(1))
        yield* lookNow(catalog, both)
        assert.deepStrictEqual((yield* historyOf(catalog)).slice(1), [["b", "b", 2, undefined], ["b", "b", 0, 1]])
      })
  ),

  when(
    "is what failed and when to try again, beside what was learnt before the failure",
    ({ catalog }) =>
      Effect.gen(function*() {
        yield* withNginx(catalog)
        const failure = Option.some({ reason: "timeout: no answer\u0000", notBefore: evening + hour })
        yield* lookNow(catalog, undefined, { failure })
        const entry = Option.getOrThrow(yield* catalog.image(nginx))
        assert.deepInclude(entry, { description: "An image", attempts: 1, lookedAt: Option.none() })
        assert.include(Option.getOrThrow(entry.lastError), "timeout")
        const due = { limit: 1, lease: Duration.minutes(1), which: { _tag: "all", since: evening + day } } as const
        assert.lengthOf(yield* catalog.claim(due), 0)
        yield* TestClock.adjust(Duration.minutes(20))
        assert.strictEqual(yield* catalog.undefer, 1)
        const [again] = yield* catalog.claim(due)
        // The repository has answered today: it need not be asked again.
        assert.deepStrictEqual(again?.refreshed, Option.some({ at: evening, lastUpdated: Option.some(evening) }))
      })
  ),

  when("leaves a person's words alone, for ever", ({ catalog }) =>
    Effect.gen(function*() {
      yield* withNginx(catalog)
      yield* lookNow(catalog, listing([tag("latest", "a", evening)]))
      const said = {
        ...noWords,
        title: Option.some("Our web server"),
        labels: ["web", "edge"],
        licence: Option.some("BSD-2-Clause"),
        visibility: Option.some("hidden" as const)
      }
      assert.isTrue(yield* catalog.say(nginx, Option.none(), () => said))
      assert.isTrue(
        yield* catalog.say(nginx, Option.some("latest"), (words) => ({ ...words, notes: Option.some("n") }))
      )
      assert.isFalse(yield* catalog.say(nginx, Option.some("none"), () => said))
      assert.isFalse(yield* catalog.say(name("redis"), Option.none(), () => said))
      for (let round = 1; round <= 6; round++) {
        yield* TestClock.adjust(Duration.days(1))
        yield* lookNow(catalog, listing([tag("latest", String(round % 10), evening + round * day)]), {
          image: Option.some({
            _tag: "Found",
            found: found({ description: `round ${round}`, licence: Option.some("MIT") }),
            counters: Option.none()
          })
        })
      }
      const entry = Option.getOrThrow(yield* catalog.image(nginx))
      assert.deepStrictEqual([entry.words, entry.visibility, entry.description], [said, "hidden", "round 6"])
      const [latest] = (yield* catalog.tags("nginx")).items
      assert.deepStrictEqual(latest?.words.notes, Option.some("n"))
      assert.deepStrictEqual(latest?.digest, Option.some(digest("6")))
      assert.lengthOf((yield* catalog.list({})).items, 0)
      assert.lengthOf((yield* catalog.list({ visibility: ["hidden"] })).items, 1)
    })),

  when(
    "is nothing once a later look was written, or the image was removed",
    ({ catalog, otherCatalog }) =>
      Effect.gen(function*() {
        yield* withNginx(catalog)
        const claim = yield* claimOne(catalog, "nginx")
        yield* TestClock.adjust(Duration.minutes(2))
        const other = yield* claimOne(otherCatalog, "nginx")
        yield* otherCatalog.record(look(other, evening + 120_000, listing([tag("new", "a", evening)])))
        yield* catalog.record(look(claim, evening, listing([tag("old", "b", evening)])))
        assert.deepStrictEqual((yield* tagsOf(catalog)).map(([tag]) => tag), ["new"])
        const again = yield* claimOne(catalog, "nginx")
        yield* catalog.remove([nginx])
        yield* catalog.record(look(again, evening + day, listing([tag("late", "b", evening)])))
        assert.isTrue(Option.isNone(yield* catalog.image(nginx)))
        yield* catalog.add([nginx], "published")
        assert.lengthOf(yield* tagsOf(catalog), 0)
      })
  ),

  when("survives counters, texts and listings that no database likes", ({ catalog }) =>
    Effect.gen(function*() {
      yield* withNginx(catalog)
      yield* lookNow(catalog, listing([tag(`_${".-_".repeat(42)}x`, "a", undefined)]), {
        image: Option.some({
          _tag: "Found",
          found: found({ description: "a\u0000b \ud800 c", categories: ["x\u0000", "\udc00"] }),
          counters: Option.some({ pulls: 10n ** 30n, stars: 1, lastUpdated: Option.none() })
        })
      })
      const entry = Option.getOrThrow(yield* catalog.image(nginx))
      assert.include(entry.description, "b")
      assert.isTrue(Option.isNone(entry.pulls))
      assert.strictEqual(entry.tags, 1)
    }))
])
