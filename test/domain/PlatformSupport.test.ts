import { assert, describe, it } from "@effect/vitest"
import { Either, Option } from "effect"
import { downloadSize } from "../../src/domain/DownloadSize.js"
import { parseImageConfig } from "../../src/domain/ImageConfig.js"
import * as Platform from "../../src/domain/Platform.js"
import { supportOf } from "../../src/domain/PlatformSupport.js"

const platform = (text: string) => Either.getOrThrow(Platform.parse(text))
const offers = (...names: ReadonlyArray<string | undefined>) =>
  names.map((name) => ({ platform: Option.map(Option.fromNullable(name), platform), image: name }))
const support = (wanted: string, ...names: ReadonlyArray<string | undefined>) =>
  supportOf(platform(wanted), offers(...names)).support

const read = (value: unknown) => parseImageConfig(Buffer.from(JSON.stringify(value)))

const layer = (name: string, size: number) => ({ mediaType: "a/b", digest: `sha256:${name}`, size })

describe("supportOf", () => {
  it("is yes for the platform or a lower variant of it, and no where all others are named", () => {
    assert.strictEqual(support("linux/amd64", "linux/arm64", "linux/amd64"), "yes")
    assert.strictEqual(support("linux/arm64", "linux/arm64/v8"), "yes")
    assert.strictEqual(support("linux/arm/v7", "linux/arm/v6"), "yes")
    assert.strictEqual(support("linux/arm/v6", "linux/arm/v7"), "no")
    assert.strictEqual(support("linux/amd64", "windows/amd64"), "no")
    // Many hosts of 64 bits run 32 too; which of them is not ours to say.
    assert.strictEqual(support("linux/amd64", "linux/386"), "no")
    assert.strictEqual(support("linux/arm64", "linux/arm/v7"), "no")
  })

  it("is unknown where something has no name, or there is nothing", () => {
    assert.strictEqual(support("linux/amd64"), "unknown")
    assert.strictEqual(support("linux/amd64", "linux/arm64", undefined), "unknown")
    assert.strictEqual(support("linux/amd64", "linux/amd64", undefined), "yes")
  })

  it("chooses the image that suits best", () => {
    const found = supportOf(platform("linux/arm/v7"), offers("linux/arm/v5", "linux/arm/v7", "linux/arm/v6"))
    assert.deepStrictEqual(found.image, Option.some("linux/arm/v7"))
  })
})

describe("downloadSize", () => {
  it("counts a layer once, and what is there already not at all", () => {
    const next = { config: layer("c", 5), layers: [layer("a", 100), layer("b", 20), layer("b", 20)] }
    assert.deepStrictEqual(downloadSize(next, undefined), { total: 125, shared: 0, download: 125 })
    assert.deepStrictEqual(downloadSize(next, { layers: [layer("a", 100), layer("z", 1)] }), {
      total: 125,
      shared: 100,
      download: 25
    })
  })
})

describe("parseImageConfig", () => {
  it("reads what is there, and takes no time of 1970 for a time of building", () => {
    const { created, labels, platform } = Option.getOrThrow(
      read({
        os: "linux",
        architecture: "arm64",
        created: "1970-01-01T00:00:00Z",
        config: { Labels: { a: "b", c: null } }
      })
    )
    assert.deepStrictEqual(Option.map(platform, Platform.format), Option.some("linux/arm64"))
    assert.deepStrictEqual(created, Option.none())
    assert.deepStrictEqual(labels, { a: "b" })
    assert.deepStrictEqual(
      Option.map(read({ created: "2024-01-01T00:00:00Z" }), ({ platform }) => platform),
      Option.some(Option.none())
    )
    assert.deepStrictEqual(read([]), Option.none())
  })
})
