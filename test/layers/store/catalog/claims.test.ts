import { assert } from "@effect/vitest"
import { Duration, Effect, Option, TestClock } from "effect"
import type { Transient } from "../../../../src/domain/Errors.js"
import { officialImages } from "../../../../src/domain/OfficialImages.js"
import type { CatalogClaim, ImageCatalog } from "../../../../src/services/ImageCatalog.js"
import { claimOne, listing, look, name, tag } from "../../../support/catalogFindings.js"
import { collect, day, evening, hour, onEveryStore, when } from "../../../support/storeContract.js"

type Catalog = ImageCatalog["Type"]

const lease = Duration.minutes(1)

const claim = (catalog: Catalog, which: CatalogClaim["which"], limit = 10) =>
  Effect.map(catalog.claim({ limit, lease, which }), (claims) => claims.map((one) => one.name.image))

const names = (catalog: Catalog, filter: Parameters<Catalog["list"]>[0] = {}) =>
  Effect.map(catalog.list(filter), ({ items }) => items.map((one) => one.name.image))

const due = { _tag: "due" } as const

const filled = (catalog: Catalog, ...images: ReadonlyArray<string>) => catalog.add(images.map(name), "published")

onEveryStore("the catalog", [
  when("takes images in once, lets them out, and takes them back", ({ catalog }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* filled(catalog, "nginx", "library/nginx", "ghcr.io/o/n"), { added: 2, known: 0 })
      assert.deepStrictEqual(yield* filled(catalog, "nginx", "acme/app"), { added: 1, known: 1 })
      assert.deepStrictEqual(yield* names(catalog), ["acme/app", "ghcr.io/o/n", "nginx"])
      assert.deepStrictEqual(yield* catalog.remove([name("nginx"), name("redis")]), { removed: 1, unknown: ["redis"] })
      assert.deepStrictEqual(yield* names(catalog), ["acme/app", "ghcr.io/o/n"])
      assert.strictEqual(
        yield* catalog.want([{ name: name("nginx"), origin: "official" }], { fromLinks: false, as: "published" }),
        0
      )
      assert.deepStrictEqual(yield* claim(catalog, due), ["acme/app", "ghcr.io/o/n"])
      assert.deepStrictEqual(yield* filled(catalog, "nginx"), { added: 1, known: 0 })
      assert.deepStrictEqual(yield* claim(catalog, due), ["nginx"])
    })),

  when(
    "looks at what is wanted and at what people added, and only at that",
    ({ catalog, store }) =>
      Effect.gen(function*() {
        yield* filled(catalog, "acme/own")
        const options = { fromLinks: false, as: "draft" } as const
        const want = (images: ReadonlyArray<string>, more = {}) =>
          catalog.want(images.map((image) => ({ name: name(image), origin: "setting" })), { ...options, ...more })
        assert.strictEqual(yield* want(["nginx", "redis"]), 2)
        assert.strictEqual(yield* want(["nginx"]), 0)
        const claimed = yield* claim(catalog, due)
        assert.deepStrictEqual(claimed, ["acme/own", "nginx"])
        yield* catalog.release(claimed)
        assert.deepStrictEqual(
          (yield* catalog.list({})).items.map(({ name, visibility }) => [name.image, visibility]),
          [["acme/own", "published"], ["nginx", "draft"], ["redis", "draft"]]
        )
        yield* store.addRepositories([{ owner: "acme", name: "app" }])
        const [repository] = yield* store.claimRepositories({ limit: 1, lease, interval: Duration.days(14) })
        assert.isDefined(repository)
        if (repository === undefined) return
        const facts = { image: "acme/app", pulls: 1n, stars: 0, lastUpdated: Option.none() }
        const probe = { repository: repository.repository, headOid: Option.none(), dockerfiles: [] }
        yield* store.recordDiscovery([{ claim: repository, at: evening, result: { _tag: "Hit", probe, facts } }])
        assert.strictEqual(yield* want([]), 0)
        assert.strictEqual(yield* want([], { fromLinks: true }), 1)
        assert.deepStrictEqual(yield* claim(catalog, due), ["acme/app", "acme/own"])
      })
  ),

  when(
    "gives an image to one at a time, until the lease has passed",
    ({ catalog, otherCatalog }) =>
      Effect.gen(function*() {
        yield* filled(catalog, "a/a", "a/b", "a/c")
        assert.deepStrictEqual(yield* claim(catalog, due, 2), ["a/a", "a/b"])
        assert.deepStrictEqual(yield* claim(otherCatalog, due), ["a/c"])
        assert.deepStrictEqual([yield* catalog.heldByOthers(due), yield* otherCatalog.heldByOthers(due)], [1, 2])
        yield* TestClock.adjust(Duration.seconds(50))
        yield* catalog.extend(["a/a", "a/c"], lease)
        yield* catalog.release(["a/b", "a/c"])
        assert.deepStrictEqual(yield* claim(otherCatalog, due), ["a/b"])
        yield* TestClock.adjust(Duration.seconds(50))
        assert.deepStrictEqual(yield* claim(otherCatalog, due), ["a/c"])
        yield* TestClock.adjust(Duration.seconds(50))
        assert.deepStrictEqual(yield* claim(catalog, due), ["a/a", "a/b"])
      })
  ),

  when(
    "is due an interval after a look; a pass takes everything once",
    ({ catalog, otherCatalog }) =>
      Effect.gen(function*() {
        yield* filled(catalog, "a/a", "a/b")
        const first = yield* catalog.beginPass(lease)
        assert.strictEqual(first, evening)
        yield* TestClock.adjust(Duration.seconds(1))
        const one = yield* claimOne(catalog, "a/a")
        yield* catalog.record(look(one, evening + 1_000, undefined))
        assert.deepStrictEqual(yield* claim(catalog, due), ["a/b"])
        yield* catalog.release(["a/b"])
        // Whoever comes while a pass is under way joins it; the next one begins anew.
        yield* TestClock.adjust(Duration.seconds(9))
        assert.strictEqual(yield* otherCatalog.beginPass(lease), first)
        assert.deepStrictEqual(yield* claim(otherCatalog, { _tag: "all", since: first }), ["a/b"])
        yield* otherCatalog.release(["a/b"])
        yield* catalog.endPass
        yield* otherCatalog.endPass
        const second = yield* otherCatalog.beginPass(lease)
        assert.strictEqual(second, evening + 10_000)
        assert.deepStrictEqual(yield* claim(otherCatalog, { _tag: "all", since: second }), ["a/b", "a/a"])
        yield* otherCatalog.release(["a/a", "a/b"])
        // A pass that was killed lapses.
        yield* TestClock.adjust(lease)
        assert.strictEqual(yield* catalog.beginPass(lease), evening + 70_000)
        yield* TestClock.adjust(Duration.days(1))
        assert.deepStrictEqual(yield* claim(catalog, due), ["a/b", "a/a"])
      })
  ),

  when("knows what the refresh of pull counts has fetched", ({ catalog, store }) =>
    Effect.gen(function*() {
      yield* filled(catalog, "acme/app")
      yield* catalog.record(look(yield* claimOne(catalog, "acme/app"), evening, listing([tag("1", "a", evening)])))
      yield* TestClock.adjust(Duration.hours(1))
      const images = { limit: 1, lease, interval: Duration.days(1) }
      const refresh = (details: boolean) =>
        Effect.gen(function*() {
          const [image] = yield* store.claimImages(images)
          assert.isDefined(image)
          if (image === undefined) return
          const facts = { image: "acme/app", pulls: 9n, stars: 2, lastUpdated: Option.some(evening + hour) }
          yield* store.recordRefresh([{
            claim: image,
            at: evening + hour,
            result: {
              _tag: "Refreshed",
              facts: details
                ? {
                  ...facts,
                  details: {
                    description: "New words",
                    fullDescription: "![l](http://acme.example/l.png)",
                    categories: ["Web servers"],
                    registered: Option.some(0)
                  }
                }
                : facts
            }
          }])
        })
      yield* refresh(true)
      const again = yield* claimOne(catalog, "acme/app")
      assert.deepStrictEqual(
        again.refreshed,
        Option.some({ at: evening + hour, lastUpdated: Option.some(evening + hour) })
      )
      const entry = Option.getOrThrow(yield* catalog.image(name("acme/app")))
      assert.deepInclude(entry, { description: "New words", categories: ["Web servers"], pulls: Option.some(9n) })
      assert.deepStrictEqual(entry.logo, Option.some("https://acme.example/l.png"))
      yield* catalog.record({ ...look(again, evening + hour, undefined), image: Option.none() })
      assert.isTrue(Option.isNone((yield* claimOne(catalog, "acme/app")).refreshed))
    })),

  when("lists by name, search, platform and namespace, page by page", ({ catalog }) =>
    Effect.gen(function*() {
      yield* filled(catalog, "nginx", "acme/app", "acme/Web".toLowerCase(), "ghcr.io/acme/app")
      yield* catalog.record(
        look(yield* claimOne(catalog, "acme/app"), evening, listing([tag("1", "a", evening, ["linux/arm64"])]))
      )
      yield* catalog.say(name("nginx"), Option.none(), (words) => ({ ...words, labels: ["Edge"] }))
      assert.deepStrictEqual(yield* names(catalog, { official: true }), ["nginx"])
      assert.deepStrictEqual(yield* names(catalog, { official: false, search: "APP" }), [
        "acme/app",
        "ghcr.io/acme/app"
      ])
      assert.deepStrictEqual(yield* names(catalog, { platform: "linux/arm64" }), ["acme/app"])
      assert.deepStrictEqual(yield* names(catalog, { search: "edge" }), ["nginx"])
      assert.deepStrictEqual(yield* names(catalog, { search: "an image" }), ["acme/app"])
      const first = yield* catalog.list({}, { limit: 3 })
      const rest = yield* catalog.list({}, { limit: 3, after: Option.getOrThrow(first.next) })
      assert.deepStrictEqual(
        [...first.items, ...rest.items].map((one) => one.name.image),
        ["acme/app", "acme/web", "ghcr.io/acme/app", "nginx"]
      )
      assert.isTrue(Option.isNone(rest.next))
    })),

  when(
    "reads tags newest first and history by tag, page by page, and everything in a row",
    ({ catalog }) =>
      Effect.gen(function*() {
        yield* filled(catalog, "nginx", "acme/empty")
        const tags = ["a", "b", "c", "d", "e"].map((letter, i) =>
          tag(`t${letter}`, letter, i < 3 ? evening - i * hour : undefined)
        )
        yield* catalog.record(look(yield* claimOne(catalog, "nginx"), evening, listing(tags)))
        const pages = (after?: string): Effect.Effect<ReadonlyArray<string>, Transient> =>
          Effect.flatMap(catalog.tags("nginx", { limit: 2, after }), ({ items, next }) =>
            Effect.map(
              Option.match(next, { onNone: () => Effect.succeed<ReadonlyArray<string>>([]), onSome: pages }),
              (more) => [...items.map(({ tag }) => tag), ...more]
            ))
        assert.deepStrictEqual(yield* pages(), ["ta", "tb", "tc", "td", "te"])
        assert.lengthOf((yield* catalog.tags("nginx", { after: "nonsense" })).items, 5)
        assert.lengthOf((yield* catalog.tags("nginx", { platform: "linux/s390x" })).items, 0)
        const first = yield* catalog.history("nginx", Option.none(), { limit: 4 })
        const rest = yield* catalog.history("nginx", Option.none(), { limit: 4, after: Option.getOrThrow(first.next) })
        assert.deepStrictEqual([...first.items, ...rest.items].map(({ tag }) => tag), ["ta", "tb", "tc", "td", "te"])
        assert.lengthOf((yield* catalog.history("nginx", Option.some("tc"))).items, 1)
        const all = yield* collect(catalog.everything({}))
        assert.deepStrictEqual(all.map(({ image, tag }) => [image.name.image, tag.tag]), [
          ["nginx", "ta"],
          ["nginx", "tb"],
          ["nginx", "tc"],
          ["nginx", "td"],
          ["nginx", "te"]
        ])
      })
  ),

  when("has the official list as shipped, until it is replaced", ({ catalog }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* catalog.official, officialImages)
      const nginx = { name: "nginx", repositories: [{ owner: "nginx", name: "new" }], architectures: ["amd64"] }
      const others = officialImages.filter(({ name }) => name !== "nginx" && name !== "redis")
      const fresh = { name: "aaa", repositories: [], architectures: [] }
      assert.deepStrictEqual(yield* catalog.replaceOfficial([nginx, ...others, fresh]), {
        added: 1,
        changed: 1,
        removed: 1
      })
      const list = yield* catalog.official
      assert.lengthOf(list, officialImages.length)
      assert.deepStrictEqual([list[0], list.find(({ name }) => name === "nginx")], [fresh, nginx])
    })),

  when(
    "is claimed with what its tags point to, where there is no list with digests",
    ({ catalog }) =>
      Effect.gen(function*() {
        yield* filled(catalog, "ghcr.io/o/n", "nginx")
        for (const image of ["ghcr.io/o/n", "nginx"]) {
          yield* catalog.record(look(yield* claimOne(catalog, image), evening, listing([tag("1", "a", evening)])))
        }
        yield* TestClock.adjust(Duration.millis(day))
        assert.lengthOf((yield* claimOne(catalog, "ghcr.io/o/n")).tags, 1)
        assert.lengthOf((yield* claimOne(catalog, "nginx")).tags, 0)
      })
  )
])
