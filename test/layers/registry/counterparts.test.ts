import { assert, describe, it } from "@effect/vitest"
import { Config, Effect, Either, Option, Stream } from "effect"
import { digestOf } from "../../../src/domain/ContentDigest.js"
import { parse as parseInput } from "../../../src/domain/DeployInput.js"
import { deploy } from "../../../src/programs/registry/Deploy.js"
import { inspect } from "../../../src/programs/registry/Inspect.js"
import { synthesizeIndex } from "../../../src/programs/registry/SynthesizeIndex.js"
import { OciRegistry } from "../../../src/services/OciRegistry.js"
import { makeImage } from "./images.js"
import { basic, liveRegistry, missingTools, pushAll, skopeo, startDistribution } from "./live.js"
import { reference } from "./stub.js"

const image = makeImage("counterpart")
const user = { name: "census", password: "pass word:with=signs" }

const insecure = "--tls-verify=false"

const underCi = Effect.runSync(Effect.orDie(Config.withDefault(Config.string("CI"), ""))) === "true"

if (missingTools.length > 0) {
  const name = `against Debian's registry and skopeo: not here are ${missingTools.join(", ")}`
  if (underCi) it(name, () => assert.fail("they have to be there under CI"))
  else it.skip(name, () => undefined)
} else {
  describe("against Debian's registry and skopeo", () => {
    it.scopedLive("what we push skopeo inspects and copies, and what skopeo copies we read, byte for byte", () =>
      Effect.gen(function*() {
        const { host } = yield* startDistribution()
        yield* Effect.gen(function*() {
          const registry = yield* OciRegistry
          const ours = reference(`${host}/acme/app:1`)
          yield* pushAll(image, ours)
          const seen = yield* skopeo("inspect", "--raw", insecure, `docker://${host}/acme/app:1`)
          assert.strictEqual(digestOf(Buffer.from(seen)), image.index.digest)

          const copy = [
            "copy",
            "--all",
            "--preserve-digests",
            `--src-${insecure.slice(2)}`,
            `--dest-${insecure.slice(2)}`
          ]
          yield* skopeo(...copy, `docker://${host}/acme/app:1`, `docker://${host}/theirs/app:2`)
          const theirs = reference(`${host}/theirs/app:2`)
          assert.strictEqual((yield* registry.resolve(theirs)).digest, image.index.digest)
          assert.deepStrictEqual([...(yield* registry.manifest(theirs)).bytes], [...image.index.bytes])
          assert.deepStrictEqual([...(yield* Stream.runCollect(registry.tags(theirs)))], ["2"])
          const seenByUs = yield* inspect(theirs, Option.none())
          assert.deepStrictEqual(seenByUs.images.map(({ platform }) => platform), ["linux/amd64", "linux/arm64"])
          assert.strictEqual(seenByUs.attestations, 2)

          const report = yield* registry.copy(theirs, reference(`${host}/again/app:3`))
          assert.strictEqual(report.mounted, 8)
          assert.strictEqual(report.uploaded, 0)
          yield* skopeo(...copy, `docker://${host}/again/app:3`, `docker://${host}/last/app:4`)
          assert.strictEqual((yield* registry.resolve(reference(`${host}/last/app:4`))).digest, image.index.digest)
          const twice = yield* registry.copy(theirs, reference(`${host}/again/app:3`))
          assert.strictEqual(twice.manifests, 0)

          const made = Option.getOrThrow(yield* synthesizeIndex(theirs))
          assert.strictEqual(made.manifests.length, 4)
        }).pipe(Effect.provide(liveRegistry()))
      }))

    it.scopedLive("a registry with users refuses strangers, and pieces make a blob", () =>
      Effect.gen(function*() {
        const { host } = yield* startDistribution(user)
        const ours = reference(`${host}/acme/app:1`)
        const stranger = yield* Effect.flip(
          Effect.flatMap(OciRegistry, (registry) => registry.resolve(ours)).pipe(Effect.provide(liveRegistry()))
        )
        assert.strictEqual(stranger._tag, "AUTH")
        yield* Effect.gen(function*() {
          const registry = yield* OciRegistry
          const bytes = Buffer.alloc(100_000, "pieces")
          const digest = digestOf(bytes)
          const source = {
            digest,
            size: bytes.byteLength,
            bytes: Stream.make(bytes.subarray(0, 70_000), bytes.subarray(70_000))
          }
          assert.isTrue(yield* registry.pushBlob(ours, source, { chunkSize: 30_000 }))
          assert.isFalse(yield* registry.pushBlob(ours, source))
          const back = yield* registry.blob({ ...ours, tag: Option.none(), digest: Option.some(digest) })
          const chunks = yield* Stream.runCollect(back.bytes)
          assert.strictEqual(digestOf(Buffer.concat([...chunks])), digest)
          yield* pushAll(image, ours)
          const seen = yield* skopeo(
            "inspect",
            "--raw",
            insecure,
            `--creds=${user.name}:${user.password}`,
            `docker://${host}/acme/app:1`
          )
          assert.strictEqual(digestOf(Buffer.from(seen)), image.index.digest)
        }).pipe(Effect.provide(liveRegistry({}, new Map([[host, basic(user)]]))))
      }))

    it.scopedLive("deploy copies the children that the registry asks for", () =>
      Effect.gen(function*() {
        const { host } = yield* startDistribution()
        yield* Effect.gen(function*() {
          const registry = yield* OciRegistry
          yield* pushAll(image, reference(`${host}/staging/app:1`))
          const input = Either.getOrThrow(parseInput(JSON.stringify({
            type: "manifest",
            refs: [`${host}/prod/app:1`, `${host}/prod/app:latest`],
            data: Buffer.from(image.index.bytes).toString("base64"),
            lookup: { "": `${host}/staging/app` }
          })))
          const done = yield* Stream.runCollect(deploy([input], { dryRun: false, concurrency: 1 }))
          assert.deepStrictEqual([...done].map(({ outcome }) => outcome), ["pushed", "pushed"])
          const seen = yield* skopeo("inspect", "--raw", insecure, `docker://${host}/prod/app:latest`)
          assert.strictEqual(digestOf(Buffer.from(seen)), image.index.digest)
          const again = yield* Stream.runCollect(deploy([input], { dryRun: true, concurrency: 1 }))
          assert.deepStrictEqual([...again].map(({ outcome }) => outcome), ["present", "present"])
          assert.deepStrictEqual(
            [...(yield* Stream.runCollect(registry.tags(reference(`${host}/prod/app`))))].toSorted(),
            ["1", "latest"]
          )
        }).pipe(Effect.provide(liveRegistry()))
      }))
  })
}
