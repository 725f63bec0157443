/**
 * Texts from outside on a terminal: whatever a name, tag, label, description, reason or error holds, no command prints a
 * character that moves the cursor, changes colours or the order of letters, hides something, or begins a line of its own.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, FastCheck as fc, Layer, Option, Ref, Schema, Stream } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { Transient } from "../../../src/domain/Errors.js"
import * as RateBudgetsMemory from "../../../src/layers/budgets/RateBudgetsMemory.js"
import * as DockerHubRegistryMemory from "../../../src/layers/dockerhub/DockerHubRegistryMemory.js"
import * as GitHubProbeMemory from "../../../src/layers/github/GitHubProbeMemory.js"
import * as LinkStoreMemory from "../../../src/layers/memory/LinkStoreMemory.js"
import * as ContentCacheMemory from "../../../src/layers/registry/ContentCacheMemory.js"
import type { CommandLayers } from "../../../src/programs/cli/CommandLayers.js"
import { screen, type View } from "../../../src/programs/cli/progressText.js"
import { oneLine, visible } from "../../../src/programs/cli/text.js"
import * as SyncProgress from "../../../src/programs/sync/SyncProgress.js"
import { type CredentialReport, GitHubAccount } from "../../../src/services/GitHubAccount.js"
import { OciRegistry } from "../../../src/services/OciRegistry.js"
import { ProcessBoard } from "../../../src/services/ProcessBoard.js"
import { RepoDockerStore } from "../../../src/services/RepoDockerStore.js"
import { finderOver, makeWorld } from "../../layers/updates/world.js"
import { call, type Said } from "../../support/commandLine.js"
import { answers, claimed, claimOne, lane, reads, says, thereAt, workflow } from "../../support/links.js"
import { makeLayers, smallWorld } from "../../support/memoryLayers.js"
import { claims, looked, night, watchOf, webhook } from "../../support/watches.js"

/** Colours, a window's title, a C1 control, turned writing, a blank without width, ends of lines, half a letter, a tag. */
const evil = "a\u001b[31mb\u001b]0;title\u0007c\u009b1md\u202ee\u2066f\u200bg\u2028h\u007fi\ud800j\u{e0041}k\0\r\n" +
  "FORGED a line\tof its own\u200d"

const unseen = /(?![\n\t\u200C\u200D])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

const isClean = ({ stderr, stdout }: Said, of: string) => {
  for (const text of [stdout, stderr]) {
    assert.notMatch(text, unseen, of)
    // What belongs to a line is indented below it.
    assert.notMatch(text, /^FORGED/m, of)
  }
}

/** Seen: what is told of it, on either stream. */
const isTold = (said: Said, of: string) => {
  isClean(said, of)
  assert.include(said.stdout + said.stderr, "\\u001b[31mb", `${of} tells nothing of it`)
}

const morning = Date.parse("2026-11-21T07:30:00Z")

const hub = DockerHubRegistryMemory.layerMemory([{
  image: "acme/app",
  pulls: 7n,
  stars: 1,
  lastUpdated: Option.some(morning),
  details: {
    description: evil,
    fullDescription: `# ${evil}`,
    categories: [evil],
    registered: Option.none()
  },
  tags: [{
    // Tags with NUL or half a surrogate are left out before.
    name: `1${evil.replaceAll(/[\0\ud800]/g, "")}`,
    digest: Option.none(),
    mediaType: Option.some(evil),
    size: Option.some(1),
    lastUpdated: Option.some(morning),
    lastPushed: Option.some(morning),
    images: [],
    others: []
  }]
}])

const budget = {
  key: { service: evil, payer: evil },
  limit: 100,
  remaining: 7,
  resetsAt: morning,
  parkedUntil: Number.MAX_SAFE_INTEGER / 10,
  parkReason: evil,
  requests: 1,
  points: 1,
  observedAt: morning
}

/** Who runs, what it does and what is waited for, all in hostile words. */
const board = Layer.succeed(ProcessBoard, {
  report: () => Effect.void,
  running: Effect.succeed([{
    id: evil,
    host: evil,
    pid: 1,
    command: evil,
    startedAt: morning,
    heartbeatAt: morning,
    progress: { [evil]: { phase: evil } }
  }]),
  budgets: Effect.succeed([budget])
})

const reports: ReadonlyArray<CredentialReport> = [
  { label: evil, outcome: { _tag: "Works", detail: evil, reading: {} } },
  {
    label: evil,
    outcome: { _tag: "Fails", error: new Transient({ service: "GitHub", reason: "server", message: evil }) }
  }
]

const account = Layer.succeed(GitHubAccount, { check: Effect.succeed(reports) })

const github = GitHubProbeMemory.layer([
  ["acme/app", { repository: { owner: "acme", name: `app${evil}` }, headOid: Option.some(evil), dockerfiles: [] }]
])

/** A census in which every text is hostile that somebody else writes. */
const census = Effect.gen(function*() {
  const world = Layer.mergeAll(smallWorld, hub, account, github)
  const { layers, store, tables, watches } = makeLayers(world)
  const claim = yield* claimOne(store, "acme/app")
  const links = LinkStoreMemory.make("test", tables)
  yield* store.recordDiscovery([
    reads(
      claim,
      morning,
      [claimed("ghcr.io/acme/app", { path: evil, detail: evil, pattern: Option.some(evil) })],
      [workflow({ path: evil, problem: Option.some(evil) })],
      { owner: "acme", name: `app${evil}` }
    )
  ])
  const checks = yield* links.claimChecks(lane("ghcr.io"))
  yield* links.recordChecks(checks.map((check) => answers(check, morning, thereAt())))
  const sources = yield* links.claimSources({ ...lane("ghcr.io"), pullsPerDay: 10 })
  yield* links.recordSources(sources.map((source) => says(source, morning, `https://github.com/acme/app?${evil}`)))
  yield* watches.add([watchOf("nginx", { actions: [webhook(), { _tag: "Command", argv: ["run", evil] }] })])
  const [watch] = yield* watches.claim(claims)
  if (watch !== undefined) {
    yield* watches.record([looked(watch, night, { _tag: "Deferred", problem: evil, parked: false })])
  }
  const all: CommandLayers = { ...layers, store: Layer.merge(layers.store, board), all: Layer.merge(layers.all, board) }
  return { layers: all }
})

const Json = Schema.parseJson()

describe("what comes from outside", () => {
  it.prop("is seen, and JSON means what it meant", [fc.string({ unit: "binary" })], ([text]) => {
    assert.notMatch(visible(text), unseen)
    assert.notMatch(oneLine(text), /[\n\t]/)
    assert.strictEqual(visible(visible(text)), visible(text))
    assert.deepStrictEqual(JSON.parse(visible(JSON.stringify([text]))), [text])
  })

  it("is left alone where it is letters, emoji and words that join them", () => {
    for (const text of ["naïve 中文 👩‍👩‍👧 نمی‌خواهم", "a\tb\nc", "✓ · …"]) assert.strictEqual(visible(text), text)
    assert.strictEqual(oneLine("a\tb\r\nc"), "a b c")
  })

  it("has one way to the terminal", () => {
    const folder = new URL("../../../src/programs/cli/", import.meta.url)
    const ways = readdirSync(folder).filter((name) =>
      /\bConsole\.(?:log|error)\(/.test(readFileSync(new URL(name, folder), "utf8"))
    )
    assert.deepStrictEqual(ways, ["output.ts"])
  })

  it.effect("stays text in every list and on every page", () =>
    Effect.gen(function*() {
      const { layers } = yield* census
      const environment = {
        GITHUB_TOKEN: "none",
        DOCKER_SCRAPER_IMAGES: "acme/app",
        LOG_LEVEL: "debug"
      }
      const silent = new Set([
        "catalog sync --once",
        "catalog list",
        "catalog show acme/app",
        "images list",
        "watch list",
        "watch events"
      ])
      for (
        const line of [
          "catalog sync --once",
          "repos list",
          "images list",
          "links list --all",
          `links explain acme/app${evil.replaceAll(" ", "_")}`,
          "catalog list",
          "catalog show acme/app",
          "watch list",
          "watch events",
          "status",
          "doctor",
          "discover acme/app --dry-run"
        ]
      ) {
        for (const terminal of [undefined, 300]) {
          const said = yield* call({ layers, environment, ...(terminal === undefined ? {} : { terminal }) }, line)
          if (silent.has(line)) isClean(said, line)
          else isTold(said, line)
        }
      }
    }))

  it.effect("is the same text in JSON, and in the lines of exports", () =>
    Effect.gen(function*() {
      const { layers } = yield* census
      const environment = { DOCKER_SCRAPER_IMAGES: "acme/app" }
      yield* call({ layers, environment }, "catalog sync --once")
      for (const line of ["repos list --json", "catalog list --json", "status --json", "watch list --json"]) {
        const said = yield* call({ layers, environment }, line)
        isTold(said, line)
        // JSON has no halves of surrogates in what it reads back but as they were escaped.
        assert.include(JSON.stringify(yield* Schema.decode(Json)(said.stdout)), JSON.stringify(evil).slice(1, -1), line)
      }
      for (const form of ["--csv", "--ndjson", ""]) {
        const said = yield* call({ layers, environment }, `catalog export ${form}`)
        isTold(said, form)
        if (form !== "") assert.strictEqual(said.stdout.trimEnd().split("\n").length, form === "--csv" ? 2 : 1, form)
      }
    }))

  it.effect("stays text in what registries answer", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const labels = { "org.opencontainers.image.source": `https://github.com/a/b#${evil}`, [evil]: evil }
      yield* world.publish("ghcr.io/acme/app:1.2.3", { labels, annotations: labels })
      yield* world.publish("ghcr.io/acme/app:1.2.4", { labels, annotations: labels })
      const { layers } = makeLayers()
      const { registry } = world
      const wild = Layer.succeed(OciRegistry, {
        ...registry,
        tags: () => Stream.make(evil, "1.2.3"),
        resolve: () => Effect.fail(new Transient({ service: "ghcr.io", reason: "server", message: evil }))
      })
      const over: CommandLayers = {
        ...layers,
        updates: () => finderOver(world),
        registries: Layer.mergeAll(wild, ContentCacheMemory.layer(), RateBudgetsMemory.layer)
      }
      for (
        const line of [
          "tags ghcr.io/acme/app",
          "tags ghcr.io/acme/app --json",
          "digest ghcr.io/acme/app:1.2.3",
          "digest ghcr.io/acme/app:1.2.3 --json",
          "inspect ghcr.io/acme/app:1.2.3",
          "inspect ghcr.io/acme/app:1.2.3 --json"
        ]
      ) isTold(yield* call({ layers: over }, line), line)
      for (const line of ["updates ghcr.io/acme/app:1.2.3 --explain", "updates ghcr.io/acme/app:1.2.3 --json"]) {
        isClean(yield* call({ layers: over }, line), line)
      }
      // Bytes are as their digest says where a program reads them, and text where a terminal would obey them.
      const raw = new TextEncoder().encode(`{"a":"\u009b31m"}`)
      const bytes: CommandLayers = {
        ...over,
        registries: Layer.merge(
          over.registries,
          Layer.succeed(OciRegistry, {
            ...registry,
            manifest: (reference) => Effect.map(registry.manifest(reference), (found) => ({ ...found, bytes: raw })),
            blob: (reference) =>
              Effect.succeed({
                digest: Option.getOrThrow(reference.digest),
                size: Option.none(),
                // A letter of two bytes comes in two pieces.
                bytes: Stream.fromIterable([...raw].map((byte) => new Uint8Array([byte])))
              })
          })
        )
      }
      for (const line of ["manifest ghcr.io/acme/app:1.2.3", `blob ghcr.io/acme/app@sha256:${"a".repeat(64)}`]) {
        assert.strictEqual((yield* call({ layers: bytes }, line)).stdout, "{\"a\":\"\u009b31m\"}", line)
        assert.strictEqual((yield* call({ layers: bytes, terminal: 80 }, line)).stdout, "{\"a\":\"\\u009b31m\"}", line)
      }
    }))

  it.effect("stays text in errors, and in arguments that are told back", () =>
    Effect.gen(function*() {
      const { layers, store } = makeLayers()
      const failing = Layer.succeed(RepoDockerStore, {
        ...store,
        status: () => Effect.fail(new Transient({ service: evil, reason: "server", message: evil })),
        repositories: () => Stream.die(new Error(evil))
      })
      const over = { ...layers, store: Layer.merge(layers.store, failing) }
      for (const line of ["status", "repos list"]) isTold(yield* call({ layers: over }, line), line)
      isTold(yield* call({ layers, stdin: `${evil}\n` }, "repos add -"), "repos add")
      isTold(
        yield* call(
          { layers, stdin: `image,date,pulls_total\n${evil.replaceAll(/\s/g, "")},2026-01-01,5\n` },
          "pulls import -"
        ),
        "pulls import"
      )
      isTold(yield* call({ layers, stdin: "[]" }, `pulls ${evil.replaceAll(/\s/g, "")}`), "pulls")
    }))

  it.effect.each(["pretty", "logfmt", "json"])("begins no line of the log (%s)", (format) =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      const speaking = Layer.effectDiscard(
        Effect.logWarning(evil, new Error(evil), Cause.die(new Error(evil))).pipe(Effect.annotateLogs(evil, evil))
      )
      for (const LOG_LEVEL of ["info", "debug"]) {
        const said = yield* call({
          layers: { ...layers, store: Layer.merge(layers.store, speaking) },
          environment: { LOG_FORMAT: format, LOG_LEVEL }
        }, "repos list")
        isTold(said, format)
      }
    }))

  it.effect("stays text in lines that are drawn again", () =>
    Effect.gen(function*() {
      const state = yield* Effect.flatMap(SyncProgress.SyncProgress, Ref.get).pipe(Effect.provide(SyncProgress.layer))
      const registry = { registry: evil, found: 1, absent: 0, notVisible: 0, deferred: 0, read: 0 }
      const view: View = {
        now: morning,
        state: { ...state, registries: [registry] },
        budgets: [budget],
        samples: []
      }
      const lines = screen(view, 1000)
      isTold({ code: 0, stdout: lines.join("\n"), stderr: "" }, "the screen")
      assert.isAtLeast(lines.filter((line) => line.includes("\\u001b")).length, 3)
    }))
})
