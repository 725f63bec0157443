import { FileSystem } from "@effect/platform"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Stream, TestClock } from "effect"
import { RateLimit } from "../../../src/domain/Errors.js"
import { finderOver, makeWorld, type TestWorld } from "../../layers/updates/world.js"
import { call } from "../../support/commandLine.js"
import { makeLayers } from "../../support/memoryLayers.js"

const day = 86_400_000
const labels = { "org.opencontainers.image.source": "https://github.com/acme/app.git#main:docker" }

const app = (world: TestWorld) =>
  Effect.forEach(["1.2.3", "1.2.4", "1.3.0", "2.0.0"], (tag) =>
    world.publish(`ghcr.io/acme/app:${tag}`, {
      platforms: ["linux/amd64", "linux/arm64"],
      layers: ["base", tag],
      labels,
      created: "2026-01-01T00:00:00Z"
    }), { discard: true })

const over = (world: TestWorld) => ({ ...makeLayers().layers, updates: () => finderOver(world) })

/** A folder with these files in it. */
const folder = (files: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* fs.makeTempDirectoryScoped()
    yield* Effect.forEach(Object.entries(files), ([name, text]) => fs.writeFileString(`${path}/${name}`, text))
    return path
  })

const references = ({ stdout }: { readonly stdout: string }) =>
  JSON.parse(stdout).map((one: { readonly reference: string }) => one.reference)

describe("updates", () => {
  it.effect("shows a table, and ends with 10 where there is something newer and with 0 where there is not", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      yield* TestClock.setTime(Date.UTC(2026, 0, 11))
      yield* app(world)
      const found = yield* call({ layers: over(world) }, "updates ghcr.io/acme/app:1.2.3")
      assert.strictEqual(found.code, 10)
      assert.deepStrictEqual(found.stdout.split("\n").map((line) => line.split(/ {2,}/)), [
        ["IMAGE", "PATCH", "MINOR", "MAJOR", "AGE", "DOWNLOAD", "NOTES"],
        [
          "ghcr.io/acme/app:1.2.3",
          "1.2.4",
          "1.3.0",
          "(2.0.0)",
          "10 d",
          found.stdout.match(/\d+ B of \d+ B/)?.[0] ?? "",
          "https://github.com/acme/app/releases/tag/v1.3.0"
        ],
        [""]
      ])
      const major = yield* call({ layers: over(world) }, "updates --level major ghcr.io/acme/app:1.2.3 --json")
      assert.strictEqual(JSON.parse(major.stdout)[0].candidates[0].tag, "2.0.0")
      const none = yield* call({ layers: over(world) }, "updates ghcr.io/acme/app:2.0.0")
      assert.strictEqual(none.code, 0)
    }))

  it.effect("tells programs everything, with what was passed over on demand", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      yield* TestClock.setTime(10 * day)
      yield* world.publishOnHub("acme/tool", "1.2.3", day, { labels })
      const { digest, images } = yield* world.publishOnHub("acme/tool", "1.2.4", 5 * day, { labels })
      yield* world.publishOnHub("acme/tool", "1.2.5-alpine", 6 * day)
      const { code, stdout } = yield* call({ layers: over(world) }, "updates --json --explain acme/tool:1.2.3")
      assert.strictEqual(code, 10)
      const [{ download, ...answer }] = JSON.parse(stdout)
      assert.isAbove(download.total, 0)
      assert.deepStrictEqual(answer, {
        reference: "acme/tool:1.2.3",
        from: null,
        platform: "linux/amd64",
        status: "updates",
        current: { tag: "1.2.3", scheme: "semantic", floating: false },
        newest: { patch: "1.2.4", minor: null, major: null },
        beyond: null,
        candidates: [{
          tag: "1.2.4",
          change: "patch",
          platform: "yes",
          digest,
          image: images["linux/amd64"],
          date: "1970-01-06T00:00:00.000Z",
          dateFrom: "registry",
          notes: "https://github.com/acme/app/releases/tag/v1.2.4"
        }],
        pinned: null,
        source: "https://github.com/acme/app",
        listing: { tags: 3, cutOff: null },
        warnings: [],
        passedOver: [{ tag: "1.2.3", reason: "current" }, { tag: "1.2.5-alpine", reason: "variant" }]
      })
    }))

  it.effect("says why other tags were passed over, to people too", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      yield* app(world)
      yield* world.publish("ghcr.io/acme/app:1.4.0-alpine")
      const { stdout } = yield* call({ layers: over(world) }, "updates --explain ghcr.io/acme/app:1.2.4")
      assert.include(stdout, "ghcr.io/acme/app:1.2.4: 5 tags listed")
      assert.include(stdout, "  variant: 1.4.0-alpine")
      assert.include(stdout, "  level: 2.0.0")
    }))

  it.effect("one image that cannot be looked up does not hold up the others, and is never `up to date`", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      yield* app(world)
      const until = DateTime.unsafeMake(3_600_000)
      const limited = new RateLimit({ budget: { service: "slow.example", payer: "anonymous" }, until, reason: "429" })
      const registry: typeof world.registry = {
        ...world.registry,
        tags: (repository, options) =>
          repository.registry === "slow.example"
            ? Stream.fail(limited)
            : world.registry.tags(repository, options)
      }
      const layers = over({ ...world, registry })
      const text = yield* call({ layers }, "updates slow.example/a/b:1.0 ghcr.io/acme/app:1.2.3 ghcr.io/acme/none:1")
      assert.strictEqual(text.code, 1)
      assert.match(text.stdout, /slow\.example\/a\/b:1\.0 +\? .*could not be looked up/)
      assert.include(text.stdout, "1.3.0")
      assert.include(text.stderr, "slow.example/a/b:1.0: ")
      assert.include(text.stderr, "until 1970-01-01T01:00:00.000Z")
      const json = yield* call({ layers }, "updates --json slow.example/a/b:1.0 ghcr.io/acme/app:1.2.3")
      const [failed, found] = JSON.parse(json.stdout)
      assert.deepStrictEqual(failed, {
        reference: "slow.example/a/b:1.0",
        from: null,
        status: "error",
        error: "RATE_LIMIT",
        message: limited.message,
        retryAt: "1970-01-01T01:00:00.000Z"
      })
      assert.strictEqual(found.status, "updates")
    }))

  it.effect("reads the services of a Compose file, and says which it skips", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      yield* app(world)
      const path = yield* folder({
        ".env": "TAG=1.2.3\nOTHER=\"2.0.0\"",
        "compose.yaml": [
          "services:",
          "  a: { image: \"ghcr.io/acme/app:${TAG:-0.1.0}\", platform: linux/arm64 }",
          "  b: { image: \"ghcr.io/acme/app:${OTHER}\" }",
          "  c: { build: . }",
          "  d: { build: ., image: \"ghcr.io/acme/mine:1.0\" }",
          "  e: { image: \"ghcr.io/acme/app:${NOWHERE}\" }"
        ].join("\n")
      })
      const run = (environment: Readonly<Record<string, string>>) =>
        call({ layers: over(world), environment }, `updates --json --from ${path}/compose.yaml`)
      const { code, stderr, stdout } = yield* run({})
      const [a, b, e] = JSON.parse(stdout)
      assert.deepStrictEqual([a.reference, a.platform, a.status], ["ghcr.io/acme/app:1.2.3", "linux/arm64", "updates"])
      assert.deepStrictEqual([b.reference, b.status], ["ghcr.io/acme/app:2.0.0", "current"])
      assert.deepStrictEqual([e.status, e.message], ["error", "NOWHERE is not set"])
      assert.include(stderr, "service c: skipped: it is built here")
      assert.include(stderr, "service d: skipped: ghcr.io/acme/mine:1.0 is built here")
      assert.strictEqual(code, 2)
      const set = yield* run({ NOWHERE: "2.0.0", TAG: "2.0.0" })
      assert.strictEqual(set.code, 0)
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.effect("reads the bases of a Dockerfile, and lists", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      yield* app(world)
      const path = yield* folder({
        "Dockerfile.web": "ARG V=1.2.3\nFROM ghcr.io/acme/app:$V AS build\nFROM build\nFROM scratch\n",
        "images.txt": "# ours\nghcr.io/acme/app:2.0.0 # newest\n\n"
      })
      const files = `updates --json --from ${path}/Dockerfile.web --from ${path}/images.txt`
      const both = yield* call({ layers: over(world) }, files)
      assert.deepStrictEqual(references(both), ["ghcr.io/acme/app:1.2.3", "ghcr.io/acme/app:2.0.0"])
      const stdin = "ghcr.io/acme/app:1.2.4\nGhcr.io/acme/App:1\n"
      const list = yield* call({ layers: over(world), stdin }, "updates --json --from -")
      assert.deepStrictEqual(references(list), ["ghcr.io/acme/app:1.2.4", "Ghcr.io/acme/App:1"])
      assert.strictEqual(list.code, 2)
      assert.include(list.stderr, "lower-case")
      const dash = yield* call({ layers: over(world), stdin: "ghcr.io/acme/app:2.0.0" }, "updates -")
      assert.strictEqual(dash.code, 0)
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.effect("compares a pinned digest, and warns of a tag that is no version", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const old = yield* world.publish("ghcr.io/acme/app:latest")
      yield* world.publish("ghcr.io/acme/app:latest", { layers: ["rebuilt"] })
      const moved = yield* call({ layers: over(world) }, `updates ghcr.io/acme/app:latest@${old.digest}`)
      assert.strictEqual(moved.code, 10)
      assert.include(moved.stdout, "the tag moved to sha256:")
      const plain = yield* call({ layers: over(world) }, "updates ghcr.io/acme/app:latest")
      assert.strictEqual(plain.code, 0)
      assert.include(plain.stderr, "names no version")
    }))

  it.effect("what was called wrongly is told in one line before anything is asked", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const lines: Readonly<Record<string, string>> = {
        "updates Nginx": "lower-case",
        "updates --match /(/ x:1": "--match: /(/ is no regular expression",
        "updates --min-age soon x:1": "--min-age: ",
        "updates --platform a/b/c/d x:1": "--platform: ",
        "updates --source nowhere x:1": "--source: ",
        "updates --from /none/compose.yaml": "--from /none/compose.yaml: there is no such file",
        "updates": "say which images"
      }
      for (const [line, expected] of Object.entries(lines)) {
        const { code, stderr } = yield* call({ layers: over(world) }, line)
        assert.strictEqual(code, 2, line)
        assert.include(stderr, expected)
      }
      assert.deepStrictEqual(world.counts, { listings: 0, heads: 0, manifests: 0, blobs: 0 })
    }))
})
