import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck, Option } from "effect"
import { familiarName, hubPath } from "../../../src/domain/HubImage.js"
import { parseJson, readListing, readRepository, readToken, wordsOf } from "../../../src/layers/dockerhub/wire.js"
import { repositoryDocument } from "./stub.js"

const read = (image: string, text: string) =>
  Option.flatMap(Either.getRight(parseJson(text)), (document) => readRepository(image, hubPath(image), document))

const facts = (image: string, text: string) => Option.flatMap(read(image, text), (read) => read.facts)

const details = (more: Readonly<Record<string, unknown>>) =>
  Option.getOrThrow(facts("a/b", JSON.stringify(repositoryDocument("a/b", more)))).details

describe("Docker Hub's documents", () => {
  it.prop(
    "keep every digit of a pull count",
    { count: FastCheck.bigInt({ min: 0n, max: 10n ** 30n }) },
    ({ count }) => {
      const text = JSON.stringify(repositoryDocument("a/b", { pull_count: "COUNT" })).replace(
        "\"COUNT\"",
        String(count)
      )
      assert.strictEqual(Option.getOrThrow(facts("a/b", text)).pulls, count)
    }
  )

  it.prop("are otherwise read as JSON is", { value: FastCheck.json() }, ({ value }) => {
    const plain: unknown = JSON.parse(value)
    const hasLargeInteger = /(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/.test(JSON.stringify(plain))
    if (!hasLargeInteger) assert.deepStrictEqual(parseJson(value), Either.right(plain))
  })

  it("leave digits inside of strings and fractions alone", () => {
    const text = String.raw`{"a":"12345678901234567890 \" 12345678901234567890","b":0.12345678901234567,"c":1e20}`
    assert.deepStrictEqual(parseJson(text), Either.right(JSON.parse(text)))
  })

  it("read dates with 0 to 9 fraction digits, and none where there is none", () => {
    const dates: ReadonlyArray<readonly [unknown, number | undefined]> = [
      ["2017-11-02T07:47:35.758489Z", 1_509_608_855_758],
      ["2017-11-02T07:47:35Z", 1_509_608_855_000],
      ["2026-01-09T19:20:49.733138382Z", 1_767_986_449_733],
      ["2017-11-02T07:47:35.7", 1_509_608_855_700],
      ["0001-01-01T00:00:00Z", undefined],
      ["yesterday", undefined],
      ["", undefined],
      [null, undefined],
      [undefined, undefined]
    ]
    for (const [text, expected] of dates) {
      const document = JSON.stringify(repositoryDocument("a/b", { last_updated: text }))
      assert.deepStrictEqual(Option.getOrThrow(facts("a/b", document)).lastUpdated, Option.fromNullable(expected))
    }
  })

  const other: ReadonlyArray<readonly [string, unknown]> = [
    ["no pull count", { ...repositoryDocument("a/b"), pull_count: undefined }],
    ["a pull count of null", repositoryDocument("a/b", { pull_count: null })],
    ["a negative pull count", repositoryDocument("a/b", { pull_count: -1 })],
    ["a fraction of a pull", repositoryDocument("a/b", { pull_count: 1.5 })],
    ["a pull count in words", repositoryDocument("a/b", { pull_count: "1M+" })],
    ["no stars", { ...repositoryDocument("a/b"), star_count: undefined }],
    ["another name", repositoryDocument("a/c")],
    ["another namespace", repositoryDocument("b/b")],
    ["an error that is none", { detail: "something", error: false }],
    ["an empty object", {}],
    ["a list", []],
    ["null", null],
    ["a listing", { count: 1, next: null, results: [repositoryDocument("a/b")] }]
  ]
  for (const [name, document] of other) {
    it(`refuse ${name}`, () => {
      assert.isTrue(Option.isNone(read("a/b", JSON.stringify(document))))
    })
  }

  it("carry the name as it was asked for, whatever its case, and null stars as none", () => {
    const document = JSON.stringify(repositoryDocument("library/nginx", { star_count: null }))
    assert.deepInclude(Option.getOrThrow(facts("nginx", document)), { image: "nginx", stars: 0 })
    assert.isTrue(Option.isSome(facts("LIBRARY/Nginx", document)))
  })

  it("bring their details as far as they can be read", () => {
    assert.deepStrictEqual(
      details({
        description: "A web server",
        full_description: "# b",
        categories: [{ name: "Web servers", slug: "web-servers" }, { slug: "x" }, null, { name: "" }, { name: 7 }],
        date_registered: "2015-05-19T21:13:35.937763Z"
      }),
      {
        description: "A web server",
        fullDescription: "# b",
        categories: ["Web servers"],
        registered: Option.some(1_432_070_015_937)
      }
    )
    const nothing = { description: "", fullDescription: "", categories: [], registered: Option.none() }
    for (const odd of [null, 7, {}, "", []]) {
      const more = { description: odd, full_description: odd, categories: odd, date_registered: odd }
      assert.deepStrictEqual(details(more), nothing)
    }
  })

  it("hide what is private", () => {
    const document = JSON.stringify(repositoryDocument("a/b", { is_private: true }))
    assert.deepStrictEqual(read("a/b", document), Option.some({ facts: Option.none() }))
  })

  it("list only what is public, but name everything", () => {
    const page = readListing("a", familiarName, {
      count: 2,
      next: "http://elsewhere.test/",
      results: [repositoryDocument("a/One"), repositoryDocument("a/two", { is_private: true })]
    })
    const { hasNext, images, names } = Option.getOrThrow(page)
    assert.deepStrictEqual([hasNext, names, images.map(({ image }) => image)], [true, ["one", "two"], ["a/One"]])
  })

  it("refuse a page with a single entry that cannot be read", () => {
    for (const entry of [{ name: "x" }, { ...repositoryDocument("a/x"), name: null }, repositoryDocument("b/x"), 7]) {
      const results = [repositoryDocument("a/y"), entry]
      assert.isTrue(Option.isNone(readListing("a", familiarName, { count: 2, next: null, results })))
    }
    assert.isTrue(Option.isNone(readListing("a", familiarName, { results: [] })))
    assert.isTrue(Option.isNone(readListing("a", familiarName, { count: 2 })))
  })

  it("hold a token that fits into a header, or none", () => {
    assert.deepStrictEqual(readToken({ access_token: "a.b.c" }), Option.some("a.b.c"))
    for (const document of [{}, { access_token: "" }, { access_token: "a\nb" }, { token: "x" }, "x", null]) {
      assert.deepStrictEqual(readToken(document), Option.none())
    }
  })

  it("give their words", () => {
    assert.strictEqual(wordsOf({ message: "object not found", errinfo: {} }), "object not found")
    assert.strictEqual(wordsOf({ detail: "Rate limit exceeded", error: false }), "Rate limit exceeded")
    assert.strictEqual(wordsOf("token issued"), "token issued")
    assert.strictEqual(wordsOf({ message: { a: 1 } }), "")
  })
})
