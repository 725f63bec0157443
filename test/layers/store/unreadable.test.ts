import { SqlClient } from "@effect/sql/SqlClient"
import { layer } from "@effect/vitest"
import { Duration, Effect, Option, TestClock } from "effect"
import { assert, describe } from "vitest"
import { dayOf } from "../../../src/domain/UtcDay.js"
import { makeJournal } from "../../../src/layers/contained.js"
import * as PagesSql from "../../../src/layers/store/CensusPagesSql.js"
import * as CatalogSql from "../../../src/layers/store/ImageCatalogSql.js"
import * as LinksSql from "../../../src/layers/store/LinkStoreSql.js"
import * as Sql from "../../../src/layers/store/RepoDockerStoreSql.js"
import * as WatchesSql from "../../../src/layers/store/WatchStoreSql.js"
import { DefectJournal } from "../../../src/services/DefectJournal.js"
import { claimOne as claimEntry, listing, look, name, tag } from "../../support/catalogFindings.js"
import { postgres } from "../../support/databases.js"
import { hit, repository } from "../../support/findings.js"
import { claimed, claimOne, reads } from "../../support/links.js"
import { collect, evening, everything, hour } from "../../support/storeContract.js"
import { attempt, digest, saw, selection, watchOf, webhook } from "../../support/watches.js"

const lease = Duration.minutes(1)
const one = { limit: 1, lease }
const nightly = { limit: 9, lease, interval: Duration.days(1) }
const intervals = { discovery: Duration.days(14), refresh: Duration.days(1) }
const secret = "https://hooks.example.org/services/T0AAAAA/s3cr3t"

const makeAll = Effect.gen(function*() {
  const sql = yield* SqlClient
  yield* sql`truncate repos, repos_docker_leases, repo_docker, repo_docker_links, repos_docker_readings,
    repo_docker_claims, repo_docker_checks, repo_docker_sources, catalog_images, catalog_state, catalog_tags,
    catalog_tag_digests, catalog_words, image_watches, image_watch_states, image_watch_events, image_watch_deliveries,
    image_watch_updates, image_census_defects restart identity cascade`
  yield* TestClock.setTime(evening)
  const holder = { holder: "one" }
  return {
    sql,
    store: yield* Sql.make(holder),
    links: yield* LinksSql.make(holder),
    catalog: yield* CatalogSql.make(holder),
    watches: yield* WatchesSql.make(holder),
    pages: yield* PagesSql.make
  }
})

const update = {
  tag: "9",
  change: "minor",
  digest: Option.some(digest("9")),
  publishedAt: Option.none(),
  notes: Option.none()
} as const

describe.skipIf(!postgres.available)("a stored row that cannot be read", () => {
  layer(postgres.migrated, { timeout: 60_000 })((it) => {
    const broken: ReadonlyArray<readonly [string, string]> = [
      ["whose actions have another shape", `update image_watches set actions = '[{"url": "${secret}"}]'`],
      ["whose actions are no list", `update image_watches set actions = '{"url": "${secret}"}'`],
      ["whose reference is none", `update image_watches set reference = 'http://[x'`],
      ["whose digest is none", `update image_watch_states s set digest = 'x', outcome = 'seen' from image_watches`],
      ["whose platform is none", `update image_watches set platform = '?'`]
    ]
    for (const [what, statement] of broken) {
      it.effect(`of a watch ${what}, costs that watch: it keeps why and is tried again later`, () =>
        Effect.gen(function*() {
          const { sql, store, watches } = yield* makeAll
          yield* watches.add([watchOf("nginx:1"), watchOf("redis:1")])
          yield* watches.claim({ limit: 1, lease })
          const where = statement.includes(" from ")
            ? " where image_watches.id = s.watch_id and image_watches.id = 1"
            : " where id = 1"
          yield* sql.unsafe(statement + where)
          yield* TestClock.setTime(evening + hour)

          // One at a time: that nothing else was claimed does not mean that nothing is due.
          const claims = yield* watches.claim(one)
          assert.deepStrictEqual(claims.map(({ watch }) => watch.reference.repository), ["library/redis"])
          yield* watches.record(claims.map((claim) => saw(claim, evening + hour, digest("a"))))
          assert.deepStrictEqual(yield* watches.claim(one), [])
          // Nor does a pass over everything look at it again and again.
          const all = yield* watches.claim({ limit: 9, lease, since: evening + hour })
          assert.deepStrictEqual(all, [])

          const { defects } = yield* store.status(intervals)
          assert.strictEqual(defects.rows, 1)
          assert.match(defects.newest[0]?.reason ?? "", /^internal error: the stored row cannot be read: [a-z]+/)
          assert.notInclude(JSON.stringify(defects), "s3cr3t")
          const retryAt = Option.getOrThrow(defects.newest[0]?.retryAt ?? Option.none())
          assert.isAbove(retryAt, evening + hour)

          // The rest is listed.
          const listed = yield* collect(watches.list(Option.none()))
          assert.deepStrictEqual(listed.map(({ watch }) => watch.reference.repository), ["library/redis"])

          yield* TestClock.setTime(retryAt)
          yield* watches.claim({ limit: 9, lease })
          const again = (yield* store.status(intervals)).defects
          assert.strictEqual(again.newest[0]?.times, 2)
          assert.isAbove(
            Option.getOrThrow(again.newest[0]?.retryAt ?? Option.none()) - retryAt,
            retryAt - evening - hour
          )

          // Mended, it is claimed like any other.
          yield* sql`update image_watches set reference = 'docker.io/library/nginx:1', platform = '', actions = '[]'
            where id = 1`
          yield* sql`update image_watch_states set digest = null, outcome = null where watch_id = 1`
          yield* TestClock.setTime(evening + 10 * hour)
          assert.strictEqual((yield* watches.claim({ limit: 9, lease })).length, 2)
        }))
    }

    it.effect("of an update, costs that update, at the look and when it is told", () =>
      Effect.gen(function*() {
        const { sql, store, watches } = yield* makeAll
        const updates = Option.some({ level: "minor", minAge: Duration.zero, between: Option.none() } as const)
        yield* watches.add([watchOf("nginx:1", { updates }), watchOf("redis:1", { updates })])
        const newest = (found: string) =>
          Effect.flatMap(watches.claimUpdateLooks(nightly), (claims) =>
            watches.recordUpdates(claims.map(({ watch }) => ({
              watch: watch.id,
              at: evening,
              result: { _tag: "Found", update: { ...update, tag: found } }
            }))))
        yield* newest("8")
        yield* TestClock.setTime(evening + 30 * hour)
        yield* newest("9")
        yield* sql`update image_watch_updates set newest = '{"_tag": "UpdateFound"}' where watch_id = 1`
        const told = yield* watches.fireUpdates
        assert.deepStrictEqual(told.map(({ reference }) => reference.repository), ["library/redis"])
        assert.deepStrictEqual(yield* watches.fireUpdates, [])
        const held = (yield* store.status(intervals)).defects
        assert.deepStrictEqual(held.newest.map(({ job, subject, times }) => [job, subject, times]), [
          ["updates", "docker.io/library/nginx:1", 1]
        ])
        yield* TestClock.setTime(evening + 60 * hour)
        const looks = yield* watches.claimUpdateLooks(nightly)
        assert.deepStrictEqual(looks.map(({ watch }) => watch.reference.repository), ["library/redis"])
      }))

    it.effect("an update whose event the database refuses keeps no other from being told", () =>
      Effect.gen(function*() {
        const { sql, store, watches } = yield* makeAll
        const updates = Option.some({ level: "minor", minAge: Duration.zero, between: Option.none() } as const)
        const names = ["a", "b", "c", "d", "e"]
        yield* watches.add(names.map((name) => watchOf(`${name}:1`, { updates })))
        for (const [at, found] of [[evening, "8"], [evening + 30 * hour, "9"]] as const) {
          yield* TestClock.setTime(at)
          const claims = yield* watches.claimUpdateLooks(nightly)
          yield* watches.recordUpdates(claims.map(({ watch }) => ({
            watch: watch.id,
            at,
            result: { _tag: "Found", update: { ...update, tag: found } }
          })))
        }
        yield* sql`alter table image_watch_events add constraint refuses check (reference not like '%/c:1')`
        const told = yield* watches.fireUpdates
        yield* sql`alter table image_watch_events drop constraint refuses`
        assert.deepStrictEqual(told.map(({ reference }) => reference.repository).sort(), [
          "library/a",
          "library/b",
          "library/d",
          "library/e"
        ])
        const held = (yield* store.status(intervals)).defects
        assert.deepStrictEqual(held.newest.map(({ job, subject }) => [job, subject]), [
          ["updates", "docker.io/library/c:1"]
        ])
        assert.match(held.newest[0]?.reason ?? "", /^internal error: refused by the database: /)
        assert.deepStrictEqual(yield* watches.fireUpdates, [])
        // It is told when it is tried again.
        yield* TestClock.setTime(evening + 31 * hour)
        assert.strictEqual((yield* watches.fireUpdates).length, 1)
      }))

    it.effect("of an event or an action, costs that delivery, which is given up in the end", () =>
      Effect.gen(function*() {
        const { sql, store, watches } = yield* makeAll
        yield* watches.add([
          watchOf("nginx:1", { actions: [webhook()] }),
          watchOf("redis:1"),
          watchOf("busybox:1")
        ])
        for (const text of ["nginx:1", "redis:1", "busybox:1"]) yield* watches.fire(selection(text))
        yield* sql`update image_watch_events set detail = '{"_tag": "Moved"}' where reference like '%nginx:1'`
        yield* sql.unsafe(`update image_watches set actions = '{"url": "${secret}"}' where reference like '%redis:1'`)
        const deliveries = yield* watches.claimDeliveries(one)
        assert.deepStrictEqual(deliveries.map(({ event }) => event.reference.repository), ["library/busybox"])
        yield* watches.settle(deliveries.map((claim) => attempt(claim, evening, true)), 20)
        const held = (yield* store.status(intervals)).defects
        assert.deepStrictEqual(held.newest.map(({ job, subject }) => `${job} ${subject}`).sort(), [
          "deliveries docker.io/library/nginx:1",
          "deliveries docker.io/library/redis:1"
        ])
        assert.notInclude(JSON.stringify(held), "s3cr3t")
        // The events that can be read are shown, and a page is full while there are more.
        const page = yield* watches.events({ limit: 2 })
        assert.deepStrictEqual(page.map(({ event }) => event.reference.repository), [
          "library/redis",
          "library/busybox"
        ])
        for (let days = 1; days <= 20; days++) {
          yield* TestClock.setTime(evening + days * 25 * hour)
          yield* watches.claimDeliveries(one)
        }
        assert.deepStrictEqual(
          (yield* watches.events({ limit: 9 })).map(({ status }) => status),
          ["dead", "delivered"]
        )
      }))

    it.effect("of what was read in a repository, is read at GitHub again, and shows nothing until then", () =>
      Effect.gen(function*() {
        const { links, sql, store } = yield* makeAll
        const journal = yield* makeJournal
        yield* Effect.gen(function*() {
          for (const text of ["a/one", "a/two"]) {
            const claim = yield* claimOne(store, text)
            yield* store.recordDiscovery([reads(claim, evening, [claimed(`ghcr.io/${text}`)])])
          }
          yield* sql`update repos_docker_readings set workflows = '[{"path": 5}]'
            where repo_id = (select id from repos where name = 'one')`
          yield* TestClock.setTime(evening + 15 * 24 * hour)
          const claims = yield* store.claimRepositories({ limit: 9, lease, interval: Duration.days(14) })
          assert.deepStrictEqual(claims.map(({ known, repository }) => [repository.name, known !== undefined]), [
            ["one", false],
            ["two", true]
          ])
          const explained = yield* Effect.flatten(links.explain(repository("a/one")))
          assert.deepStrictEqual(explained.workflows, [])
          assert.strictEqual(explained.claims.length, 1)
          const [first] = claims
          if (first === undefined) return assert.fail("nothing was claimed")
          yield* store.recordDiscovery([reads(first, evening + 15 * 24 * hour, [])])
          const mended = yield* Effect.flatten(links.explain(repository("a/one")))
          assert.strictEqual(mended.workflows.length, 1)
        }).pipe(Effect.provideService(DefectJournal, journal))
        assert.strictEqual((yield* journal.met).length, 1, "it is told once")
      }))

    it.effect("of the catalog, is left out of its list and of its image's tags", () =>
      Effect.gen(function*() {
        const { catalog, sql } = yield* makeAll
        yield* catalog.add(["ghcr.io/a/one", "ghcr.io/a/two"].map(name), "published")
        const entry = yield* claimEntry(catalog, "ghcr.io/a/one")
        const tags = ["1", "2", "3"].map((text) => tag(text, "a", evening))
        yield* catalog.record(look(entry, evening, listing(tags)))
        yield* sql`update catalog_tags set digest = 'none' where tag = '3'`
        yield* sql`update catalog_tag_digests set digest = 'none' where tag = '3'`
        const first = yield* catalog.tags("ghcr.io/a/one", { limit: 2 })
        const all = yield* catalog.tags("ghcr.io/a/one")
        assert.deepStrictEqual(all.items.map(({ tag }) => tag), ["1", "2"])
        assert.strictEqual(first.items.length, 2)
        const history = yield* catalog.history("ghcr.io/a/one", Option.none())
        assert.deepStrictEqual(history.items.map(({ tag }) => tag), ["1", "2"])
        yield* sql`update catalog_images set origin = 'nobody' where image_name = 'ghcr.io/a/two'`
        const page = yield* catalog.list({})
        assert.deepStrictEqual(page.items.map(({ name }) => name.image), ["ghcr.io/a/one"])
        // A page that ends with such a row goes on behind it.
        yield* sql`update catalog_images set origin = 'nobody' where image_name = 'ghcr.io/a/one'`
        yield* sql`update catalog_images set origin = 'person' where image_name = 'ghcr.io/a/two'`
        const broken = yield* catalog.list({}, { limit: 1 })
        assert.deepStrictEqual([broken.items.length, broken.next], [0, Option.some("ghcr.io/a/one")])
        yield* TestClock.setTime(evening + 100 * 24 * hour)
        const claims = yield* catalog.claim({ which: { _tag: "due" }, limit: 9, lease })
        const tagsOf = new Map(claims.map(({ name, tags }) => [name.image, tags.map(({ tag }) => tag)]))
        assert.deepStrictEqual(tagsOf.get("ghcr.io/a/one"), ["1", "2"])
      }))

    it.effect("names that no database can keep are found nowhere", () =>
      Effect.gen(function*() {
        const { catalog, links, pages, store, watches } = yield* makeAll
        const [claim] = yield* store.claimNamed([repository("a/nginx")], lease)
        if (claim === undefined) return assert.fail("nothing was claimed")
        yield* store.recordDiscovery([hit(claim, evening, "a/nginx", 1n)])
        yield* catalog.add([name("nginx")], "published")
        yield* watches.add([watchOf("nginx:1")])
        for (const text of ["nginx\u0000", "\ud800nginx", "\u0000"]) {
          const odd = { owner: "a", name: text }
          const search = { search: Option.some(text) }
          const answers = yield* Effect.all({
            list: Effect.map(catalog.list({ search: text }), ({ items }) => items),
            platform: Effect.map(catalog.list({ platform: text }), ({ items }) => items),
            after: Effect.map(catalog.list({}, { after: text }), ({ items }) => items),
            entry: Effect.map(catalog.image({ ...name("nginx"), image: text }), Option.toArray),
            tags: Effect.map(catalog.tags(text, { platform: text, after: `1:${text}` }), ({ items }) => items),
            history: Effect.map(catalog.history(text, Option.some(text), { after: `1:${text}` }), ({ items }) => items),
            images: collect(store.images(search)),
            image: Effect.map(store.image(text), Option.toArray),
            repositories: collect(store.repositories(search)),
            pulls: collect(store.pulls({ image: Option.some(text), since: Option.none() })),
            links: collect(links.links({ repository: odd, image: text })),
            explain: Effect.map(links.explain(odd), Option.toArray),
            activity: links.activity(text, Option.none()),
            watches: collect(watches.list(Option.some({ reference: text, platform: Option.some(text) }))),
            fired: watches.fire({ reference: text, platform: Option.none() }),
            events: watches.events({ limit: 9, id: text, watch: text }),
            page: pages.images({
              search: Option.some(text),
              registry: Option.some(text),
              order: "name",
              after: Option.none(),
              limit: 9
            }),
            paged: pages.repositories({ search: Option.some(text), after: Option.none(), limit: 9 }),
            detail: Effect.map(pages.repository(odd), Option.toArray),
            shown: Effect.map(pages.image(text), Option.toArray)
          })
          for (const [what, found] of Object.entries(answers)) assert.deepStrictEqual([...found], [], what)
          assert.strictEqual((yield* pages.counts([text], dayOf(evening), dayOf(evening))).size, 0)
          assert.strictEqual(yield* watches.remove({ reference: text, platform: Option.none() }), 0)
          assert.strictEqual(yield* watches.retry(Option.some(text)), 0)
          assert.isFalse(yield* links.remove(odd, text))
          assert.isFalse(yield* catalog.say({ ...name("nginx"), image: text }, Option.some(text), (words) => words))
        }
        assert.strictEqual((yield* collect(store.images(everything))).length, 1)
      }))
  })
})
