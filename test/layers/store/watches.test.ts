import { Chunk, Duration, Effect, Option, Stream, TestClock } from "effect"
import { assert } from "vitest"
import { canonical } from "../../../src/domain/ImageReference.js"
import {
  amd64,
  attempt,
  claims,
  digest,
  lookAll,
  looked,
  minute,
  night,
  onEveryWatchStore,
  saw,
  selection,
  watchOf,
  webhook,
  when
} from "../../support/watches.js"

const [a, b, c] = [digest("a"), digest("b"), digest("c")]

const collect = <A, E>(stream: Stream.Stream<A, E>) => Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

const all = { limit: 100 }

const references = (
  found: ReadonlyArray<{ readonly watch: { readonly reference: Parameters<typeof canonical>[0] } }>
) => found.map(({ watch }) => canonical(watch.reference))

onEveryWatchStore("watches", [
  when(
    "are added once for each platform, changed when added again, and removed",
    ({ store }) =>
      Effect.gen(function*() {
        const ofPlatform = watchOf("nginx", { platform: amd64 })
        const first = yield* store.add([
          watchOf("nginx"),
          ofPlatform,
          watchOf("ghcr.io/o/n:1"),
          watchOf("nginx:latest")
        ])
        assert.deepStrictEqual(first, { added: 3, changed: 0 })
        const again = yield* store.add([watchOf("nginx", { every: Duration.hours(1), actions: [] })])
        assert.deepStrictEqual(again, { added: 0, changed: 1 })
        const listed = yield* collect(store.list(Option.none()))
        assert.deepStrictEqual(references(listed), [
          "docker.io/library/nginx:latest",
          "docker.io/library/nginx:latest",
          "ghcr.io/o/n:1"
        ])
        assert.deepStrictEqual(listed.map(({ watch }) => Duration.toMinutes(watch.every)), [60, 5, 5])
        assert.deepStrictEqual(listed.map(({ watch }) => watch.actions.length), [0, 1, 1])
        assert.strictEqual(yield* store.remove(selection("nginx", Option.some("linux/amd64"))), 1)
        assert.strictEqual(yield* store.remove(selection("nginx")), 1)
        assert.strictEqual(yield* store.remove(selection("nginx")), 0)
        assert.deepStrictEqual(references(yield* collect(store.list(Option.some(selection("ghcr.io/o/n:1"))))), [
          "ghcr.io/o/n:1"
        ])
      })
  ),

  when(
    "are left as they are where only new ones are wanted",
    ({ other, store }) =>
      Effect.gen(function*() {
        const mine = watchOf("nginx", {
          actions: [{ _tag: "Command", argv: ["redeploy"] }, webhook()],
          updates: Option.some({ level: "minor", minAge: Duration.days(1), between: Option.none() })
        })
        yield* store.add([mine])
        yield* store.fire(selection("nginx"))
        const theirs = [watchOf("nginx", { actions: [] }), watchOf("nginx", { platform: amd64 })]
        assert.deepStrictEqual(yield* other.add(theirs, { onlyNew: true }), { added: 1, changed: 0 })
        const [kept, fresh] = yield* collect(store.list(Option.none()))
        assert.deepStrictEqual([kept?.watch.actions, kept?.watch.updates], [mine.actions, mine.updates])
        assert.deepStrictEqual([kept?.pending, fresh?.pending], [2, 0])
        const both = [watchOf("redis"), watchOf("redis")]
        const counts = yield* Effect.all([
          store.add(both, { onlyNew: true }),
          other.add(both, { onlyNew: true })
        ], { concurrency: 2 })
        assert.strictEqual(counts.reduce((sum, { added }) => sum + added, 0), 1)
      })
  ),

  when("keep their rule, platform and actions as they were given", ({ store }) =>
    Effect.gen(function*() {
      const watch = watchOf("nginx:1.27", {
        platform: amd64,
        actions: [webhook("http://10.0.0.1/x"), { _tag: "Command", argv: ["docker", "pull", "a b"] }],
        updates: Option.some({ level: "patch", minAge: Duration.days(3), between: Option.some({ from: 120, to: 300 }) })
      })
      yield* store.add([watch])
      const [stored] = yield* collect(store.list(Option.none()))
      assert.isDefined(stored)
      const { id: _, ...kept } = stored?.watch ?? { id: "" }
      assert.deepStrictEqual(kept, watch)
    })),

  when(
    "are due at once, then after their interval, and never while another looks at them",
    ({ other, store }) =>
      Effect.gen(function*() {
        yield* store.add([watchOf("nginx"), watchOf("ghcr.io/o/n:1")])
        const first = yield* store.claim({ ...claims, without: ["docker.io"] })
        assert.deepStrictEqual(references(first), ["ghcr.io/o/n:1"])
        const rest = yield* other.claim(claims)
        assert.deepStrictEqual(references(rest), ["docker.io/library/nginx:latest"])
        yield* store.record(first.map((claim) => saw(claim, night, a)))
        assert.deepStrictEqual(yield* store.nextDue(), Option.some(night + 5 * minute))
        assert.deepStrictEqual(yield* store.nextDue(["ghcr.io"]), Option.none())
        yield* other.release(rest)
        assert.deepStrictEqual(references(yield* store.claim(claims)), ["docker.io/library/nginx:latest"])
        yield* TestClock.setTime(night + 2 * minute - 1)
        assert.deepStrictEqual(yield* other.claim(claims), [])
        yield* TestClock.setTime(night + 2 * minute)
        assert.strictEqual((yield* other.claim(claims)).length, 1)
        yield* TestClock.setTime(night + 5 * minute)
        assert.strictEqual((yield* other.claim(claims)).length, 2)
      })
  ),

  when(
    "seed first, stay quiet while nothing moves, and tell each move once",
    ({ other, store }) =>
      Effect.gen(function*() {
        yield* store.add([watchOf("nginx", { actions: [webhook(), webhook("https://hooks.example.org/two")] })])
        assert.deepStrictEqual(yield* lookAll(store, night, a), { seeded: 1, events: [], elsewhere: 0, lost: 0 })
        assert.deepStrictEqual(yield* lookAll(store, night + 5 * minute, a), {
          seeded: 0,
          events: [],
          elsewhere: 0,
          lost: 0
        })
        const moved = yield* lookAll(other, night + 10 * minute, b)
        assert.strictEqual(moved.events.length, 1)
        const [event] = moved.events
        assert.deepStrictEqual(event?.detail, { _tag: "Moved", from: a, to: b, tagFrom: a, tagTo: b })
        assert.strictEqual(event?.type, "image-census.tag.moved")
        const [stored] = yield* store.events(all)
        assert.deepStrictEqual(stored?.event, event)
        assert.strictEqual(stored?.status, "pending")
        assert.deepStrictEqual(stored?.deliveries.map(({ position }) => position), [0, 1])
        const [listed] = yield* collect(store.list(Option.none()))
        assert.strictEqual(listed?.state.moves, 1)
        assert.deepStrictEqual(listed?.state.digest, Option.some(b))
        assert.deepStrictEqual(listed?.state.since, Option.some(night + 10 * minute))
        assert.strictEqual(listed?.pending, 2)
      })
  ),

  when("of one platform tell its moves alone, and count the others", ({ store }) =>
    Effect.gen(function*() {
      yield* store.add([watchOf("nginx", { platform: amd64 })])
      yield* lookAll(store, night, a, Option.some(c))
      const elsewhere = yield* lookAll(store, night + 5 * minute, b, Option.some(c))
      assert.deepStrictEqual([elsewhere.events.length, elsewhere.elsewhere], [0, 1])
      const [listed] = yield* collect(store.list(Option.none()))
      assert.deepStrictEqual(listed?.state.digest, Option.some(b))
      const moved = yield* lookAll(store, night + 10 * minute, a, Option.some(b))
      assert.deepStrictEqual(moved.events.map(({ detail }) => detail), [
        { _tag: "Moved", from: c, to: b, tagFrom: b, tagTo: a }
      ])
    })),

  when(
    "show what cannot be seen, keep the digest, and tell the move when the tag is back",
    ({ store }) =>
      Effect.gen(function*() {
        yield* store.add([watchOf("nginx")])
        yield* lookAll(store, night, a)
        yield* TestClock.setTime(night + 5 * minute)
        const [gone] = yield* store.claim(claims)
        assert.isDefined(gone)
        if (gone === undefined) return
        yield* store.record([
          looked(gone, night + 5 * minute, {
            _tag: "Unseen",
            outcome: "not-found",
            problem: "no such tag\u0000 \uD800"
          })
        ])
        const [listed] = yield* collect(store.list(Option.none()))
        assert.deepStrictEqual(listed?.state.outcome, Option.some("not-found"))
        assert.deepStrictEqual(listed?.state.digest, Option.some(a))
        assert.deepStrictEqual((yield* lookAll(store, night + 10 * minute, a)).events, [])
        assert.strictEqual((yield* lookAll(store, night + 15 * minute, b)).events.length, 1)
      })
  ),

  when("change nothing without a definite answer but when to look again", ({ store }) =>
    Effect.gen(function*() {
      yield* store.add([watchOf("nginx")])
      yield* lookAll(store, night, a)
      yield* TestClock.setTime(night + 5 * minute)
      const [claimed] = yield* store.claim(claims)
      assert.isDefined(claimed)
      if (claimed === undefined) return
      yield* store.record([
        looked(claimed, night + 5 * minute, { _tag: "Deferred", problem: "HTTP 503", parked: false })
      ])
      const [listed] = yield* collect(store.list(Option.none()))
      assert.deepStrictEqual(listed?.state, {
        ...claimed.state,
        triedAt: Option.some(night + 5 * minute),
        dueAt: night + 10 * minute,
        attempts: 1,
        problem: Option.some("HTTP 503")
      })
    })),

  when(
    "are looked at before they are due where that is asked, unless the registry asked to wait",
    ({ store }) =>
      Effect.gen(function*() {
        yield* store.add([watchOf("nginx"), watchOf("redis"), watchOf("ghcr.io/o/n:1")])
        const claimed = yield* store.claim(claims)
        yield* store.record(
          claimed.map((claim, index) =>
            index === 0
              ? saw(claim, night, a)
              : looked(claim, night, { _tag: "Deferred", problem: "no answer", parked: index === 1 })
          )
        )
        yield* TestClock.setTime(night + minute)
        assert.deepStrictEqual(yield* store.claim(claims), [])
        assert.deepStrictEqual(yield* store.claim({ ...claims, since: night }), [])
        const early = yield* store.claim({ ...claims, since: night + minute })
        assert.deepStrictEqual(early.map(({ watch }) => watch.id), [claimed[0]?.watch.id, claimed[2]?.watch.id])
      })
  ),

  when("take no finding whose lease has passed to another", ({ other, store }) =>
    Effect.gen(function*() {
      yield* store.add([watchOf("nginx")])
      yield* lookAll(store, night, a)
      yield* TestClock.setTime(night + 5 * minute)
      const late = yield* store.claim(claims)
      yield* TestClock.setTime(night + 8 * minute)
      const again = yield* other.claim(claims)
      yield* other.record(again.map((claim) => saw(claim, night + 8 * minute, b)))
      const lost = yield* store.record(late.map((claim) => saw(claim, night + 5 * minute, a)))
      assert.strictEqual(lost.lost, 1)
      assert.strictEqual((yield* store.events(all)).length, 1)
    })),

  when("are fired by hand, with what is known of them", ({ store }) =>
    Effect.gen(function*() {
      yield* store.add([watchOf("nginx")])
      assert.deepStrictEqual(yield* store.fire(selection("redis")), [])
      yield* lookAll(store, night, a)
      const [event] = yield* store.fire(selection("nginx"))
      assert.strictEqual(event?.type, "image-census.watch.fired")
      assert.deepStrictEqual(event?.detail, { _tag: "Fired", digest: Option.some(a), tagDigest: Option.some(a) })
      assert.strictEqual((yield* store.claimDeliveries(claims)).length, 1)
    }))
])

onEveryWatchStore("outbox", [
  when(
    "delivers a reference's events one after another, and others beside them",
    ({ other, store }) =>
      Effect.gen(function*() {
        yield* store.add([watchOf("nginx"), watchOf("redis")])
        yield* lookAll(store, night, a)
        yield* lookAll(store, night + 5 * minute, b)
        yield* lookAll(store, night + 10 * minute, c)
        const at = night + 10 * minute
        const first = yield* store.claimDeliveries(claims)
        assert.strictEqual(first.length, 2)
        assert.deepStrictEqual(yield* other.claimDeliveries(claims), [])
        const [nginx, redis] = first
        assert.isDefined(nginx)
        assert.isDefined(redis)
        if (nginx === undefined || redis === undefined) return
        const settled = yield* store.settle([attempt(nginx, at, true), attempt(redis, at, false)], 3)
        assert.deepStrictEqual(settled, { delivered: 1, failed: 1, dead: 0 })
        const second = yield* other.claimDeliveries(claims)
        assert.deepStrictEqual(second.map(({ event }) => event.watch), [nginx.event.watch])
        assert.isAbove(second[0]?.event.sequence ?? 0, nginx.event.sequence)
        assert.deepStrictEqual(yield* store.nextDelivery, Option.some(at + minute))
        yield* TestClock.setTime(at + minute)
        const [again] = yield* store.claimDeliveries(claims)
        assert.strictEqual(again?.event.id, redis.event.id)
        assert.strictEqual(again?.attempts, 1)
      })
  ),

  when(
    "sets aside what failed too often, goes on behind it, and tries again when asked",
    ({ store }) =>
      Effect.gen(function*() {
        yield* store.add([watchOf("nginx")])
        yield* lookAll(store, night, a)
        yield* lookAll(store, night + 5 * minute, b)
        yield* lookAll(store, night + 10 * minute, c)
        const at = night + 10 * minute
        for (const expected of ["pending", "dead"]) {
          const [claimed] = yield* store.claimDeliveries(claims)
          assert.isDefined(claimed)
          if (claimed === undefined) return
          yield* store.settle([attempt(claimed, at, false, 0)], 2)
          assert.strictEqual((yield* store.events(all))[0]?.status, expected)
        }
        const [next] = yield* store.claimDeliveries(claims)
        assert.deepStrictEqual(next?.event.detail, { _tag: "Moved", from: b, to: c, tagFrom: b, tagTo: c })
        const [dead] = yield* store.events({ ...all, status: "dead" })
        assert.deepStrictEqual(dead?.deliveries[0]?.result, Option.some("HTTP 500"))
        assert.strictEqual(yield* store.retry(Option.some("00000000-0000-4000-a000-000000000000")), 0)
        assert.strictEqual(yield* store.retry(Option.some("no id")), 0)
        assert.strictEqual(yield* store.retry(Option.some(dead?.event.id ?? "")), 1)
        assert.strictEqual(yield* store.retry(Option.none()), 0)
        const [again] = yield* store.claimDeliveries(claims)
        assert.strictEqual(again?.event.id, dead?.event.id)
        assert.strictEqual(again?.attempts, 0)
      })
  ),

  when("gives out again what a killed process held, under the same id", ({ other, store }) =>
    Effect.gen(function*() {
      yield* store.add([watchOf("nginx")])
      yield* lookAll(store, night, a)
      yield* lookAll(store, night + 5 * minute, b)
      const [late] = yield* store.claimDeliveries(claims)
      yield* TestClock.setTime(night + 7 * minute)
      const [again] = yield* other.claimDeliveries(claims)
      assert.isDefined(late)
      assert.isDefined(again)
      if (late === undefined || again === undefined) return
      assert.deepStrictEqual(again.event, late.event)
      // A failure of the one that lost its lease counts for nothing, an arrival for all.
      const failed = yield* store.settle([attempt(late, night + 7 * minute, false)], 1)
      assert.deepStrictEqual(failed, { delivered: 0, failed: 0, dead: 0 })
      yield* store.settle([attempt(late, night + 7 * minute, true)], 1)
      yield* other.settle([attempt(again, night + 7 * minute, false)], 1)
      assert.strictEqual((yield* store.events(all))[0]?.status, "delivered")
    })),

  when("uses the actions that a watch has now, and drops what waits for none", ({ store }) =>
    Effect.gen(function*() {
      yield* store.add([watchOf("nginx", { actions: [webhook("https://wrong.example.org/"), webhook()] })])
      yield* lookAll(store, night, a)
      yield* lookAll(store, night + 5 * minute, b)
      const held = yield* store.claimDeliveries(claims)
      yield* store.releaseDeliveries(held)
      yield* store.add([watchOf("nginx", { actions: [webhook("https://right.example.org/")] })])
      const claimed = yield* store.claimDeliveries(claims)
      assert.deepStrictEqual(claimed.map(({ action, attempts }) => [action, attempts]), [
        [webhook("https://right.example.org/"), 0]
      ])
      yield* store.remove(selection("nginx"))
      assert.deepStrictEqual(yield* store.nextDelivery, Option.none())
      assert.strictEqual((yield* store.events(all))[0]?.status, "kept")
    })),

  when("is read page by page, from either end", ({ store }) =>
    Effect.gen(function*() {
      yield* store.add(Array.from({ length: 5 }, (_, index) => watchOf(`o/n${index}`, { actions: [] })))
      yield* lookAll(store, night, a)
      const { events } = yield* lookAll(store, night + 5 * minute, b)
      const ids = events.map(({ id }) => id)
      assert.strictEqual(new Set(ids).size, 5)
      const up = yield* store.events({ limit: 2, from: events[1]?.sequence })
      assert.deepStrictEqual(up.map(({ event }) => event.id), ids.slice(2, 4))
      const down = yield* store.events({ limit: 2, from: events[3]?.sequence, newestFirst: true })
      assert.deepStrictEqual(down.map(({ event }) => event.id), [ids[2], ids[1]])
      const ofOne = yield* store.events({ limit: 9, watch: events[4]?.watch, status: "kept" })
      assert.deepStrictEqual(ofOne.map(({ event }) => event.id), [ids[4]])
      assert.deepStrictEqual(yield* store.events({ limit: 9, type: "image-census.update.found" }), [])
      const byId = yield* store.events({ limit: 9, id: ids[3]?.toUpperCase() })
      assert.deepStrictEqual(byId.map(({ event }) => event.id), [ids[3]])
      assert.deepStrictEqual(yield* store.events({ limit: 9, id: "no id" }), [])
    })),

  when("forgets what is delivered after a while, and nothing else", ({ store }) =>
    Effect.gen(function*() {
      yield* store.add([watchOf("nginx"), watchOf("redis"), watchOf("quiet", { actions: [] })])
      yield* lookAll(store, night, a)
      yield* lookAll(store, night + 5 * minute, b)
      const [first] = yield* store.claimDeliveries(claims)
      yield* store.settle(first === undefined ? [] : [attempt(first, night + 5 * minute, true)], 3)
      assert.strictEqual(yield* store.prune(night + 5 * minute), 0)
      assert.strictEqual(yield* store.prune(night + 6 * minute), 2)
      assert.deepStrictEqual((yield* store.events(all)).map(({ status }) => status), ["pending"])
    }))
])

const update = (tag: string) => ({
  tag,
  change: "minor" as const,
  digest: Option.some(c),
  publishedAt: Option.none<number>(),
  notes: Option.some("https://example.org/notes")
})

const daily = { ...claims, interval: Duration.days(1) }

onEveryWatchStore("updates", [
  when(
    "are looked up once in the interval, and put off without an answer",
    ({ other, store }) =>
      Effect.gen(function*() {
        yield* store.add([watchOf("nginx:1.27"), watchOf("redis:7")])
        const [first, second] = yield* store.claimUpdateLooks(daily)
        assert.isDefined(first)
        assert.isDefined(second)
        if (first === undefined || second === undefined) return
        assert.deepStrictEqual(yield* other.claimUpdateLooks(daily), [])
        const notBefore = night + 30 * minute
        yield* store.recordUpdates([
          { watch: first.watch.id, at: night, result: { _tag: "None" } },
          { watch: second.watch.id, at: night, result: { _tag: "Deferred", problem: "HTTP 503", notBefore } }
        ])
        yield* TestClock.setTime(notBefore - 1)
        assert.deepStrictEqual(yield* other.claimUpdateLooks(daily), [])
        yield* TestClock.setTime(notBefore)
        const [again] = yield* other.claimUpdateLooks(daily)
        assert.strictEqual(again?.watch.id, second.watch.id)
        assert.strictEqual(again?.known.attempts, 1)
        assert.deepStrictEqual(again?.known.problem, Option.some("HTTP 503"))
        yield* TestClock.setTime(night + 24 * 60 * minute)
        const nextNight = yield* other.claimUpdateLooks(daily)
        assert.deepStrictEqual(nextNight.map(({ watch }) => watch.id), [second.watch.id, first.watch.id])
      })
  ),

  when("keep their first sight while the same one stands", ({ store }) =>
    Effect.gen(function*() {
      yield* store.add([watchOf("nginx:1.27")])
      const seen = new Array<unknown>()
      for (const [day, tag] of ["1.28", "1.28", "1.29"].entries()) {
        const at = night + day * 24 * 60 * minute
        yield* TestClock.setTime(at)
        const [claimed] = yield* store.claimUpdateLooks(daily)
        yield* store.recordUpdates([
          { watch: claimed?.watch.id ?? "", at, result: { _tag: "Found", update: update(tag) } }
        ])
        const [listed] = yield* collect(store.list(Option.none()))
        seen.push(
          Option.getOrNull(
            Option.map(listed?.updates.newest ?? Option.none(), ({ firstSeen, tag }) => [tag, firstSeen])
          )
        )
      }
      assert.deepStrictEqual(seen, [["1.28", night], ["1.28", night], ["1.29", night + 48 * 60 * minute]])
    })),

  when("of a watch whose look died are told when it is tried again", ({ store }) =>
    Effect.gen(function*() {
      const updates = Option.some({ level: "minor", minAge: Duration.zero, between: Option.none() } as const)
      yield* store.add([watchOf("nginx:1.27", { updates })])
      const retryAt = night + 3 * 24 * 60 * minute
      const results = [
        { _tag: "Found", update: update("8") },
        { _tag: "Found", update: update("9") },
        { _tag: "Deferred", problem: "internal error: boom", notBefore: retryAt }
      ] as const
      for (const [index, result] of results.entries()) {
        const at = night + index * 24 * 60 * minute
        yield* TestClock.setTime(at)
        const claimed = yield* store.claimUpdateLooks(daily)
        yield* store.recordUpdates(claimed.map(({ watch }) => ({ watch: watch.id, at, result })))
      }
      assert.deepStrictEqual(yield* store.fireUpdates, [])
      yield* TestClock.setTime(retryAt)
      assert.strictEqual((yield* store.fireUpdates).length, 1)
    })),

  when(
    "are told once, when they are old enough, in the rule's part of the day, and three times at most",
    ({ store }) =>
      Effect.gen(function*() {
        const rule = {
          level: "minor",
          minAge: Duration.hours(1),
          between: Option.some({ from: 120, to: 180 })
        } as const
        yield* store.add([watchOf("nginx:1.27", { updates: Option.some(rule) }), watchOf("redis:7")])
        // The first look only seeds: what is newer then was there before.
        const seeding = yield* store.claimUpdateLooks(daily)
        yield* store.recordUpdates(seeding.map(({ watch }) => ({
          watch: watch.id,
          at: night - 24 * 60 * minute,
          result: { _tag: "Found", update: update("8") }
        })))
        yield* TestClock.setTime(night + 2)
        assert.deepStrictEqual(yield* store.fireUpdates, [])
        const claimed = yield* store.claimUpdateLooks(daily)
        yield* store.recordUpdates(
          claimed.map(({ watch }) => ({ watch: watch.id, at: night, result: { _tag: "Found", update: update("9") } }))
        )
        // Within the window, but not old enough; then old enough.
        yield* TestClock.setTime(night + 45 * minute)
        assert.deepStrictEqual(yield* store.fireUpdates, [])
        yield* TestClock.setTime(night + 60 * minute)
        const events = yield* store.fireUpdates
        assert.deepStrictEqual(events.map(({ detail, type }) => [type, detail]), [[
          "image-census.update.found",
          { _tag: "UpdateFound", ...update("9"), firstSeen: night }
        ]])
        assert.deepStrictEqual(yield* store.fireUpdates, [])
        for (const _ of [1, 2, 3]) {
          const [delivery] = yield* store.claimDeliveries(claims)
          assert.isDefined(delivery)
          if (delivery !== undefined) yield* store.settle([attempt(delivery, night + 60 * minute, false, 0)], 99)
        }
        assert.deepStrictEqual(yield* store.claimDeliveries(claims), [])
        assert.strictEqual(yield* store.retry(Option.none()), 1)
        // The window has closed: the delivery waits for the next night.
        yield* TestClock.setTime(night + 90 * minute)
        assert.deepStrictEqual(yield* store.claimDeliveries(claims), [])
        yield* TestClock.setTime(night + (24 * 60 + 31) * minute)
        assert.strictEqual((yield* store.claimDeliveries(claims)).length, 1)
      })
  )
])
