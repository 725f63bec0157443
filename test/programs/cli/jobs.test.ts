import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Stream, TestClock } from "effect"
import { Auth, SettingsError, Transient } from "../../../src/domain/Errors.js"
import type { RepositoryName } from "../../../src/domain/GitHubRepository.js"
import { DockerHubRegistry } from "../../../src/services/DockerHubRegistry.js"
import { type CredentialReport, GitHubAccount } from "../../../src/services/GitHubAccount.js"
import { GitHubProbe } from "../../../src/services/GitHubProbe.js"
import { RateBudgets } from "../../../src/services/RateBudgets.js"
import { call, calling } from "../../support/commandLine.js"
import { makeLayers, smallWorld } from "../../support/memoryLayers.js"

const secret = "ghp_s3cr3t-that-nobody-may-see"
const environment = { GITHUB_TOKEN: secret }

const refusing = new Auth({ service: "GitHub", message: "no credential is left; check GITHUB_TOKEN" })
const noCredential = Layer.merge(
  smallWorld,
  Layer.succeed(GitHubProbe, {
    probe: () => Effect.fail(refusing),
    probeIfChanged: () => Effect.fail(refusing),
    texts: () => Effect.fail(refusing)
  })
)
const noHub = Layer.merge(
  smallWorld,
  Layer.succeed(DockerHubRegistry, { repository: () => Effect.never, namespace: () => Stream.never })
)

const parts = (stdout: string) => stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/))

const github = (error: Auth | Transient) => {
  const report: CredentialReport = { label: "token 1", outcome: { _tag: "Fails", error } }
  const account = Layer.succeed(GitHubAccount, { check: Effect.succeed([report]) })
  return makeLayers(Layer.merge(smallWorld, account)).layers
}

describe("sync", () => {
  it.effect("does everything but what it dies of, tells that at the end, and has failed", () =>
    Effect.gen(function*() {
      const dying = Layer.effect(
        GitHubProbe,
        Effect.map(GitHubProbe, (inner) => ({
          ...inner,
          probe: (name: RepositoryName) =>
            name.name === "tool" ? Effect.die(new TypeError("nobody foresaw this")) : inner.probe(name)
        }))
      )
      const { layers } = makeLayers(Layer.provideMerge(dying, smallWorld))
      yield* call({ layers }, "repos add acme/app acme/tool acme/docs")
      const said = yield* TestClock.adjust("1 minute").pipe(
        Effect.zipRight(call({ layers, environment }, "sync --once --json"))
      )
      assert.strictEqual(said.code, 1)
      assert.deepInclude(JSON.parse(said.stdout).discovery, { checked: 2, hits: 1, deferred: 1 })
      assert.include(said.stderr, "discovery: acme/tool: internal error: nobody foresaw this")
      assert.include(said.stderr, "1 defect of the program")
      const { defects } = JSON.parse((yield* call({ layers }, "status --json")).stdout)
      assert.strictEqual(defects.rows, 1)
      assert.deepInclude(defects.newest[0], { job: "discovery", subject: "acme/tool", times: 1 })
      const text = (yield* call({ layers }, "status")).stdout
      assert.include(text, "discovery: acme/tool: internal error: nobody foresaw this; 1 time")
    }))

  it.effect("says what it did, for programs in the words of its summary", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      yield* call({ layers }, "repos add acme/app acme/tool acme/docs acme/missing")
      const said = yield* TestClock.adjust("1 minute").pipe(
        Effect.zipRight(call({ layers, environment }, "sync --once --json"))
      )
      assert.strictEqual(said.code, 0)
      const summary = JSON.parse(said.stdout)
      assert.deepStrictEqual(summary.discovery, { checked: 4, hits: 1, misses: 2, notFound: 1, deferred: 0 })
      assert.deepStrictEqual(summary.refresh, { refreshed: 0, gone: 0, deferred: 0 })
      assert.hasAllKeys(summary.requests.github, ["requests", "points"])
      assert.hasAllKeys(summary.requests.dockerhub, ["requests"])
      assert.isNumber(summary.seconds)
      assert.deepStrictEqual(Object.keys(summary), ["discovery", "refresh", "registries", "requests", "seconds"])

      const listed = yield* call({ layers }, "images list --json")
      assert.deepInclude(JSON.parse(listed.stdout)[0], { image: "acme/app", pulls: 1_234_567, stars: 7 })
      const text = yield* call({ layers, environment }, "sync --once --include-deferred")
      assert.match(text.stdout, /^discovery: 0 checked, .*\nrefresh: 0 refreshed, .*\nrequests: .*\ntime: .*\n$/)
    }))

  it.effect("needs a credential for discovery only", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      for (const line of ["sync --once", "sync --only discovery", "daemon", "discover acme/app"]) {
        const said = yield* call({ layers }, line)
        assert.strictEqual(said.code, 2, line)
        assert.match(said.stderr, /^GITHUB_TOKEN: is not set; [^\n]*GITHUB_APP_ID[^\n]*\n$/)
      }
      assert.strictEqual((yield* call({ layers }, "sync --once --only refresh")).code, 0)
    }))

  it.effect("ends with 3 where GitHub refuses everything, and with what to check", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers(noCredential)
      yield* call({ layers }, "repos add acme/app")
      for (const line of ["sync --once", "discover acme/app", "discover acme/app --dry-run"]) {
        const said = yield* call({ layers, environment }, line)
        assert.strictEqual(said.code, 3, line)
        assert.include(said.stderr, "GitHub: no credential is left; check GITHUB_TOKEN\n")
        assert.notInclude(said.stderr + said.stdout, secret)
      }
    }))

  it.effect("goes on as a daemon where GitHub refuses everything, and says why and what waits", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers(noCredential)
      yield* call({ layers }, "repos add acme/app")
      const said = yield* Effect.fork(call({ layers, environment }, "daemon"))
      yield* TestClock.adjust("20 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.poll(said)))
      const { stdout } = yield* call({ layers }, "status --json")
      assert.deepInclude(JSON.parse(stdout), { backlog: 1, due: { repositories: 1, images: 0 } })
      yield* Fiber.interrupt(said)
    }))

  it.effect("tells how far it is every ten seconds where there is no terminal, and its summary when it is stopped", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers(noHub)
      yield* call({ layers }, "repos add acme/app acme/docs")
      const { running, said } = calling({ layers, environment }, ["sync", "--json"])
      const fiber = yield* Effect.fork(running)
      yield* TestClock.adjust("9 seconds")
      assert.strictEqual(said.stderr, "")
      yield* TestClock.adjust("2 seconds")
      assert.match(said.stderr, /^working: 1 repository and 0 images due; 1 checked, 0 found, 1 without image[^\n]*\n$/)
      assert.strictEqual(said.stdout, "")
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(said.stderr.trimEnd().split("\n").length, 2)
      yield* Fiber.interrupt(fiber)
      assert.deepInclude(JSON.parse(said.stdout).discovery, { checked: 1, misses: 1 })
    }))

  it.effect("draws its progress again and again on a terminal, and takes it away at the end", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers(noHub)
      yield* call({ layers }, "repos add acme/app acme/docs")
      const { running, said } = calling({ layers, environment, terminal: 50 }, ["sync"])
      const fiber = yield* Effect.fork(running)
      yield* TestClock.adjust("2 seconds")
      const frames = said.stderr.split("\u001B[0J")
      assert.isAtLeast(frames.length, 5)
      const last = frames.at(-1) ?? ""
      assert.match(last, /^working +1 repository and 0 images due/)
      assert.match(last, /\ndiscovery 1 checked, 0 found/)
      for (const line of last.split("\n")) assert.isBelow([...line].length, 50)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(said.stderr.endsWith("A\u001B[0J"))
    }))
})

describe("discover", () => {
  it.effect("prints the evidence, and stores what it found", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      const line = "discover Acme/App acme/tool acme/docs acme/missing old/name ACME/app"
      const said = yield* call({ layers, environment }, line)
      assert.strictEqual(said.code, 0)
      assert.deepStrictEqual(said.stdout.split("\n"), [
        "Acme/App publishes acme/app",
        "  Dockerfile",
        "  HEAD 0123456789abcdef0123456789abcdef01234567",
        "  1,234,567 pulls, 7 stars",
        "acme/tool has a Dockerfile, but Docker Hub knows no acme/tool",
        "  docker/Dockerfile",
        "  HEAD 0123456789abcdef0123456789abcdef01234567",
        "acme/docs has no Dockerfile where it is looked for",
        "  HEAD 0123456789abcdef0123456789abcdef01234567",
        "acme/missing is not known to GitHub, or not visible",
        "old/name has a Dockerfile, but Docker Hub knows no acme/tool",
        "  is called acme/tool now",
        "  Dockerfile",
        "  HEAD 0123456789abcdef0123456789abcdef01234567",
        ""
      ])
      assert.strictEqual(JSON.parse((yield* call({ layers }, "images list --json")).stdout).length, 1)
    }))

  it.effect("stores nothing in a dry run", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      const said = yield* call({ layers, environment }, "discover acme/app --dry-run --json")
      assert.deepStrictEqual(JSON.parse(said.stdout), [{
        repository: "acme/app",
        currentName: "Acme/App",
        outcome: "hit",
        headOid: "0123456789abcdef0123456789abcdef01234567",
        dockerfiles: ["Dockerfile"],
        candidate: "acme/app",
        image: { name: "acme/app", pulls: 1_234_567, stars: 7, lastUpdated: "1970-01-02T00:00:00.000Z" },
        claims: [],
        reason: null,
        links: []
      }])
      assert.strictEqual((yield* call({ layers }, "repos list --json")).stdout, "[]\n")
    }))

  it.effect("refuses what is no repository", () =>
    Effect.gen(function*() {
      const said = yield* call({ layers: makeLayers().layers, environment }, "discover nonsense")
      assert.strictEqual(said.code, 2)
      assert.match(said.stderr, /^"nonsense" is not a GitHub repository/)
    }))
})

describe("status", () => {
  it.effect("tells what is left to do, what is parked, and what there is", () =>
    Effect.gen(function*() {
      const parked = Layer.effectDiscard(
        Effect.flatMap(RateBudgets, (budgets) => budgets.park({ service: "dockerhub", payer: "here" }, 90_000, "429"))
      )
      const { layers } = makeLayers(parked.pipe(Layer.provideMerge(smallWorld)))
      yield* call({ layers }, "repos add acme/app acme/docs")
      const json = yield* call({ layers: { ...layers, store: layers.all } }, "status --json")
      const status = JSON.parse(json.stdout)
      assert.deepInclude(status, {
        backlog: 2,
        due: { repositories: 2, images: 0 },
        deferred: 0,
        lastCompleteDay: null
      })
      assert.deepInclude(status.rows, { repositories: 2, images: 0 })
      assert.deepStrictEqual(status.parks, [{
        service: "dockerhub",
        payer: "here",
        until: "1970-01-01T00:01:30.000Z",
        secondsLeft: 90,
        reason: "429"
      }])
      const text = yield* call({ layers: { ...layers, store: layers.all } }, "status")
      assert.match(text.stdout, /^backlog +2 repositories never checked\ndue +2 repositories, 0 images\n/)
      assert.match(text.stdout, /\nparked +dockerhub \(here\) for 1 min 30 s: 429\n/)
    }))

  it.effect("shows the budgets and parks of registries by who pays", () =>
    Effect.gen(function*() {
      const payer = { service: "docker.io", payer: "DOCKERHUB_TOKEN me" }
      const known = Layer.effectDiscard(Effect.gen(function*() {
        const budgets = yield* RateBudgets
        yield* budgets.observe(payer, { limit: 200, remaining: 17, resetsAt: 7_200_000 })
        yield* budgets.spend(payer, 3, 3)
        yield* budgets.park({ service: "ghcr.io", payer: "anonymous" }, 60_000, "TOOMANYREQUESTS: slow down")
      }))
      const { layers } = makeLayers(known.pipe(Layer.provideMerge(smallWorld)))
      const shown = { ...layers, store: layers.all }
      const { budgets, parks } = JSON.parse((yield* call({ layers: shown }, "status --json")).stdout)
      assert.deepStrictEqual(budgets[0], {
        ...payer,
        limit: 200,
        remaining: 17,
        resetsAt: "1970-01-01T02:00:00.000Z",
        requests: 3,
        points: 3,
        observedAt: "1970-01-01T00:00:00.000Z"
      })
      assert.deepStrictEqual(parks, [{
        service: "ghcr.io",
        payer: "anonymous",
        until: "1970-01-01T00:01:00.000Z",
        secondsLeft: 60,
        reason: "TOOMANYREQUESTS: slow down"
      }])
      const { stdout } = yield* call({ layers: shown }, "status")
      assert.match(stdout, /\nparked +ghcr.io \(anonymous\) for 1 min: TOOMANYREQUESTS: slow down\n/)
      assert.match(
        stdout,
        /\nbudget +docker.io \(DOCKERHUB_TOKEN me\): 17 of 200 left, anew in 2 h, 3 requests, seen 1970-01-01 00:00 UTC\n/
      )
    }))
})

describe("doctor", () => {
  it.effect("has a line for each setting and service", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      const said = yield* call({ layers, environment: { ...environment, LOG_LEVEL: "debug" } }, "doctor")
      assert.strictEqual(said.code, 0)
      const lines = parts(said.stdout)
      assert.deepStrictEqual(lines.find(([what]) => what === "GITHUB_TOKEN"), ["GITHUB_TOKEN", "ok", "set"])
      assert.deepStrictEqual(lines.find(([what]) => what === "GITHUB_BATCH_SIZE"), [
        "GITHUB_BATCH_SIZE",
        "ok",
        "100 (default)"
      ])
      assert.match(said.stdout, /\ndatabase +ok +.*; embedded; what is committed survives a power cut\n/)
      assert.deepStrictEqual(lines.slice(-3).map(([what, state]) => [what, state]), [
        ["database", "ok"],
        ["GitHub token 1", "ok"],
        ["Docker Hub", "ok"]
      ])
      assert.notInclude(said.stdout + said.stderr, secret)
    }))

  it.effect("tells every wrong setting, tries nothing, and ends with 2", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      const wrong = { GITHUB_TOKEN: `${secret} x`, DOCKERHUB_BATCH_SIZE: secret, DATABASE_URL: `mysql://${secret}` }
      const said = yield* call({ layers, environment: wrong }, "doctor --json")
      assert.strictEqual(said.code, 2)
      const report = JSON.parse(said.stdout)
      const failed = report.settings.filter(({ ok }: { ok: boolean }) => !ok)
      assert.deepStrictEqual(failed.map(({ name }: { name: string }) => name), Object.keys(wrong))
      assert.deepStrictEqual(report.services, [])
    }))

  it.effect("ends with the code of what failed", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      const refused = yield* call({ layers: github(refusing), environment }, "doctor")
      assert.strictEqual(refused.code, 3)
      assert.match(refused.stdout, /\nGitHub token 1 +failed +no credential is left; check GITHUB_TOKEN\n/)
      const down = new Transient({ service: "GitHub", reason: "network", message: "ECONNREFUSED" })
      assert.strictEqual((yield* call({ layers: github(down), environment }, "doctor")).code, 1)
      assert.strictEqual((yield* call({ layers }, "doctor")).code, 2)
      const unreachable = new SettingsError({ setting: "DATABASE_URL", message: "the database cannot be reached" })
      const noDatabase = yield* call({ layers: { ...layers, store: Layer.fail(unreachable) }, environment }, "doctor")
      assert.strictEqual(noDatabase.code, 2)
      assert.match(noDatabase.stdout, /\ndatabase +failed +DATABASE_URL the database cannot be reached\n/)
    }))

  it.effect("gives up on a service that does not answer", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers(noHub)
      const fiber = yield* Effect.fork(call({ layers, environment }, "doctor"))
      yield* TestClock.adjust("21 seconds")
      const said = yield* Fiber.join(fiber)
      assert.strictEqual(said.code, 1)
      assert.match(said.stdout, /\nDocker Hub +failed +no answer within 20s/)
    }))
})

describe("migrate", () => {
  it.effect("tells what it applied", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      assert.strictEqual((yield* call({ layers }, "migrate")).stdout, "applied 1_tables\n")
      assert.deepStrictEqual(JSON.parse((yield* call({ layers }, "migrate --json")).stdout), { applied: ["1_tables"] })
      const none = yield* call({ layers: { ...layers, migrate: Effect.succeed([]) } }, "migrate")
      assert.strictEqual(none.stdout, "the schema is up to date\n")
    }))
})

describe("settings", () => {
  it.effect("are all checked before anything starts, whatever the command", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      const wrong = { GITHUB_BATCH_SIZE: "-1", DOCKERHUB_REFRESH_INTERVAL_HOURS: "25", DATABASE_URL: secret }
      for (
        const line of [
          "repos add a/b",
          "repos list",
          "sync --once",
          "daemon",
          "status",
          "images list",
          "migrate",
          "pulls nginx"
        ]
      ) {
        const said = yield* call({ layers, environment: wrong }, line)
        assert.strictEqual(said.code, 2, line)
        assert.deepStrictEqual(
          said.stderr.trimEnd().split("\n").map((line) => line.split(":")[0]),
          Object.keys(wrong),
          line
        )
        assert.strictEqual(said.stdout, "", line)
        assert.notInclude(said.stderr, secret)
      }
      assert.strictEqual((yield* call({ layers }, "repos list --json")).stdout, "[]\n")
    }))

  it.effect("do not matter to --help and --version", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      const environment = { GITHUB_BATCH_SIZE: "-1" }
      const help = yield* call({ layers, environment }, "repos add --help")
      assert.strictEqual(help.code, 0)
      assert.include(help.stdout, "EXAMPLES")
      assert.strictEqual((yield* call({ layers, environment }, "--version")).stdout.trim(), "1.2.3")
    }))
})
