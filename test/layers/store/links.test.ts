import { Duration, Effect, Option, TestClock } from "effect"
import { assert } from "vitest"
import type { Evidence } from "../../../src/domain/Evidence.js"
import type { ClaimedCheck, ClaimedSource } from "../../../src/domain/RegistryCheck.js"
import { beyondReader } from "../../../src/domain/RepositoryClaims.js"
import { dayOf } from "../../../src/domain/UtcDay.js"
import type { LinkStore } from "../../../src/services/LinkStore.js"
import type { RepoDockerStore } from "../../../src/services/RepoDockerStore.js"
import { claimDaily, facts, hit, miss, notFound, repository } from "../../support/findings.js"
import {
  answers,
  claimed,
  claimOne,
  digest,
  head,
  lane,
  reads,
  release,
  says,
  thereAt,
  workflow
} from "../../support/links.js"
import { collect, day, evening, everything, onEveryStore, when } from "../../support/storeContract.js"

type Store = RepoDockerStore["Type"]
type Links = LinkStore["Type"]

const onlyCheck = (checks: ReadonlyArray<ClaimedCheck>) =>
  checks.length === 1 && checks[0] !== undefined
    ? Effect.succeed(checks[0])
    : Effect.dieMessage(`${checks.length} checks`)

const onlySource = (sources: ReadonlyArray<ClaimedSource>) =>
  sources.length === 1 && sources[0] !== undefined
    ? Effect.succeed(sources[0])
    : Effect.dieMessage(`${sources.length} sources`)

const budget = { pullsPerDay: 100 }

/** A repository whose workflow publishes an image that its registry shows. */
const publishes = (store: Store, links: Links, name: string, image: string, at = evening) =>
  Effect.gen(function*() {
    const claim = yield* claimOne(store, name)
    yield* store.recordDiscovery([reads(claim, at, [claimed(image)])])
    const check = yield* onlyCheck(yield* links.claimChecks(lane(claimed(image).registry)))
    yield* links.recordChecks([answers(check, at, thereAt())])
  })

const readSource = (links: Links, registry: string, at: number, source: string | undefined) =>
  Effect.gen(function*() {
    const claim = yield* onlySource(yield* links.claimSources({ ...lane(registry), ...budget }))
    yield* links.recordSources([says(claim, at, source)])
  })

const linksOf = (links: Links, name: string, hidden = false) =>
  collect(links.links({ repository: repository(name), hidden }))

const kinds = (evidence: ReadonlyArray<Evidence>) => evidence.map(({ kind }) => kind)

const on = (back: number, actions: number) => ({ day: dayOf(evening - back * day), actions })

onEveryStore("links", [
  when(
    "an image that a workflow publishes becomes a link when its registry shows it",
    ({ links, store }) =>
      Effect.gen(function*() {
        const claim = yield* claimOne(store, "Acme/App")
        yield* store.recordDiscovery([reads(claim, evening, [claimed("ghcr.io/acme/server")])])
        assert.deepStrictEqual(yield* linksOf(links, "acme/app"), [])
        assert.deepStrictEqual(yield* links.claimChecks(lane("quay.io")), [])
        const check = yield* onlyCheck(yield* links.claimChecks(lane("ghcr.io")))
        assert.deepStrictEqual(check, { image: "ghcr.io/acme/server", registry: "ghcr.io", attempts: 0 })
        yield* links.recordChecks([answers(check, evening, thereAt({ lastUpdated: Option.some(5000) }))])

        const [link] = yield* linksOf(links, "acme/app")
        assert.strictEqual(link?.image, "ghcr.io/acme/server")
        assert.strictEqual(link?.registry, "ghcr.io")
        assert.deepStrictEqual(link?.evidence, [{
          kind: "workflow",
          firstSeen: evening,
          lastSeen: evening,
          unseenSince: Option.none(),
          places: [`${release}: job build: docker/build-push-action`]
        }])
        assert.strictEqual(link?.verification.state, "not-looked-at")
        assert.strictEqual(link?.confidence, 0.8)
        const image = yield* Effect.flatten(store.image("ghcr.io/acme/server"))
        assert.strictEqual(image.registry, "ghcr.io")
        assert.deepStrictEqual(image.pulls, Option.none())
        assert.deepStrictEqual(image.lastUpdated, Option.some(5000))
        assert.deepStrictEqual(image.repositories, ["Acme/App"])
        const [stored] = yield* collect(store.repositories(everything))
        assert.deepStrictEqual(stored?.images, ["ghcr.io/acme/server"])
        // It has no pulls, so it is never due at Docker Hub.
        yield* TestClock.setTime(evening + 3 * day)
        assert.deepStrictEqual(yield* store.claimImages(claimDaily(10)), [])
        const status = yield* store.status({ discovery: Duration.days(14), refresh: Duration.days(1) })
        assert.deepStrictEqual([status.images, status.imagesDue], [1, 0])
        // Nor does it keep a day from being complete.
        assert.deepStrictEqual(status.today, { day: dayOf(evening + 3 * day), images: 0, done: 0 })
      })
  ),

  when(
    "what the registry does not show is no link, and not looked at again before it is due",
    ({ links, store }) =>
      Effect.gen(function*() {
        const claim = yield* claimOne(store, "acme/app")
        const names = ["ghcr.io/acme/gone", "ghcr.io/acme/hidden", "ghcr.io/acme/later"]
        yield* store.recordDiscovery([reads(claim, evening, names.map((name) => claimed(name)))])
        const checks = yield* links.claimChecks(lane("ghcr.io"))
        assert.deepStrictEqual(checks.map(({ image }) => image), names)
        const results = [
          { _tag: "Absent" },
          { _tag: "NotVisible" },
          { _tag: "Deferred", reason: "ghcr.io: 503", notBefore: evening + 60_000 }
        ] as const
        yield* links.recordChecks(checks.flatMap((check, index) => {
          const result = results[index]
          return result === undefined ? [] : [answers(check, evening, result)]
        }))
        assert.deepStrictEqual(yield* linksOf(links, "acme/app"), [])
        assert.deepStrictEqual(yield* store.image("ghcr.io/acme/hidden"), Option.none())
        assert.deepStrictEqual(yield* links.status(["ghcr.io", "quay.io"]), [
          {
            registry: "ghcr.io",
            checksDue: 0,
            sourcesDue: 0,
            deferred: 1,
            found: 0,
            absent: 1,
            notVisible: 1,
            read: 0
          },
          { registry: "quay.io", checksDue: 0, sourcesDue: 0, deferred: 0, found: 0, absent: 0, notVisible: 0, read: 0 }
        ])
        yield* TestClock.setTime(evening + 60_000)
        const again = yield* onlyCheck(yield* links.claimChecks(lane("ghcr.io")))
        assert.deepStrictEqual([again.image, again.attempts], ["ghcr.io/acme/later", 1])
        const explained = yield* Effect.flatten(links.explain(repository("acme/app")))
        assert.deepStrictEqual(
          explained.claims.map(({ image, lastError, outcome }) => [
            image,
            Option.getOrNull(outcome),
            Option.getOrNull(lastError)
          ]),
          [
            ["ghcr.io/acme/gone", "absent", null],
            ["ghcr.io/acme/hidden", "not-visible", null],
            ["ghcr.io/acme/later", null, "ghcr.io: 503"]
          ]
        )
      })
  ),

  when(
    "leases keep others off, are lengthened, lapse, and are given back",
    ({ links, otherLinks, store }) =>
      Effect.gen(function*() {
        const claim = yield* claimOne(store, "acme/app")
        yield* store.recordDiscovery([reads(claim, evening, [claimed("ghcr.io/acme/a"), claimed("ghcr.io/acme/b")])])
        const checks = yield* links.claimChecks(lane("ghcr.io", 1))
        assert.deepStrictEqual(checks.map(({ image }) => image), ["ghcr.io/acme/a"])
        assert.deepStrictEqual((yield* otherLinks.claimChecks(lane("ghcr.io"))).map(({ image }) => image), [
          "ghcr.io/acme/b"
        ])
        yield* TestClock.setTime(evening + 9 * 60_000)
        yield* links.extendLeases({ checks, sources: [] }, Duration.minutes(10))
        // What another holds cannot be given back.
        yield* otherLinks.releaseLeases({ checks, sources: [] })
        yield* TestClock.setTime(evening + 11 * 60_000)
        const lapsed = yield* links.claimChecks(lane("ghcr.io"))
        assert.deepStrictEqual(lapsed.map(({ image }) => image), ["ghcr.io/acme/b"])
        yield* links.releaseLeases({ checks, sources: [] })
        assert.deepStrictEqual((yield* otherLinks.claimChecks(lane("ghcr.io"))).map(({ image }) => image), [
          "ghcr.io/acme/a"
        ])
      })
  ),

  when("what was put off is due when that is asked for", ({ links, store }) =>
    Effect.gen(function*() {
      const claim = yield* claimOne(store, "acme/app")
      yield* store.recordDiscovery([reads(claim, evening, [claimed("ghcr.io/acme/a")])])
      const check = yield* onlyCheck(yield* links.claimChecks(lane("ghcr.io")))
      yield* links.recordChecks([
        answers(check, evening, { _tag: "Deferred", reason: "down", notBefore: evening + day })
      ])
      assert.strictEqual(yield* links.undefer(["quay.io"]), 0)
      assert.strictEqual(yield* links.undefer(["ghcr.io"]), 1)
      assert.strictEqual((yield* links.claimChecks(lane("ghcr.io"))).length, 1)
    })),

  when(
    "an image of Docker Hub that a workflow names has its pulls at once",
    ({ links, store }) =>
      Effect.gen(function*() {
        const claim = yield* claimOne(store, "acme/app")
        yield* store.recordDiscovery([reads(claim, evening, [claimed("other/server")])])
        const check = yield* onlyCheck(yield* links.claimChecks(lane("docker.io")))
        yield* links.recordChecks([
          answers(check, evening, thereAt({ facts: Option.some(facts("other/server", 42n)) }))
        ])
        const image = yield* Effect.flatten(store.image("other/server"))
        assert.deepStrictEqual([image.registry, image.pulls], ["docker.io", Option.some(42n)])
        assert.deepStrictEqual(image.repositories, ["acme/app"])
        assert.strictEqual(
          (yield* collect(store.pulls({ image: Option.some("other/server"), since: Option.none() }))).length,
          1
        )
      })
  ),

  when(
    "an image that its name gave away needs no look of its own for the workflow that names it too",
    ({ links, store }) =>
      Effect.gen(function*() {
        const claim = yield* claimOne(store, "acme/app")
        const { reading } = reads(claim, evening, [claimed("acme/app")])
        yield* store.recordDiscovery([{ ...hit(claim, evening, "acme/app", 7n), reading }])
        assert.deepStrictEqual(yield* links.claimChecks(lane("docker.io")), [])
        const [link] = yield* linksOf(links, "acme/app")
        assert.deepStrictEqual(kinds(link?.evidence ?? []), ["name", "workflow"])
        assert.strictEqual(link?.confidence, 0.92)
      })
  ),

  when(
    "a candidate of a pattern is an image only in the owner's namespace, or when it says so itself",
    ({ links, store }) =>
      Effect.gen(function*() {
        const claim = yield* claimOne(store, "acme/app")
        const pattern = Option.some("docker.io/${{ secrets.USER }}/app")
        yield* store.recordDiscovery([
          reads(claim, evening, [claimed("acme/app", { pattern }), claimed("acmeinc/app", { pattern })])
        ])
        const checks = yield* links.claimChecks(lane("docker.io"))
        yield* links.recordChecks(
          checks.map((check) => answers(check, evening, thereAt({ facts: Option.some(facts(check.image, 9n)) })))
        )
        assert.deepStrictEqual((yield* linksOf(links, "acme/app")).map(({ image }) => image), ["acme/app"])
        assert.deepStrictEqual(yield* store.image("acmeinc/app"), Option.none())
        const sources = yield* links.claimSources({ ...lane("docker.io"), ...budget })
        assert.deepStrictEqual(sources.map(({ image }) => image), ["acme/app", "acmeinc/app"])
        yield* links.recordSources(
          sources.map((source) => says(source, evening, "https://github.com/Acme/App.git#main"))
        )
        assert.deepStrictEqual(
          (yield* linksOf(links, "acme/app")).map(({ evidence, image, verification }) => [
            image,
            kinds(evidence),
            verification.state
          ]),
          [["acme/app", ["label", "workflow"], "verified"], ["acmeinc/app", ["label", "workflow"], "verified"]]
        )
        // Its pulls come with its refresh.
        yield* TestClock.setTime(evening + 1)
        assert.deepStrictEqual((yield* store.claimImages(claimDaily(10))).map(({ image }) => image), ["acmeinc/app"])
      })
  ),

  when("somebody else's image is not had by claiming it", ({ links, store }) =>
    Effect.gen(function*() {
      yield* publishes(store, links, "mallory/fork", "ghcr.io/acme/app")
      assert.deepStrictEqual((yield* linksOf(links, "mallory/fork")).map(({ shown }) => shown), [true])
      yield* readSource(links, "ghcr.io", evening, "https://github.com/acme/app")
      assert.deepStrictEqual(yield* linksOf(links, "mallory/fork"), [])
      const [kept] = yield* linksOf(links, "mallory/fork", true)
      assert.deepStrictEqual(
        [kept?.shown, kept?.verification.state, kept?.verification.pointsAt, kept?.confidence],
        [false, "contradicted", Option.some("github.com/acme/app"), 0]
      )
      assert.deepStrictEqual(kept?.verification.digest, Option.some(digest))
      assert.deepStrictEqual(kinds(kept?.evidence ?? []), ["workflow"])
      assert.deepStrictEqual(yield* collect(links.links({ verified: true })), [])
      const image = yield* Effect.flatten(store.image("ghcr.io/acme/app"))
      assert.deepStrictEqual([image.repositories, image.verified], [[], []])
      const [stored] = yield* collect(store.repositories(everything))
      assert.deepStrictEqual(stored?.images, [])

      // The one whose image it is gets it, and only that one.
      const claim = yield* claimOne(store, "Acme/App")
      yield* store.recordDiscovery([reads(claim, evening, [claimed("ghcr.io/acme/app")])])
      const verified = yield* collect(links.links({ verified: true }))
      assert.deepStrictEqual(verified.map(({ repository }) => repository), [{ owner: "Acme", name: "App" }])
      const owned = yield* Effect.flatten(store.image("ghcr.io/acme/app"))
      assert.deepStrictEqual([owned.repositories, owned.verified], [["Acme/App"], ["Acme/App"]])
    })),

  when("a label that nobody's files bear out makes no link", ({ links, store }) =>
    Effect.gen(function*() {
      yield* claimOne(store, "acme/app")
      yield* publishes(store, links, "mallory/evil", "ghcr.io/mallory/evil")
      yield* readSource(links, "ghcr.io", evening, "https://github.com/acme/app")
      assert.deepStrictEqual(yield* linksOf(links, "acme/app", true), [])
      assert.deepStrictEqual(yield* linksOf(links, "mallory/evil"), [])
    })),

  when("a label that names the repository's former name proves the link", ({ links, store }) =>
    Effect.gen(function*() {
      const claim = yield* claimOne(store, "acme/old-name")
      const renamed = repository("acme/app")
      yield* store.recordDiscovery([reads(claim, evening, [claimed("ghcr.io/acme/app")], [workflow()], renamed)])
      const check = yield* onlyCheck(yield* links.claimChecks(lane("ghcr.io")))
      yield* links.recordChecks([answers(check, evening, thereAt())])
      yield* readSource(links, "ghcr.io", evening, "git@github.com:ACME/Old-Name.git")
      const [link] = yield* linksOf(links, "acme/app")
      assert.deepStrictEqual([link?.verification.state, kinds(link?.evidence ?? [])], ["verified", [
        "label",
        "workflow"
      ]])
      const [stored] = yield* collect(store.repositories(everything))
      assert.deepStrictEqual(stored?.verified, ["ghcr.io/acme/app"])
    })),

  when(
    "an image that says nothing is told apart from one that was not looked at",
    ({ links, store }) =>
      Effect.gen(function*() {
        yield* publishes(store, links, "acme/app", "ghcr.io/acme/app")
        yield* readSource(links, "ghcr.io", evening, undefined)
        const [link] = yield* linksOf(links, "acme/app")
        assert.deepStrictEqual([link?.verification.state, link?.shown], ["silent", true])
        assert.deepStrictEqual(link?.verification.lookedAt, Option.some(evening))
        // Not due again before its time.
        assert.deepStrictEqual(yield* links.claimSources({ ...lane("ghcr.io"), ...budget }), [])
      })
  ),

  when(
    "a label that comes to name another repository takes the proof away",
    ({ links, store }) =>
      Effect.gen(function*() {
        yield* publishes(store, links, "acme/app", "ghcr.io/acme/app")
        yield* readSource(links, "ghcr.io", evening, "https://github.com/acme/app")
        assert.strictEqual((yield* collect(links.links({ verified: true }))).length, 1)
        const later = evening + 31 * day
        yield* TestClock.setTime(later)
        yield* readSource(links, "ghcr.io", later, "https://github.com/elsewhere/app")
        assert.deepStrictEqual(yield* linksOf(links, "acme/app"), [])
        const [kept] = yield* linksOf(links, "acme/app", true)
        assert.deepStrictEqual(kept?.evidence.map(({ kind, lastSeen, unseenSince }) => [kind, lastSeen, unseenSince]), [
          ["label", evening, Option.some(later)],
          ["workflow", evening, Option.none()]
        ])
      })
  ),

  when(
    "the day's budget bounds how many images are read, the most pulled first",
    ({ links, otherLinks, store }) =>
      Effect.gen(function*() {
        for (const [name, pulls] of [["a/few", 3n], ["b/most", 300n], ["c/some", 30n]] as const) {
          const claim = yield* claimOne(store, name)
          yield* store.recordDiscovery([hit(claim, evening, name, pulls)])
        }
        const limits = { ...lane("docker.io"), pullsPerDay: 10 }
        const first = yield* links.claimSources(limits)
        assert.deepStrictEqual(first.map(({ image }) => image), ["b/most", "c/some"])
        assert.deepStrictEqual(yield* otherLinks.claimSources(limits), [])
        // Two manifests each were asked for, of four that were set aside.
        yield* links.recordSources(first.map((source) => says(source, evening, undefined)))
        assert.deepStrictEqual((yield* otherLinks.claimSources(limits)).map(({ image }) => image), ["a/few"])
      })
  ),

  when(
    "what a base cost is spent from the budget of the base's registry",
    ({ links, store }) =>
      Effect.gen(function*() {
        for (const name of ["a/one", "b/two"]) {
          yield* store.recordDiscovery([hit(yield* claimOne(store, name), evening, name, 7n)])
        }
        yield* publishes(store, links, "acme/app", "ghcr.io/acme/app")
        const limits = { pullsPerDay: 10 }
        const [claim] = yield* links.claimSources({ ...lane("ghcr.io"), ...limits })
        if (claim === undefined) return assert.fail("nothing was claimed")
        yield* links.recordSources([{
          ...says(claim, evening, undefined),
          pulls: 1,
          basePulls: { registry: "docker.io", pulls: 5 }
        }])
        // Of ten, five are left, which is one look of up to four.
        assert.strictEqual((yield* links.claimSources({ ...lane("docker.io"), ...limits })).length, 1)
      })
  ),

  when("evidence that a look no longer finds ages, and comes back", ({ links, store }) =>
    Effect.gen(function*() {
      yield* publishes(store, links, "acme/app", "ghcr.io/acme/app")
      const later = evening + 90 * day
      yield* TestClock.setTime(later)
      const gone = yield* claimOne(store, "acme/app")
      yield* store.recordDiscovery([reads(gone, later, [], [])])
      const [aged] = yield* linksOf(links, "acme/app")
      assert.deepStrictEqual(
        [aged?.evidence[0]?.lastSeen, aged?.evidence[0]?.unseenSince, aged?.confidence],
        [evening, Option.some(later), 0.4]
      )
      yield* TestClock.setTime(later + day)
      const back = yield* claimOne(store, "acme/app")
      yield* store.recordDiscovery([reads(back, later + day, [claimed("ghcr.io/acme/app")])])
      const [again] = yield* linksOf(links, "acme/app")
      assert.deepStrictEqual(
        [
          again?.evidence[0]?.firstSeen,
          again?.evidence[0]?.lastSeen,
          again?.evidence[0]?.unseenSince,
          again?.confidence
        ],
        [evening, later + day, Option.none(), 0.8]
      )
    })),

  when(
    "a name that no longer finds an image ages, and one of a repository that is gone too",
    ({ links, store }) =>
      Effect.gen(function*() {
        const first = yield* claimOne(store, "acme/app")
        yield* store.recordDiscovery([hit(first, evening, "acme/app", 7n)])
        const second = yield* claimOne(store, "acme/app")
        const { result, ...finding } = miss(second, evening + day)
        // Docker Hub was not asked.
        yield* store.recordDiscovery([{ ...finding, result }])
        const [standing] = yield* linksOf(links, "acme/app")
        assert.deepStrictEqual(standing?.evidence[0]?.unseenSince, Option.none())
        const asked = { ...result, candidate: Option.some("acme/app") }
        yield* store.recordDiscovery([{ ...finding, result: asked }])
        const [aged] = yield* linksOf(links, "acme/app")
        assert.deepStrictEqual(aged?.evidence[0]?.unseenSince, Option.some(evening + day))

        yield* publishes(store, links, "acme/tool", "ghcr.io/acme/tool")
        const claim = yield* claimOne(store, "acme/tool")
        yield* store.recordDiscovery([notFound(claim, evening + day)])
        const [orphan] = yield* linksOf(links, "acme/tool")
        assert.deepStrictEqual(orphan?.evidence[0]?.unseenSince, Option.some(evening + day))
      })
  ),

  when(
    "a file that was kept keeps its claims, and one that could not be read keeps them as they were",
    ({ links, store }) =>
      Effect.gen(function*() {
        yield* publishes(store, links, "acme/app", "ghcr.io/acme/app")
        const known = yield* claimOne(store, "acme/app")
        assert.deepStrictEqual(known.known, {
          headOid: head,
          dockerfiles: ["Dockerfile"],
          workflows: [{ path: release, oid: workflow().oid, uses: [] }],
          beyond: []
        })
        yield* store.recordDiscovery([reads(known, evening + day, [], [workflow({ state: "kept" })])])
        const [kept] = yield* linksOf(links, "acme/app")
        assert.deepStrictEqual(
          [kept?.evidence[0]?.lastSeen, kept?.evidence[0]?.unseenSince],
          [evening + day, Option.none()]
        )
        const claim = yield* claimOne(store, "acme/app")
        yield* store.recordDiscovery([reads(claim, evening + 2 * day, [], [workflow({ state: "unread" })])])
        const [unread] = yield* linksOf(links, "acme/app")
        assert.deepStrictEqual(
          [unread?.evidence[0]?.lastSeen, unread?.evidence[0]?.unseenSince],
          [evening + day, Option.none()]
        )
        // What was not read as a whole is looked at anew, and that file read.
        assert.deepStrictEqual((yield* claimOne(store, "acme/app")).known, {
          headOid: undefined,
          dockerfiles: ["Dockerfile"],
          workflows: [],
          beyond: []
        })
      })
  ),

  when(
    "a file that this version of the reader cannot read is remembered, and its claims stay as they were",
    ({ links, store }) =>
      Effect.gen(function*() {
        yield* publishes(store, links, "acme/app", "ghcr.io/acme/app")
        const claim = yield* claimOne(store, "acme/app")
        const beyond = workflow({
          state: "unread",
          templates: ["names in build.sh"],
          problem: Option.some(beyondReader("too-much"))
        })
        yield* store.recordDiscovery([reads(claim, evening + day, [], [beyond])])
        const again = yield* claimOne(store, "acme/app")
        assert.deepStrictEqual(again.known, {
          headOid: head,
          dockerfiles: ["Dockerfile"],
          workflows: [],
          beyond: [beyond]
        })
        yield* store.recordDiscovery([reads(again, evening + 2 * day, [], again.known?.beyond ?? [])])
        const [standing] = yield* linksOf(links, "acme/app")
        assert.deepStrictEqual(standing?.evidence[0]?.unseenSince, Option.none())
        // What another version could not read is read again.
        const older = { ...beyond, problem: Option.some("too-much (version 0 of the reader)") }
        const claimed = yield* claimOne(store, "acme/app")
        yield* store.recordDiscovery([reads(claimed, evening + 3 * day, [], [older])])
        const { known } = yield* claimOne(store, "acme/app")
        assert.deepStrictEqual([known?.headOid, known?.beyond], [undefined, []])
      })
  ),

  when(
    "what GitHub told is kept, and its registries looked at, although Docker Hub did not answer",
    ({ links, store }) =>
      Effect.gen(function*() {
        const claim = yield* claimOne(store, "acme/app")
        const read = reads(claim, evening, [claimed("ghcr.io/acme/app")])
        const result = { _tag: "Deferred", reason: "Docker Hub: 503", notBefore: evening + 60_000 } as const
        yield* store.recordDiscovery([{ ...read, result }])
        const check = yield* onlyCheck(yield* links.claimChecks(lane("ghcr.io")))
        assert.strictEqual(check.image, "ghcr.io/acme/app")
        const [row] = yield* collect(store.repositories({ search: Option.none() }))
        assert.deepStrictEqual(row?.checkedAt, Option.none())
        assert.strictEqual((yield* claimOne(store, "acme/app")).known?.headOid, head)
      })
  ),

  when("what was told of a kept file when it was read is still told", ({ links, store }) =>
    Effect.gen(function*() {
      const claim = yield* claimOne(store, "acme/app")
      const read = workflow({ templates: ["${{ secrets.IMAGE }}"], problem: Option.some("too-much") })
      yield* store.recordDiscovery([reads(claim, evening, [], [read])])
      const again = yield* claimOne(store, "acme/app")
      yield* store.recordDiscovery([reads(again, evening + day, [], [workflow({ state: "kept" })])])
      const explained = yield* Effect.flatten(links.explain(repository("acme/app")))
      assert.deepStrictEqual(explained.workflows, [{ ...read, state: "kept" }])
      assert.deepStrictEqual(explained.readAt, Option.some(evening + day))
    })),

  when("under another name a repository is read anew", ({ store }) =>
    Effect.gen(function*() {
      const claim = yield* claimOne(store, "acme/old")
      yield* store.recordDiscovery([reads(claim, evening, [], [workflow()])])
      const [known] = yield* store.claimRepositories({ limit: 1, lease: Duration.minutes(1), interval: Duration.zero })
      assert.isDefined(known?.known)
      if (known !== undefined) yield* store.recordDiscovery([miss(known, evening, repository("acme/new"))])
      assert.isUndefined((yield* claimOne(store, "acme/new")).known)
    })),

  when("no run undoes what a person added or took away", ({ links, store }) =>
    Effect.gen(function*() {
      yield* publishes(store, links, "acme/app", "ghcr.io/acme/app")
      assert.isTrue(yield* links.add(repository("acme/app"), "someone/else", "docker.io"))
      assert.isFalse(yield* links.add(repository("acme/app"), "someone/else", "docker.io"))
      assert.isTrue(yield* links.remove(repository("Acme/App"), "ghcr.io/acme/app"))
      assert.isFalse(yield* links.remove(repository("acme/app"), "ghcr.io/acme/app"))
      assert.isFalse(yield* links.remove(repository("no/body"), "ghcr.io/acme/app"))

      const claim = yield* claimOne(store, "acme/app")
      yield* store.recordDiscovery([reads(claim, evening + day, [claimed("ghcr.io/acme/app")])])
      yield* readSource(links, "docker.io", evening, "https://github.com/someone/else")
      const shown = yield* linksOf(links, "acme/app")
      assert.deepStrictEqual(
        shown.map(({ confidence, evidence, image }) => [image, kinds(evidence), confidence]),
        [["someone/else", ["manual"], 1]]
      )
      const [removed] = yield* linksOf(links, "acme/app", true)
      assert.deepStrictEqual([removed?.image, removed?.shown, removed?.removedAt], [
        "ghcr.io/acme/app",
        false,
        Option.some(evening)
      ])
      const image = yield* Effect.flatten(store.image("ghcr.io/acme/app"))
      assert.deepStrictEqual(image.repositories, [])
      // By hand it comes back.
      assert.isTrue(yield* links.add(repository("acme/app"), "ghcr.io/acme/app", "ghcr.io"))
      assert.deepStrictEqual((yield* linksOf(links, "acme/app")).map(({ image }) => image), [
        "ghcr.io/acme/app",
        "someone/else"
      ])
    })),

  when("a link by hand brings the repository and the image along", ({ links, store }) =>
    Effect.gen(function*() {
      assert.isTrue(yield* links.add(repository("new/repo"), "quay.io/new/image", "quay.io"))
      const [stored] = yield* collect(store.repositories(everything))
      assert.deepStrictEqual([stored?.repository, stored?.images], [repository("new/repo"), ["quay.io/new/image"]])
      assert.strictEqual((yield* links.claimChecks(lane("quay.io"))).length, 1)
    })),

  when("Quay's days are kept, the later answer of a day counts", ({ links, store }) =>
    Effect.gen(function*() {
      const claim = yield* claimOne(store, "acme/app")
      yield* store.recordDiscovery([reads(claim, evening, [claimed("quay.io/acme/app")])])
      const check = yield* onlyCheck(yield* links.claimChecks(lane("quay.io")))
      yield* links.recordChecks([
        { ...answers(check, evening, thereAt({ activity: [on(2, 5), on(1, 6), on(0, 1)] })), dueAt: evening }
      ])
      const again = yield* onlyCheck(yield* links.claimChecks(lane("quay.io")))
      yield* links.recordChecks([answers(again, evening, thereAt({ activity: [on(0, 7)] }))])
      assert.deepStrictEqual(yield* links.activity("quay.io/acme/app", Option.none()), [on(2, 5), on(1, 6), on(0, 7)])
      assert.deepStrictEqual(yield* links.activity("quay.io/acme/app", Option.some(on(1, 0).day)), [on(1, 6), on(0, 7)])
    })),

  when(
    "an image that its registry no longer knows is gone when that is confirmed on another day",
    ({ links, store }) =>
      Effect.gen(function*() {
        yield* publishes(store, links, "acme/app", "registry.example/acme/app")
        for (const days of [15, 30]) {
          const at = evening + days * day
          yield* TestClock.setTime(at)
          const check = yield* onlyCheck(yield* links.claimChecks(lane("registry.example")))
          yield* links.recordChecks([answers(check, at, { _tag: "Absent" })])
          const image = yield* Effect.flatten(store.image("registry.example/acme/app"))
          assert.deepStrictEqual(image.goneSince, days === 30 ? Option.some(dayOf(evening + 15 * day)) : Option.none())
        }
      })
  ),

  when("links are read by image, and explained by a former name", ({ links, store }) =>
    Effect.gen(function*() {
      for (const name of ["a/a", "b/b"]) {
        const claim = yield* claimOne(store, name)
        const evidence = { evidence: "official", path: "official-images", detail: "" } as const
        yield* store.recordDiscovery([
          { ...hit(claim, evening, name, 1n), ...reads(claim, evening, [claimed("nginx", evidence)]) }
        ])
      }
      const check = yield* onlyCheck(yield* links.claimChecks(lane("docker.io")))
      yield* links.recordChecks([answers(check, evening, thereAt({ facts: Option.some(facts("nginx", 1n)) }))])
      const found = yield* collect(links.links({ image: "nginx" }))
      assert.deepStrictEqual(found.map(({ confidence, repository }) => [repository.owner, confidence]), [
        ["a", 0.95],
        ["b", 0.95]
      ])
      assert.deepStrictEqual(yield* links.explain(repository("no/body")), Option.none())
    })),

  when("what goes with a repository leaves the image", ({ links, store }) =>
    Effect.gen(function*() {
      yield* publishes(store, links, "acme/app", "ghcr.io/acme/app")
      yield* store.removeRepositories([repository("acme/app")])
      assert.deepStrictEqual(yield* collect(links.links({ hidden: true })), [])
      const image = yield* Effect.flatten(store.image("ghcr.io/acme/app"))
      assert.deepStrictEqual(image.repositories, [])
    }))
])
