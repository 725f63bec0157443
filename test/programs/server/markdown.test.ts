/**
 * The page's reader of Markdown, which strangers write: what it reads, and that no text makes it look at characters more
 * often than a few times each.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck, Schema } from "effect"

const file = new URL("../../../src/programs/server/assets/page/lib/markdownText.js", import.meta.url).href
const Parsed = Schema.Struct({ blocks: Schema.Array(Schema.Unknown), whole: Schema.Boolean, steps: Schema.Number })

const parse = (text: string) =>
  Effect.promise(() => import(file)).pipe(
    Effect.flatMap((module) => Schema.decodeUnknown(Parsed)(module.parse(text))),
    Effect.orDie
  )

const pumps = [
  ..."#`*[]()!<>~-\"'\\ \n\t.h",
  "# ",
  "#\t",
  "[a](",
  "![",
  "![a](b",
  "[a](b ",
  "](",
  "http://",
  "https://a.",
  "**",
  "**a",
  "*a ",
  "a*",
  "` ",
  "`` `",
  "- ",
  "- a\n",
  "1. ",
  "> ",
  "> a\n",
  "```\n",
  "~~~a\n",
  "a\n",
  "  a\n",
  " \t"
]

// Parts one after the other, each many times.
const hostile = FastCheck.array(
  FastCheck.tuple(FastCheck.constantFrom(...pumps), FastCheck.integer({ min: 1, max: 3_000 })),
  { minLength: 1, maxLength: 4 }
).map((parts) => parts.map(([part, times]) => part.repeat(times)).join(""))

describe("the page's Markdown", () => {
  it.effect("reads what descriptions are made of", () =>
    Effect.gen(function*() {
      const { blocks, whole } = yield* parse(
        "## What is *this*? ##\n\nAn **image**, `docker run x`, at https://a.example/b.\n![logo](https://a.example/l.png \"L\")\n" +
          "- one [link](https://a.example)\n  goes on\n- two\n\n> said\n> so\n\n```sh\ndocker pull x\n```\n"
      )
      assert.isTrue(whole)
      assert.deepStrictEqual(blocks, [
        { kind: "heading", level: 2, inner: ["What is ", { kind: "em", inner: ["this"] }, "?"] },
        {
          kind: "paragraph",
          inner: [
            "An ",
            { kind: "strong", inner: ["image"] },
            ", ",
            { kind: "code", text: "docker run x" },
            ", at ",
            { kind: "link", address: "https://a.example/b", inner: ["https://a.example/b"] },
            ".\n",
            { kind: "link", address: "https://a.example/l.png", inner: ["logo"] }
          ]
        },
        {
          kind: "list",
          ordered: false,
          items: [["one ", { kind: "link", address: "https://a.example", inner: ["link"] }, " goes on"], ["two"]]
        },
        { kind: "quote", inner: ["said so"] },
        { kind: "code", text: "docker pull x" }
      ])
    }))

  it.effect("shows what ends nowhere as it was written", () =>
    Effect.gen(function*() {
      const text = "a `b **c [d](e *f ``` **"
      assert.deepStrictEqual((yield* parse(text)).blocks, [{ kind: "paragraph", inner: [text] }])
    }))

  it.effect.each(pumps)("looks at a few characters for each of many %j", (pump) =>
    Effect.gen(function*() {
      const text = pump.repeat(60_000 / pump.length)
      const { steps } = yield* parse(text)
      assert.isAtMost(steps, 24 * text.length)
    }))

  it.effect.prop("and for each of any mixture of them", [hostile], ([text]) =>
    Effect.gen(function*() {
      const { steps } = yield* parse(text)
      assert.isAtMost(steps, 24 * text.length + 100)
    }))

  it.effect("says where it stops: at 60,000 characters, and at 5,000 parts", () =>
    Effect.gen(function*() {
      assert.isFalse((yield* parse("a".repeat(60_001))).whole)
      const { blocks, whole } = yield* parse("- `a`\n\n".repeat(8_000))
      assert.isFalse(whole)
      assert.isAtMost(blocks.length, 5_000)
    }))
})
