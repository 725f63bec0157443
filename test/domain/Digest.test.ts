import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc } from "effect"
import * as Digest from "../../src/domain/Digest.js"

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length })
const lengths = { sha256: 64, sha384: 96, sha512: 128 } as const
const wellFormed = fc.constantFrom("sha256" as const, "sha384" as const, "sha512" as const).chain((algorithm) =>
  hex(lengths[algorithm]).map((text) => ({ algorithm, text }))
)

const reason = (text: string) =>
  Either.match(Digest.parse(text), { onLeft: (error) => error.reason, onRight: () => "right" })

describe("Digest", () => {
  it.prop("reads what is well formed and gives its parts back", [wellFormed], ([{ algorithm, text }]) => {
    const digest = Either.getOrThrow(Digest.parse(`${algorithm}:${text}`))
    assert.strictEqual(Digest.algorithmOf(digest), algorithm)
    assert.strictEqual(Digest.hexOf(digest), text)
    assert.strictEqual(Digest.referrersTag(digest), `${algorithm}-${text.slice(0, 64)}`)
  })

  it.prop(
    "refuses every other length",
    [wellFormed, fc.integer({ min: 1, max: 127 })],
    ([{ algorithm, text }, cut]) => {
      assert.strictEqual(reason(`${algorithm}:${text}${"a".repeat(cut)}`), "length")
    }
  )

  it.prop("never throws, and answers right only for its own form", [fc.string()], ([text]) => {
    assert.isTrue(Either.isLeft(Digest.parse(text)))
  })

  it("tells why", () => {
    assert.strictEqual(reason("sha256"), "format")
    assert.strictEqual(reason("sha256:"), "format")
    assert.strictEqual(reason(":abc"), "format")
    assert.strictEqual(reason(`sha256:${"A".repeat(64)}`), "format")
    assert.strictEqual(reason(`sha256:${"a".repeat(63)}`), "length")
    assert.strictEqual(reason(`sha256::${"a".repeat(63)}`), "format")
    assert.strictEqual(reason("blake3:abcdef"), "unsupported")
    assert.strictEqual(reason(`md5:${"a".repeat(32)}`), "unsupported")
    assert.strictEqual(reason(`SHA256:${"a".repeat(64)}`), "format")
  })
})
