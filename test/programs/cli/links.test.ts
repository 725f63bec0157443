import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, TestClock } from "effect"
import * as LinkStoreMemory from "../../../src/layers/memory/LinkStoreMemory.js"
import { call } from "../../support/commandLine.js"
import { answers, claimed, claimOne, lane, reads, release, says, thereAt } from "../../support/links.js"
import { makeLayers } from "../../support/memoryLayers.js"

const morning = Date.parse("2026-11-21T07:30:00Z")

const Links = Schema.parseJson(Schema.Array(Schema.Struct({
  repository: Schema.String,
  image: Schema.String,
  registry: Schema.String,
  shown: Schema.Boolean,
  confidence: Schema.Number,
  evidence: Schema.Array(Schema.Struct({ kind: Schema.String, places: Schema.Array(Schema.String) })),
  verification: Schema.Struct({ state: Schema.String, pointsAt: Schema.NullOr(Schema.String) })
})))

const Explained = Schema.parseJson(Schema.Struct({
  repository: Schema.String,
  claims: Schema.Array(Schema.Struct({ image: Schema.String, answer: Schema.NullOr(Schema.String) })),
  links: Schema.Array(Schema.Struct({ image: Schema.String, shown: Schema.Boolean }))
}))

/** Two repositories that claim the same image, which names the first of them; and a guess that came to nothing. */
const census = Effect.gen(function*() {
  yield* TestClock.setTime(morning)
  const { layers, store, tables } = makeLayers()
  const links = LinkStoreMemory.make("test", tables)
  for (const name of ["Acme/App", "mallory/fork"]) {
    const claim = yield* claimOne(store, name)
    yield* store.recordDiscovery([
      reads(claim, morning, [
        claimed("ghcr.io/acme/app"),
        claimed("quay.io/acme/app", { evidence: "name", path: "Dockerfile" })
      ])
    ])
  }
  for (const registry of ["ghcr.io", "quay.io"]) {
    const checks = yield* links.claimChecks(lane(registry))
    yield* links.recordChecks(
      checks.map((check) => answers(check, morning, registry === "ghcr.io" ? thereAt() : { _tag: "NotVisible" }))
    )
  }
  const sources = yield* links.claimSources({ ...lane("ghcr.io"), pullsPerDay: 10 })
  yield* links.recordSources(sources.map((source) => says(source, morning, "https://github.com/acme/app")))
  return { layers }
})

describe("links list", () => {
  it.effect("shows evidence, verification and confidence, and no link that its image contradicts", () =>
    Effect.gen(function*() {
      const { layers } = yield* census
      const { code, stdout } = yield* call({ layers }, "links list")
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(stdout.trim().split("\n").map((line) => line.trim().split(/\s{2,}/)), [
        ["REPOSITORY", "IMAGE", "EVIDENCE", "VERIFICATION", "CONFIDENCE", "LAST SEEN (UTC)"],
        ["Acme/App", "ghcr.io/acme/app", "label workflow", "verified", "0.99", "2026-11-21 07:30"]
      ])
    }))

  it.effect("shows what is hidden when it is asked for", () =>
    Effect.gen(function*() {
      const { layers } = yield* census
      const { stdout } = yield* call({ layers }, "links list --all --image ghcr.io/acme/app --json")
      const listed = yield* Schema.decodeUnknown(Links)(stdout)
      assert.deepStrictEqual(
        listed.map(({ confidence, repository, shown, verification }) => [
          repository,
          shown,
          verification.state,
          verification.pointsAt,
          confidence
        ]),
        [
          ["Acme/App", true, "verified", "github.com/acme/app", 0.99],
          ["mallory/fork", false, "contradicted", "github.com/acme/app", 0]
        ]
      )
      const verified = yield* call({ layers }, "links list --verified --json --repository mallory/fork")
      assert.deepStrictEqual(JSON.parse(verified.stdout), [])
    }))
})

describe("links explain", () => {
  it.effect("says what was looked at, what was answered, and why a link stands", () =>
    Effect.gen(function*() {
      const { layers } = yield* census
      const { code, stdout } = yield* call({ layers }, "links explain acme/app")
      assert.strictEqual(code, 0)
      for (
        const text of [
          "Acme/App\n",
          "checked: 2026-11-21 07:30 UTC, HEAD 0123456789abcdef0123456789abcdef01234567",
          "name: acme/app, not on Docker Hub",
          "Dockerfiles: Dockerfile",
          `  ${release}`,
          "ghcr.io: found, 2026-11-21 07:30 UTC",
          "quay.io: not visible: missing or private, 2026-11-21 07:30 UTC",
          "confidence 0.99",
          "verified: org.opencontainers.image.source of latest (sha256:aaaaaaaaaaaa…), read 2026-11-21 07:30 UTC",
          `${release}: job build: docker/build-push-action`
        ]
      ) assert.include(stdout, text)
    }))

  it.effect("says why a link is not shown", () =>
    Effect.gen(function*() {
      const { layers } = yield* census
      const { stdout } = yield* call({ layers }, "links explain mallory/fork")
      assert.include(stdout, "not shown: the image names another repository")
      assert.include(stdout, "names github.com/acme/app")
    }))

  it.effect("has it all as JSON too", () =>
    Effect.gen(function*() {
      const { layers } = yield* census
      const { stdout } = yield* call({ layers }, "links explain https://github.com/acme/app --json")
      assert.deepStrictEqual(yield* Schema.decodeUnknown(Explained)(stdout), {
        repository: "Acme/App",
        claims: [
          { image: "quay.io/acme/app", answer: "not-visible" },
          { image: "ghcr.io/acme/app", answer: "found" }
        ],
        links: [{ image: "ghcr.io/acme/app", shown: true }]
      })
    }))

  it.effect("knows what it does not know", () =>
    Effect.gen(function*() {
      const { layers } = yield* census
      const { code, stderr } = yield* call({ layers }, "links explain no/body")
      assert.strictEqual(code, 1)
      assert.include(stderr, "image-census discover no/body")
    }))
})

describe("links add and remove", () => {
  it.effect("change what is listed", () =>
    Effect.gen(function*() {
      const { layers } = yield* census
      const added = yield* call({ layers }, "links add Acme/App nginx --json")
      assert.deepStrictEqual(JSON.parse(added.stdout), {
        repository: "Acme/App",
        image: "nginx",
        registry: "docker.io",
        added: true
      })
      const again = yield* call({ layers }, "links add acme/app docker.io/library/nginx")
      assert.deepStrictEqual([again.code, again.stdout], [0, "acme/app and nginx were already linked by hand\n"])
      assert.include((yield* call({ layers }, "repos list")).stdout, "ghcr.io/acme/app ✓ nginx")

      const removed = yield* call({ layers }, "links remove acme/app ghcr.io/acme/app")
      assert.deepStrictEqual([removed.code, removed.stdout], [
        0,
        "acme/app and ghcr.io/acme/app are no longer linked\n"
      ])
      assert.notInclude((yield* call({ layers }, "images list --search ghcr.io --json")).stdout, "Acme/App")
      const gone = yield* call({ layers }, "links remove acme/app ghcr.io/acme/app")
      assert.strictEqual(gone.code, 1)
      assert.include(gone.stderr, "no link that is shown")
    }))

  const wrong = [
    ["links add acme nginx", "is not a GitHub repository"],
    ["links add acme/app nginx:1.27", "name the whole image: nginx"],
    ["links remove acme/app Nginx", "lower-case"],
    ["links list --repository acme", "is not a GitHub repository"],
    ["links list --image UPPER", "lower-case"]
  ] as const

  it.effect.each(wrong)("%s is told what is wrong", ([line, message]) =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      const { code, stderr } = yield* call({ layers }, line)
      assert.strictEqual(code, 2)
      assert.include(stderr, message)
    }))
})
