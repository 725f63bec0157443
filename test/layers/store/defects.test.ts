import { SqlClient } from "@effect/sql/SqlClient"
import { layer } from "@effect/vitest"
import { Duration, Effect, Option, TestClock } from "effect"
import { assert, describe } from "vitest"
import { internalError } from "../../../src/domain/Defect.js"
import * as Sql from "../../../src/layers/store/RepoDockerStoreSql.js"
import * as WatchesSql from "../../../src/layers/store/WatchStoreSql.js"
import type { RepoDockerStore } from "../../../src/services/RepoDockerStore.js"
import { claimOne as claimEntry, look, name } from "../../support/catalogFindings.js"
import { postgres } from "../../support/databases.js"
import { claim, claimDaily, hit, miss, repository } from "../../support/findings.js"
import { answers, lane, says, thereAt } from "../../support/links.js"
import { day, evening, hour, onEveryStore, when } from "../../support/storeContract.js"
import { looked, watchOf } from "../../support/watches.js"

const intervals = { discovery: Duration.days(14), refresh: Duration.days(1) }
const held = (store: RepoDockerStore["Type"]) => Effect.map(store.status(intervals), ({ defects }) => defects)

const died = (what: string, notBefore: number) => ({
  _tag: "Deferred" as const,
  reason: `${internalError}${what}`,
  notBefore
})

onEveryStore("defects", [
  when(
    "are held by the rows that died, until they have an answer",
    ({ catalog, links, store }) =>
      Effect.gen(function*() {
        yield* store.addRepositories([repository("a/dies"), repository("a/well")])
        assert.deepStrictEqual(yield* held(store), { rows: 0, newest: [] })
        const [first, second] = yield* store.claimRepositories(claim(2))
        if (first === undefined || second === undefined) return assert.fail("nothing was claimed")
        yield* store.recordDiscovery([
          { claim: first, at: evening, result: died("boom", evening + hour) },
          hit(second, evening, "a/well", 5n)
        ])
        assert.deepStrictEqual(yield* held(store), {
          rows: 1,
          newest: [{
            job: "discovery",
            subject: "a/dies",
            reason: "internal error: boom",
            since: evening,
            at: evening,
            times: 1,
            retryAt: Option.some(evening + hour)
          }]
        })

        yield* TestClock.setTime(evening + day)
        const [again] = yield* store.claimRepositories(claim(2))
        if (again === undefined) return assert.fail("it is not tried again")
        yield* store.recordDiscovery([{ claim: again, at: evening + day, result: died("boom", evening + 2 * day) }])
        const [image] = yield* store.claimImages(claimDaily(1))
        if (image === undefined) return assert.fail("no image is due")
        yield* store.recordRefresh([{ claim: image, at: evening + day, result: died("of the Hub", evening + 2 * day) }])
        yield* catalog.add([name("nginx")], "published")
        const entry = yield* claimEntry(catalog, "nginx")
        yield* catalog.record(look(entry, evening + day, undefined, {
          image: Option.none(),
          failure: Option.some(died("of the catalog", evening + 2 * day))
        }))
        yield* links.add(repository("a/well"), "ghcr.io/a/app", "ghcr.io")
        const [check] = yield* links.claimChecks(lane("ghcr.io"))
        if (check === undefined) return assert.fail("there is nothing to look for")
        yield* links.recordChecks([answers(check, evening + day, died("of a registry", evening + 2 * day))])
        const { newest, rows } = yield* held(store)
        assert.strictEqual(rows, 4)
        assert.deepStrictEqual(newest.map(({ job, subject, times }) => [job, subject, times]), [
          ["catalog", "nginx", 1],
          ["discovery", "a/dies", 2],
          ["refresh", "a/well", 1],
          ["registries", "ghcr.io/a/app", 1]
        ])
        assert.strictEqual(newest[1]?.since, evening)

        yield* TestClock.setTime(evening + 3 * day)
        const [last] = yield* store.claimRepositories(claim(1))
        if (last === undefined) return assert.fail("it is not tried again")
        yield* store.recordDiscovery([miss(last, evening + 3 * day)])
        const [found] = yield* links.claimChecks(lane("ghcr.io"))
        if (found === undefined) return assert.fail("it is not looked for again")
        yield* links.recordChecks([answers(found, evening + 3 * day, thereAt())])
        const [source] = yield* links.claimSources({ ...lane("ghcr.io"), pullsPerDay: 100 })
        if (source === undefined) return assert.fail("it is not verified")
        yield* links.recordSources([{
          ...says(source, evening + 3 * day, undefined),
          result: died("of a label", evening + 4 * day)
        }])
        assert.deepStrictEqual((yield* held(store)).newest.map(({ job }) => job).sort(), [
          "catalog",
          "refresh",
          "verification"
        ])
      })
  )
])

describe.skipIf(!postgres.available)("what strangers write", () => {
  layer(postgres.migrated, { timeout: 60_000 })((it) => {
    it.effect("watches, updates and deliveries that died are among the rows that hold a defect", () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(evening)
        const sql = yield* SqlClient
        const store = yield* Sql.make({ holder: "one" })
        const watches = yield* WatchesSql.make({ holder: "one" })
        yield* watches.add([watchOf("nginx:1")])
        const [claim] = yield* watches.claim({ limit: 1, lease: Duration.minutes(1) })
        if (claim === undefined) return assert.fail("nothing is due")
        yield* watches.record([
          looked(claim, evening, { _tag: "Deferred", problem: "internal error: a", parked: false })
        ])
        const [update] = yield* watches.claimUpdateLooks({
          limit: 1,
          lease: Duration.minutes(1),
          interval: Duration.days(1)
        })
        if (update === undefined) return assert.fail("no update is due")
        yield* watches.recordUpdates([{
          watch: update.watch.id,
          at: evening,
          result: { _tag: "Deferred", problem: "internal error: b", notBefore: evening + hour }
        }])
        yield* watches.fire({ reference: "docker.io/library/nginx:1", platform: Option.none() })
        const [delivery] = yield* watches.claimDeliveries({ limit: 1, lease: Duration.minutes(1) })
        if (delivery === undefined) return assert.fail("nothing is to be delivered")
        yield* watches.settle([{
          claim: delivery,
          attempt: {
            at: evening,
            ok: false,
            result: "internal error: c\u0000\ud800",
            output: Option.some("\u0000\udfff"),
            notBefore: evening + hour
          }
        }], 20)
        const { newest } = yield* held(store)
        assert.deepStrictEqual(newest.map(({ job, reason, subject }) => [job, subject, reason]), [
          ["deliveries", "docker.io/library/nginx:1", "internal error: c\ufffd"],
          ["updates", "docker.io/library/nginx:1", "internal error: b"],
          ["watch", "docker.io/library/nginx:1", "internal error: a"]
        ])
        // Those of rows that are gone are not held.
        yield* sql`delete from image_watches`
        assert.deepStrictEqual((yield* held(store)).newest.map(({ job }) => job), ["deliveries"])
      }))

    it.effect("a stored watch of a registry that no URL can name is listed, looked at and taken out", () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(evening)
        const sql = yield* SqlClient
        const watches = yield* WatchesSql.make({ holder: "one" })
        yield* watches.add([watchOf("nginx:2"), watchOf("redis:1")])
        const stored = "256.256.256.256/library/base:1"
        yield* sql`update image_watches set reference = ${stored} where reference = 'docker.io/library/nginx:2'`
        const claims = yield* watches.claim({ limit: 9, lease: Duration.minutes(1), since: evening + 1 })
        assert.include(claims.map(({ watch }) => watch.reference.registry), "256.256.256.256")
        assert.strictEqual(yield* watches.remove({ reference: stored, platform: Option.none() }), 1)
      }))
  })
})
