import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Budgets from "../../../src/layers/budgets/RateBudgetsMemory.js"
import * as CacheMemory from "../../../src/layers/registry/ContentCacheMemory.js"
import * as Memory from "../../../src/layers/registry/OciRegistryMemory.js"
import { OciRegistry } from "../../../src/services/OciRegistry.js"
import { makeImage } from "../../layers/registry/images.js"
import { pushAll } from "../../layers/registry/live.js"
import { reference } from "../../layers/registry/stub.js"
import { call, calling } from "../../support/commandLine.js"
import { makeLayers } from "../../support/memoryLayers.js"

const image = makeImage("command line")

/** Command layers over registries in memory that hold one image, kept between calls. */
const layersWith = Effect.gen(function*() {
  const registry = Memory.make()
  const layer = Layer.succeed(OciRegistry, registry)
  yield* pushAll(image, reference("reg.example/acme/app:1.0")).pipe(Effect.provide(layer))
  yield* registry.pushManifest(reference("reg.example/acme/app:1.1-alpine"), image.index)
  yield* registry.pushManifest(reference("reg.example/acme/app:2"), image.index)
  return { ...makeLayers().layers, registries: Layer.mergeAll(layer, CacheMemory.layer(), Budgets.layer) }
})

describe("the registry commands", () => {
  it.effect("digest prints digests in order, says what is missing, and ends with 1 then", () =>
    Effect.gen(function*() {
      const layers = yield* layersWith
      const both = yield* call({ layers }, "digest reg.example/acme/app:1.0 reg.example/acme/app:2")
      assert.strictEqual(both.stdout, `${image.index.digest}\n${image.index.digest}\n`)
      assert.strictEqual(both.code, 0)
      const missing = yield* call({ layers }, "digest reg.example/acme/app:none reg.example/acme/app:2")
      assert.strictEqual(missing.stdout, `${image.index.digest}\n`)
      assert.include(missing.stderr, "reg.example/acme/app:none: ")
      assert.strictEqual(missing.code, 1)
      const wrong = yield* call({ layers }, "digest Nginx")
      assert.strictEqual(wrong.code, 2)
      assert.include(wrong.stderr, "lower-case")
    }))

  it.effect("tags are filtered and limited", () =>
    Effect.gen(function*() {
      const layers = yield* layersWith
      const all = yield* call({ layers }, "tags reg.example/acme/app")
      assert.strictEqual(all.stdout, "1.0\n1.1-alpine\n2\n")
      const some = yield* call({ layers }, "tags reg.example/acme/app --match 1.* --limit 1")
      assert.strictEqual(some.stdout, "1.0\n")
      const json = yield* call({ layers }, "tags reg.example/acme/app --json")
      assert.deepStrictEqual(JSON.parse(json.stdout), ["1.0", "1.1-alpine", "2"])
      assert.strictEqual((yield* call({ layers }, "tags reg.example/acme/none")).code, 1)
      assert.strictEqual((yield* call({ layers }, "tags reg.example/acme/app --limit 0")).code, 2)
    }))

  it.effect("manifest and blob print bytes as they are", () =>
    Effect.gen(function*() {
      const layers = yield* layersWith
      const manifest = yield* call({ layers }, "manifest reg.example/acme/app:2")
      assert.strictEqual(manifest.stdout, Buffer.from(image.index.bytes).toString("utf8"))
      const [config] = image.blobs
      const { digest } = JSON.parse(Buffer.from(image.manifests[0]?.bytes ?? []).toString("utf8")).config
      const blob = yield* call({ layers }, `blob reg.example/acme/app@${digest}`)
      assert.strictEqual(blob.stdout, Buffer.from(config ?? []).toString("utf8"))
      assert.strictEqual((yield* call({ layers }, "blob reg.example/acme/app:2")).code, 2)
    }))

  it.effect("index reads references from standard input, in their order, null for what is not there", () =>
    Effect.gen(function*() {
      const layers = yield* layersWith
      const stdin = "reg.example/acme/app:1.0\n\n# a comment\nreg.example/acme/none:1\nreg.example/acme/app:2\n"
      const said = yield* call({ layers, stdin }, "index")
      assert.strictEqual(said.code, 0)
      const [first, rest = ""] = said.stdout.split("\nnull\n")
      const names = [first ?? "", rest].map((text) => JSON.parse(text).annotations["org.opencontainers.image.ref.name"])
      assert.deepStrictEqual(names, [
        `reg.example/acme/app:1.0@${image.index.digest}`,
        `reg.example/acme/app:2@${image.index.digest}`
      ])
      assert.match(first ?? "", /^\{\n\t"schemaVersion": 2,\n\t"mediaType"/)
      const head = yield* call({ layers }, "index --head reg.example/acme/app:2")
      assert.deepStrictEqual(JSON.parse(head.stdout), {
        mediaType: image.index.mediaType,
        digest: image.index.digest,
        size: image.index.bytes.byteLength
      })
      const raw = yield* call({ layers }, "index --type manifest reg.example/acme/app:2")
      assert.deepStrictEqual(JSON.parse(raw.stdout), JSON.parse(Buffer.from(image.index.bytes).toString("utf8")))
      const { digest } = JSON.parse(Buffer.from(image.manifests[0]?.bytes ?? []).toString("utf8")).config
      const blob = yield* call({ layers }, `index --type blob reg.example/acme/app@${digest}`)
      assert.strictEqual(JSON.parse(blob.stdout), Buffer.from(image.blobs[0] ?? []).toString("base64"))
    }))

  it.effect("inspect shows a table for people and JSON for programs", () =>
    Effect.gen(function*() {
      const layers = yield* layersWith
      const people = yield* call({ layers }, "inspect reg.example/acme/app:2")
      assert.include(people.stdout, "linux/arm64")
      assert.include(people.stdout, "https://github.com/acme/app")
      assert.include(people.stdout, "and 2 attestations")
      assert.include(people.stdout, "\nlabels of all platforms\n  org.opencontainers.image.source=")
      const none = yield* call({ layers }, "inspect reg.example/acme/app:2 --platform linux/s390x")
      assert.strictEqual(none.code, 1)
      assert.include(none.stderr, "reg.example/acme/app:2: there is no image for linux/s390x")
      assert.strictEqual((yield* call({ layers }, "index --type blob reg.example/acme/app:2")).code, 2)
      const json = yield* call({ layers }, "inspect reg.example/acme/app:2 --platform linux/arm64 --json")
      const { images, source } = JSON.parse(json.stdout)
      assert.strictEqual(source, "https://github.com/acme/app")
      assert.deepStrictEqual(images.map((one: { platform: string }) => one.platform), ["linux/arm64"])
    }))

  it.effect("copy and deploy write, and find what is there", () =>
    Effect.gen(function*() {
      const layers = yield* layersWith
      const copied = yield* call({ layers }, "copy reg.example/acme/app:2 other.example/x:1")
      assert.strictEqual(copied.stdout, `${image.index.digest}\n`)
      assert.include(copied.stderr, "5 manifests sent, 8 blobs")
      const again = yield* call({ layers }, "copy reg.example/acme/app:2 other.example/x:1 --json")
      assert.strictEqual(JSON.parse(again.stdout).manifests, 0)
      const stdin = JSON.stringify(
        {
          type: "manifest",
          refs: ["third.example/y:1"],
          data: Buffer.from(image.index.bytes).toString("base64"),
          lookup: { "": "other.example/x" }
        },
        undefined,
        2
      )
      const dry = yield* call({ layers, stdin }, "deploy --dry-run")
      assert.match(dry.stdout, /^would-push third\.example\/y:1@sha256:/)
      const outcomes = []
      for (let run = 0; run < 2; run++) {
        const real = yield* call({ layers, stdin: `${stdin}\n` }, "deploy --json")
        outcomes.push(JSON.parse(real.stdout).outcome)
      }
      assert.deepStrictEqual(outcomes, ["pushed", "present"])
      assert.strictEqual((yield* call({ layers, stdin: "{\"type\": 1}" }, "deploy")).code, 2)
    }))

  it.effect("what takes longer than a second is shown on a terminal only", () =>
    Effect.gen(function*() {
      const layers = yield* layersWith
      const { running } = calling({ layers, terminal: 80 }, ["digest", "reg.example/acme/app:2"])
      assert.notInclude((yield* running).stderr, "looked up")
    }))
})
