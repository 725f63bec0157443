/**
 * What a process whose clock was ten years ahead, or behind, has left behind stops nobody else.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import { assert, layer } from "@effect/vitest"
import { Chunk, Duration, Effect, Option, Stream, TestClock } from "effect"
import * as FirstSights from "../../../src/layers/store/FirstSightsSql.js"
import * as ImageCatalogSql from "../../../src/layers/store/ImageCatalogSql.js"
import * as LinkStoreSql from "../../../src/layers/store/LinkStoreSql.js"
import * as RepoDockerStoreSql from "../../../src/layers/store/RepoDockerStoreSql.js"
import * as WatchStoreSql from "../../../src/layers/store/WatchStoreSql.js"
import { look, name } from "../../support/catalogFindings.js"
import { testDatabases } from "../../support/databases.js"
import { claim, claimDaily, hit, miss, putOff, refreshed, repository } from "../../support/findings.js"
import { answers, claimed, lane, reads, thereAt } from "../../support/links.js"
import { attempt, claims, digest, saw, selection, watchOf } from "../../support/watches.js"

const now = Date.parse("2026-11-21T12:00:00Z")
const hour = 3_600_000
const years = 10 * 365 * 86_400_000

const stores = (holder: string) =>
  Effect.all({
    census: RepoDockerStoreSql.make({ holder }),
    links: LinkStoreSql.make({ holder }),
    catalog: ImageCatalogSql.make({ holder }),
    watches: WatchStoreSql.make({ holder })
  })

/** The stores of a process whose clock is off, run by that clock; then those of one whose clock is right. */
const after = <A, E, R>(
  difference: number,
  wrong: (process: Effect.Effect.Success<ReturnType<typeof stores>>, at: number) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient
    yield* sql`truncate repos, repos_docker_leases, repo_docker, repo_docker_links, repo_docker_pulls_daily,
      repo_docker_claims, repo_docker_checks, repo_docker_sources, repos_docker_readings, catalog_images, catalog_state,
      catalog_passes, image_watches, image_watch_states, image_watch_events, image_watch_deliveries,
      image_watch_updates restart identity cascade`
    yield* TestClock.setTime(now + difference)
    const made = yield* wrong(yield* stores("wrong"), now + difference)
    yield* TestClock.setTime(now)
    return { made, right: yield* stores("right"), sql }
  })

const names = (rows: ReadonlyArray<{ readonly repository: { readonly name: string } }>) =>
  rows.map(({ repository }) => repository.name).toSorted()
const images = (rows: ReadonlyArray<{ readonly image: string }>) => rows.map(({ image }) => image).toSorted()
const watched = { limit: 100, lease: Duration.minutes(2), interval: Duration.hours(24) }
const rule = { level: "minor" as const, minAge: Duration.zero, between: Option.none() }

for (const database of testDatabases.filter(({ available }) => available)) {
  for (const [how, difference] of [["ahead", years], ["behind", -years]] as const) {
    layer(database.migrated)(`${database.name}: a clock ten years ${how}`, (it) => {
      it.effect("of repositories: leased, put off and checked, they are due", () =>
        Effect.gen(function*() {
          const { right } = yield* after(difference, ({ census }, at) =>
            Effect.gen(function*() {
              yield* census.addRepositories(["leased", "deferred", "checked"].map((one) => repository(`a/${one}`)))
              for (const one of yield* census.claimRepositories(claim(10))) {
                if (one.repository.name === "deferred") {
                  yield* census.recordDiscovery([putOff(one, at, at + hour)])
                }
                if (one.repository.name === "checked") yield* census.recordDiscovery([miss(one, at)])
              }
            }))
          assert.deepStrictEqual(names(yield* right.census.claimRepositories(claim(10))), [
            "checked",
            "deferred",
            "leased"
          ])
          assert.deepStrictEqual(yield* right.census.claimRepositories(claim(10)), [])
        }))

      it.effect("of images: leased, put off, refreshed and gone, they are due today, and days to come are no last day", () =>
        Effect.gen(function*() {
          const { right } = yield* after(difference, ({ census }, at) =>
            Effect.gen(function*() {
              const all = ["leased", "deferred", "refreshed", "gone"]
              yield* census.addRepositories(all.map((one) => repository(`a/${one}`)))
              const repositories = yield* census.claimRepositories(claim(10))
              yield* census.recordDiscovery(
                repositories.map((one) => hit(one, at - 86_400_000, `a/${one.repository.name}`, 1n))
              )
              const claimed = yield* census.claimImages(claimDaily(10))
              assert.strictEqual(claimed.length, 4)
              for (const one of claimed) {
                if (one.image === "a/deferred") yield* census.recordRefresh([putOff(one, at, at + hour)])
                if (one.image === "a/refreshed") yield* census.recordRefresh([refreshed(one, at, 2n)])
                if (one.image === "a/gone") {
                  yield* census.recordRefresh([
                    { claim: one, at: at - 86_400_000, result: { _tag: "Gone" } },
                    { claim: one, at, result: { _tag: "Gone" } }
                  ])
                }
              }
            }))
          const due = yield* right.census.claimImages(claimDaily(10))
          assert.deepStrictEqual(images(due), ["a/deferred", "a/gone", "a/leased", "a/refreshed"])
          yield* right.census.recordRefresh(due.map((one) => refreshed(one, now, 3n)))
          const intervals = { discovery: Duration.days(14), refresh: Duration.hours(24) }
          const { imagesDue, lastCompleteDay } = yield* right.census.status(intervals)
          assert.deepStrictEqual([imagesDue, Option.getOrUndefined(lastCompleteDay)], [0, "2026-11-21"])
        }))

      it.effect("of looks at registries: leased, put off and answered, they are due", () =>
        Effect.gen(function*() {
          const all = ["leased", "deferred", "checked"].map((one) => `quay.io/a/${one}`)
          const { right } = yield* after(difference, ({ census, links }, at) =>
            Effect.gen(function*() {
              yield* census.addRepositories([repository("a/app")])
              const [one] = yield* census.claimRepositories(claim(1))
              if (one === undefined) return assert.fail("nothing was claimed")
              yield* census.recordDiscovery([reads(one, at, all.map((image) => claimed(image)))])
              for (const check of yield* links.claimChecks(lane("quay.io"))) {
                if (check.image.endsWith("checked")) yield* links.recordChecks([answers(check, at, thereAt())])
                if (check.image.endsWith("deferred")) {
                  yield* links.recordChecks([
                    answers(check, at, { _tag: "Deferred", reason: "503", notBefore: at + hour })
                  ])
                }
              }
              const sources = yield* links.claimSources({ ...lane("quay.io"), pullsPerDay: 100 })
              assert.strictEqual(sources.length, 1)
            }))
          assert.deepStrictEqual(images(yield* right.links.claimChecks(lane("quay.io"))), all.toSorted())
          assert.deepStrictEqual(images(yield* right.links.claimSources({ ...lane("quay.io"), pullsPerDay: 100 })), [
            "quay.io/a/checked"
          ])
        }))

      it.effect("of the catalog: leased, put off and looked at, images are due, and can be written", () =>
        Effect.gen(function*() {
          const all = ["docker.io/a/deferred", "docker.io/a/leased", "docker.io/a/looked"]
          const due = { limit: 10, lease: Duration.minutes(1), which: { _tag: "due" as const } }
          const { right } = yield* after(difference, ({ catalog }, at) =>
            Effect.gen(function*() {
              yield* catalog.add(all.map(name), "published")
              yield* catalog.beginPass(Duration.minutes(1))
              for (const one of yield* catalog.claim(due)) {
                if (one.name.image.endsWith("looked")) yield* catalog.record(look(one, at, undefined))
                if (one.name.image.endsWith("deferred")) {
                  yield* catalog.record(look(one, at, undefined, {
                    image: Option.none(),
                    failure: Option.some({ reason: "503", notBefore: at + hour })
                  }))
                }
              }
            }))
          assert.strictEqual(yield* right.catalog.beginPass(Duration.minutes(1)), now, "a pass of its own")
          const claimed = yield* right.catalog.claim(due)
          assert.deepStrictEqual(claimed.map((one) => one.name.image).toSorted(), all.map((one) => name(one).image))
          for (const one of claimed) yield* right.catalog.record(look(one, now, undefined))
          assert.deepStrictEqual(yield* right.catalog.claim(due), [])
        }))

      it.effect("of watches: leased, looked at and added, they are due, and deliveries and newer versions too", () =>
        Effect.gen(function*() {
          const { right, sql } = yield* after(difference, ({ watches }, at) =>
            Effect.gen(function*() {
              yield* watches.add([watchOf("nginx"), watchOf("redis:7", { updates: Option.some(rule) })])
              for (const one of yield* watches.claim(claims)) {
                if (one.watch.reference.repository.endsWith("nginx")) {
                  yield* watches.record([saw(one, at, digest("a"))])
                }
              }
              yield* watches.add([watchOf("alpine")])
              yield* watches.fire(selection("nginx"))
              yield* watches.fire(selection("redis:7"))
              const [first] = yield* watches.claimDeliveries({ limit: 2, lease: Duration.minutes(2) })
              if (first !== undefined) yield* watches.settle([attempt(first, at, false)], 20)
              const [one] = yield* watches.claimUpdateLooks({ ...watched, limit: 1 })
              if (one !== undefined) {
                yield* watches.recordUpdates([{ watch: one.watch.id, at, result: { _tag: "None" } }])
              }
              yield* watches.claimUpdateLooks({ ...watched, limit: 1 })
            }))
          assert.strictEqual((yield* right.watches.claim(claims)).length, 3)
          assert.strictEqual((yield* right.watches.claimDeliveries({ limit: 9, lease: Duration.minutes(2) })).length, 2)
          assert.strictEqual((yield* right.watches.claimUpdateLooks(watched)).length, 3)
          const listed = Chunk.toReadonlyArray(yield* Stream.runCollect(right.watches.list(Option.none())))
          assert.isTrue(listed.every(({ state }) => Option.getOrElse(state.checkedAt, () => 0) <= now))
          assert.deepStrictEqual(
            yield* sql`select 1 from image_watch_states where due_at > to_timestamp(${now / 1000}::float8)`,
            []
          )
        }))

      it.effect("of first sights of tags: the cool-off goes by the first time that can be true", () =>
        Effect.gen(function*() {
          const image = { registry: "quay.io", repository: `a/${how}` }
          yield* TestClock.setTime(now + difference)
          yield* (yield* FirstSights.make).see(image, ["1"])
          yield* TestClock.setTime(now)
          const seen = yield* (yield* FirstSights.make).see(image, ["1"])
          assert.strictEqual(seen.get("1"), Math.min(now, now + difference))
        }))

      it.effect("and is set right while the process runs: what it has written meanwhile is found at once", () =>
        Effect.gen(function*() {
          const { right } = yield* after(0, ({ census }) => census.addRepositories([repository("a/leased")]))
          yield* TestClock.setTime(now + difference)
          assert.strictEqual((yield* right.census.claimRepositories(claim(10))).length, 1)
          yield* TestClock.setTime(now)
          assert.strictEqual((yield* right.census.claimRepositories(claim(10))).length, 1)
        }))

      it.effect("what lies within the bounds is left alone", () =>
        Effect.gen(function*() {
          const { right } = yield* after(0, ({ census }, at) =>
            Effect.gen(function*() {
              yield* census.addRepositories(["leased", "deferred", "checked"].map((one) => repository(`a/${one}`)))
              for (const one of yield* census.claimRepositories(claim(10))) {
                if (one.repository.name === "deferred") {
                  yield* census.recordDiscovery([putOff(one, at, at + 24 * hour)])
                }
                if (one.repository.name === "checked") yield* census.recordDiscovery([miss(one, at)])
              }
            }))
          assert.deepStrictEqual(yield* right.census.claimRepositories(claim(10)), [])
        }))
    })
  }
}
