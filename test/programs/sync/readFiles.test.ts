import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, TestClock } from "effect"
import type { ClaimedRepository, DiscoveryFinding, FileText } from "../../../src/domain/Finding.js"
import { key, type RepositoryName } from "../../../src/domain/GitHubRepository.js"
import type { KnownRepository, RepositoryReading } from "../../../src/domain/ImageClaim.js"
import { parseNormalized } from "../../../src/domain/ImageReference.js"
import { beyondReader, knownRepository } from "../../../src/domain/RepositoryClaims.js"
import { tooMuch } from "../../../src/domain/WorkflowReading.js"
import * as RateBudgetsMemory from "../../../src/layers/budgets/RateBudgetsMemory.js"
import * as GitHubProbeHttp from "../../../src/layers/github/GitHubProbeHttp.js"
import { lookAtRepository } from "../../../src/programs/sync/looks.js"
import { GitHubProbe } from "../../../src/services/GitHubProbe.js"
import { WorkflowReader } from "../../../src/services/WorkflowReader.js"
import { makeSimulation } from "../../sandbox/Simulation.js"
import { tokens } from "../../support/pipeline.js"

const registries = ["docker.io", "ghcr.io", "quay.io"]
const look = lookAtRepository(() => Effect.succeedNone, { registries })

/** A world whose repositories are read, with GitHub's count of requests. */
const makeStage = (repositories: number) =>
  Effect.gen(function*() {
    const { client, counters, github, resetCounters, state } = yield* makeSimulation({ world: { repositories } })
    const layer = GitHubProbeHttp.layer({ ...tokens(github.tokens), files: true }).pipe(
      Layer.provide(RateBudgetsMemory.layer),
      Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
    )
    const requests = () => counters()["github"]?.requests ?? 0
    /** Looks at repositories, which are known as given. */
    const read = (names: ReadonlyArray<RepositoryName>, known = new Map<string, KnownRepository>()) =>
      Effect.forEach(
        names,
        (repository) => look({ id: "", repository, attempts: 0, known: known.get(key(repository)) }),
        { concurrency: "unbounded" }
      ).pipe(
        Effect.provide(layer),
        Effect.fork,
        Effect.tap(() => TestClock.adjust("1 minute")),
        Effect.flatMap((fiber) => fiber.await),
        Effect.flatten
      )
    return { state, requests, resetCounters, read }
  })

const registryName = (image: string): string => {
  const { registry, repository } = Option.getOrThrow(Option.getRight(parseNormalized(image)))
  return `${registry}/${repository}`
}

const knownOf = (reading: RepositoryReading | undefined): KnownRepository =>
  knownRepository({
    headOid: reading?.probe.headOid ?? Option.none(),
    dockerfiles: reading?.probe.dockerfiles ?? [],
    workflows: reading?.workflows ?? []
  })

const states = (finding: DiscoveryFinding | undefined) =>
  Object.fromEntries((finding?.reading?.workflows ?? []).map(({ path, state }) => [path, state]))

const nameOf = (path: string) => path.split("/")[2] ?? ""

const fileAt = (name: string) => ({ path: `.github/workflows/${name}`, oid: `oid of ${name}`, size: 100 })

const pushing = (image: string) =>
  `on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: docker push ${image}\n`

describe("reading the files of repositories", () => {
  it.effect("finds what the workflows of a world publish, in few requests; then in fewer", () =>
    Effect.gen(function*() {
      const { read, requests, resetCounters, state } = yield* makeStage(300)
      const { listed, publishers } = state.world
      const names = listed.flatMap(({ now }) => now === undefined ? [] : [now.name])
      const findings = yield* read(names)
      assert.isAtMost(requests(), 18)

      const claims = new Map(findings.map((finding) => [
        key(finding.claim.repository),
        (finding.reading?.claims ?? []).filter(({ evidence }) => evidence === "workflow")
      ]))
      for (const publisher of publishers) {
        const found = (claims.get(key(publisher.repository)) ?? []).map(({ image }) => registryName(image))
        assert.includeMembers(found, [...publisher.claims], key(publisher.repository))
        if (publisher.manner !== "secret") assert.sameMembers(found, [...publisher.claims], key(publisher.repository))
        claims.delete(key(publisher.repository))
      }
      assert.deepStrictEqual([...claims.values()].flat(), [])

      resetCounters()
      const known = new Map(findings.map(({ claim, reading }) => [key(claim.repository), knownOf(reading)]))
      const again = yield* read(names, known)
      assert.isAtMost(requests(), 4)
      assert.isTrue(again.every(({ reading }) => reading?.workflows.every(({ state }) => state === "kept")))
      assert.deepStrictEqual(
        again.map(({ result }) => result._tag),
        findings.map(({ result }) => result._tag)
      )
    }))

  it.effect("reads again what has changed, what uses what has changed, and nothing else", () =>
    Effect.gen(function*() {
      const { read, state } = yield* makeStage(400)
      const publisher = state.world.publishers.find(({ manner }) => manner === "goreleaser")
      const name = publisher?.repository ?? { owner: "", name: "" }
      const [first] = yield* read([name])
      const known = new Map([[key(name), knownOf(first?.reading)]])
      const release = ".github/workflows/release.yml"

      yield* state.commitFile(name, "README.md", "Now with words.\n")
      const [untouched] = yield* read([name], known)
      assert.isTrue(Object.values(states(untouched)).every((state) => state === "kept"))

      yield* state.commitFile(name, ".goreleaser.yml", "dockers:\n  - image_templates: [ghcr.io/new/name:latest]\n")
      const [elsewhere] = yield* read([name], known)
      assert.strictEqual(states(elsewhere)[release], "read")
      assert.strictEqual(Object.values(states(elsewhere)).filter((state) => state === "read").length, 1)
      const workflows = (elsewhere?.reading?.claims ?? []).filter(({ evidence }) => evidence === "workflow")
      assert.deepStrictEqual(workflows.map(({ image, path }) => [image, path]), [["ghcr.io/new/name", release]])

      yield* state.commitFile(name, release, undefined)
      const [gone] = yield* read([name], known)
      assert.isUndefined(states(gone)[release])
    }))

  it.effect("leaves alone what the reader cannot read, until it, what it uses or the reader changes", () => {
    const repository = { owner: "acme", name: "app" }
    const costly = pushing("ghcr.io/acme/hostile").replace("run: ", "run: |\n          f() { f; f; }\n          ") +
      "          for a in 1 2 3 4 5 6 7 8 9; do for b in 1 2 3 4 5 6 7 8 9; do for c in 1 2 3; do f; done; done; done\n"
    const texts = new Map<string, FileText>([
      ["good.yml", { _tag: "Text", oid: "", text: pushing("ghcr.io/acme/good") }],
      ["costly.yml", { _tag: "Text", oid: "", text: costly }],
      ["caller.yml", {
        _tag: "Text",
        oid: "3",
        text: `${costly.replace("jobs:\n", "jobs:\n  b:\n    uses: ./.github/workflows/good.yml\n")}`
      }],
      ["deep.yml", { _tag: "Text", oid: "", text: `docker: ${"[".repeat(1_000)}` }],
      ["huge.yml", { _tag: "Unreadable", reason: "too-large" }]
    ])
    const asked: Array<string> = []
    const oids = new Map([...texts.keys()].map((name) => [name, `oid of ${name}`]))
    const stage = { head: "c0ffee" }
    const probe = () => ({
      repository,
      headOid: Option.some(stage.head),
      dockerfiles: [],
      files: {
        compose: [],
        build: [],
        defaultBranch: Option.none(),
        workflows: [...oids].map(([name, oid]) => ({ ...fileAt(name), oid }))
      }
    })
    const github = GitHubProbe.of({
      probe: () => Effect.sync(probe),
      probeIfChanged: (_, head) => Effect.sync(() => head === stage.head ? Option.none() : Option.some(probe())),
      texts: (_, files) =>
        Effect.sync(() =>
          files.map(({ path }): FileText => {
            asked.push(nameOf(path))
            const text = texts.get(nameOf(path)) ?? { _tag: "Unread", reason: "unexpected" }
            return text._tag === "Text" ? { ...text, oid: oids.get(nameOf(path)) ?? "" } : text
          })
        )
    })
    const lookAgain = (known: KnownRepository | undefined) =>
      Effect.map(look({ id: "1", repository, attempts: 0, known }), (finding) => ({
        known: knownOf(finding.reading),
        states: states(finding),
        asked: asked.splice(0)
      }))
    return Effect.gen(function*() {
      const first = yield* lookAgain(undefined)
      const unread = ["costly.yml", "caller.yml", "deep.yml", "huge.yml"]
      assert.deepStrictEqual(first.known.beyond.map(({ path }) => nameOf(path)).toSorted(), unread.toSorted())

      const untouched = yield* lookAgain(first.known)
      assert.deepStrictEqual(untouched.asked, [])
      stage.head = "decaf"
      const elsewhere = yield* lookAgain(untouched.known)
      assert.deepStrictEqual(elsewhere.asked, [])
      assert.deepStrictEqual(
        Object.entries(elsewhere.states).filter(([, state]) => state === "unread").map(([path]) => nameOf(path))
          .toSorted(),
        unread.toSorted()
      )

      stage.head = "facade"
      oids.set("good.yml", "another")
      const used = yield* lookAgain(elsewhere.known)
      assert.deepStrictEqual([...new Set(used.asked)].toSorted(), ["caller.yml", "good.yml"])
      stage.head = "bead"
      oids.set("costly.yml", "another")
      assert.deepStrictEqual((yield* lookAgain(used.known)).asked, ["costly.yml"])

      const older = first.known.beyond.map((workflow) => ({ ...workflow, problem: Option.some("too-much") }))
      const earlier = knownRepository({ headOid: Option.some("bead"), dockerfiles: [], workflows: older })
      assert.includeMembers([...(yield* lookAgain(earlier)).asked], ["costly.yml", "deep.yml"])
    }).pipe(Effect.provideService(GitHubProbe, github))
  })

  it.effect("leaves a workflow unread whose text, or whose text's other file, could not be had", () => {
    const repository = { owner: "acme", name: "app" }
    const unanswered: FileText = { _tag: "Unread", reason: "timeout: 502" }
    const texts = new Map<string, FileText>([
      ["good.yml", { _tag: "Text", oid: "1", text: pushing("ghcr.io/acme/good") }],
      ["lost.yml", unanswered],
      ["huge.yml", { _tag: "Unreadable", reason: "too-large" }],
      ["hostile.yml", {
        _tag: "Text",
        oid: "3",
        text: pushing("ghcr.io/acme/hostile").replace("run: ", "run: |\n          f() { f; f; }\n          ") +
          "          for a in 1 2 3 4 5 6 7 8 9; do for b in 1 2 3 4 5 6 7 8 9; do for c in 1 2 3; do f; done; done; done\n"
      }],
      ["caller.yml", {
        _tag: "Text",
        oid: "2",
        text: "on: push\njobs:\n  a:\n    uses: ./.github/workflows/lost.yml\n  b:\n    runs-on: x\n" +
          "    steps:\n      - run: docker push ghcr.io/acme/caller\n"
      }]
    ])
    const github = GitHubProbe.of({
      probe: () =>
        Effect.succeed({
          repository,
          headOid: Option.some("c0ffee"),
          dockerfiles: [],
          files: { compose: [], build: [], defaultBranch: Option.none(), workflows: [...texts.keys()].map(fileAt) }
        }),
      probeIfChanged: () => Effect.succeedNone,
      texts: (_, files) => Effect.succeed(files.map(({ path }) => texts.get(path.split("/")[2] ?? "") ?? unanswered))
    })
    const claim: ClaimedRepository = { id: "1", repository, attempts: 0 }
    return Effect.gen(function*() {
      const { reading } = yield* Effect.provideService(look(claim), GitHubProbe, github)
      const became = (reading?.workflows ?? []).map(({ path, problem, state }) => [
        path.split("/")[2],
        state,
        Option.getOrNull(problem)
      ])
      assert.deepStrictEqual(became, [
        ["good.yml", "read", null],
        // What it was seen to publish is claimed; what else it does is not known.
        ["hostile.yml", "unread", beyondReader("too-much")],
        ["lost.yml", "unread", "timeout: 502"],
        ["huge.yml", "unread", beyondReader("too-large")],
        ["caller.yml", "unread", ".github/workflows/lost.yml: timeout: 502"]
      ])
      assert.deepStrictEqual((reading?.claims ?? []).map(({ image }) => image), [
        "ghcr.io/acme/good",
        "ghcr.io/acme/hostile"
      ])

      // What the reader gave up: nothing is known of it, not that it publishes nothing.
      const beyond = WorkflowReader.of({
        open: () => ({ read: ({ paths }) => Effect.succeed(paths.map(() => tooMuch)) })
      })
      const given = yield* look(claim).pipe(
        Effect.provideService(GitHubProbe, github),
        Effect.provideService(WorkflowReader, beyond)
      )
      assert.isTrue(given.reading?.workflows.every(({ state }) => state === "unread"))
      assert.deepStrictEqual(given.reading?.claims, [])
    })
  })
})
