import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck, Option } from "effect"
import { digestOf } from "../../src/domain/ContentDigest.js"
import { parse } from "../../src/domain/DeployInput.js"
import { familiar } from "../../src/domain/ImageReference.js"
import { rawMember, split } from "../../src/domain/JsonDocuments.js"

const digest = (letter: string) => `sha256:${letter.repeat(64)}`

const read = (value: unknown) => Either.getOrThrow(parse(typeof value === "string" ? value : JSON.stringify(value)))

const refused = (value: unknown) =>
  Either.match(parse(JSON.stringify(value)), { onLeft: ({ message }) => message, onRight: () => "" })

describe("JSON documents one after the other", () => {
  it.prop(
    "are cut apart again, however they were printed",
    [FastCheck.array(
      FastCheck.tuple(FastCheck.dictionary(FastCheck.string(), FastCheck.jsonValue()), FastCheck.boolean())
    )],
    ([documents]) => {
      const texts = documents.map(([value, pretty]) => JSON.stringify(value, undefined, pretty ? 2 : undefined))
      for (const between of ["", "\n", " , \r\n\t"]) {
        assert.deepStrictEqual(Either.getOrThrow(split(texts.join(between))), texts)
      }
    }
  )

  it.prop(
    "keep a member's text byte for byte",
    [
      FastCheck.dictionary(FastCheck.string(), FastCheck.jsonValue()),
      FastCheck.dictionary(FastCheck.string(), FastCheck.jsonValue())
    ],
    ([before, data]) => {
      const { data: _, ...others } = before
      const raw = JSON.stringify(data, undefined, 3)
      const text = `{"others":${JSON.stringify(others)},"data" : ${raw} ,"data2":{}}`
      assert.deepStrictEqual(rawMember(text, "data"), Option.some(raw))
    }
  )

  it("say what is no document", () => {
    for (const text of ["{", "nonsense", "{} x", "{\"a\": \"}", "]"]) assert.isTrue(Either.isLeft(split(text)))
    assert.deepStrictEqual(Either.getOrThrow(split(" \n")), [])
  })
})

describe("deploy's input", () => {
  it("hashes a manifest that stands in it as JSON as it is written", () => {
    const data = "{\"mediaType\":   \"application/vnd.oci.image.index.v1+json\"}"
    const input = read(`{"type": "manifest", "refs": ["localhost:5000/x", "localhost:5000/y:1"], "data": ${data}}`)
    const wanted = digestOf(Buffer.from(data))
    assert.deepStrictEqual(input.refs.map(familiar), [`localhost:5000/x@${wanted}`, `localhost:5000/y:1@${wanted}`])
    assert.strictEqual(input.mediaType, "application/vnd.oci.image.index.v1+json")
  })

  it("finds where to copy from", () => {
    const input = read({
      type: "manifest",
      refs: ["localhost:5000/x"],
      lookup: { [digest("a")]: "acme/app:1" }
    })
    assert.deepStrictEqual(input.refs.map(familiar), [`localhost:5000/x@${digest("a")}`])
    assert.strictEqual(familiar(Option.getOrThrow(input.copyFrom)), `acme/app:1@${digest("a")}`)
    const tag = read({ type: "manifest", refs: ["localhost:5000/x:2"], lookup: { "": "acme/app:1" } })
    assert.strictEqual(familiar(Option.getOrThrow(tag.copyFrom)), "acme/app:1")
    assert.strictEqual(familiar(Option.getOrThrow(tag.fallback)), "acme/app:1")
  })

  it("is refused where it cannot be meant", () => {
    assert.include(refused({ type: "manifest", refs: [] }), "refs is empty")
    assert.include(refused({ type: "image", refs: ["x"] }), "expected")
    assert.include(refused({ type: "manifest", refs: ["x/y"], data: "%%%" }), "base64")
    assert.include(refused({ type: "manifest", refs: ["x/y:1"] }), "no data")
    assert.include(refused({ type: "blob", refs: ["x/y:1"], lookup: { "": "a/b" } }), "digest")
    assert.include(refused({ type: "manifest", refs: ["x/y"], lookup: { "": "a/b" } }), "neither tag nor digest")
    assert.include(refused({ type: "manifest", refs: ["x/y@nonsense"] }), "failed to parse ref:")
    assert.include(
      refused({ type: "manifest", refs: [`x/y@${digest("a")}`, `x/y@${digest("b")}`], lookup: { "": "a/b" } }),
      "refs digest mismatch in "
    )
    assert.include(refused({ type: "manifest", refs: [`x/y@${digest("a")}`], data: "e30=" }), "mismatch")
  })
})
