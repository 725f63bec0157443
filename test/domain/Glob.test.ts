import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc } from "effect"
import * as Glob from "../../src/domain/Glob.js"

const matches = (pattern: string, text: string) => Either.getOrThrow(Glob.compile(pattern))(text)
const escape = (text: string) => text.replace(/[*?[\\]/g, (character) => `\\${character}`)

describe("Glob", () => {
  it.prop("a text matches itself when escaped, and nothing else", [fc.string(), fc.string()], ([text, other]) => {
    assert.isTrue(matches(escape(text), text))
    assert.strictEqual(matches(escape(text), other), text === other)
  })

  it.prop("stars match every text without a slash", [fc.string(), fc.string()], ([left, right]) => {
    const plain = `${left}${right}`.replaceAll("/", "")
    assert.isTrue(matches("*", plain))
    assert.strictEqual(matches("**", `${plain}/x`), false)
  })

  it.prop("never throws", [fc.string()], ([pattern]) => {
    assert.isBoolean(Either.isRight(Glob.compile(pattern)))
  })

  it("understands classes, and refuses what is broken", () => {
    assert.isTrue(matches("1.2[0-9]-alpine3.??", "1.25-alpine3.20"))
    assert.isTrue(matches("[^a-c]x", "dx"))
    assert.isFalse(matches("[^a-c]x", "bx"))
    assert.isTrue(matches("foo/*/ba[rz]", "foo/b/baz"))
    assert.isFalse(matches("foo/[^x]", "foo//"))
    assert.isTrue(matches("[\\]a]", "]"))
    for (const pattern of ["[", "[a", "a\\", "[z-a]"]) assert.isTrue(Either.isLeft(Glob.compile(pattern)), pattern)
  })
})
