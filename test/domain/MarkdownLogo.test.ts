import { assert, describe, it } from "@effect/vitest"
import { FastCheck, Option } from "effect"
import { logoOf } from "../../src/domain/MarkdownLogo.js"

const logo = "https://acme.example/logo.png"

describe("the logo of a description", () => {
  const cases: ReadonlyArray<readonly [string, string, string | undefined]> = [
    ["a picture", `# a\n\n![logo](${logo})`, logo],
    ["with a title", `![logo](${logo} "The logo")`, logo],
    ["in angles", `![logo](<${logo}>)`, logo],
    ["without words", `![](${logo})`, logo],
    ["that is a link", `[![logo](${logo})](https://acme.example)`, logo],
    ["by reference", `![logo][l]\n\n[l]: ${logo}`, logo],
    ["in HTML", `<p align="center"><img width="40" src="${logo}" /></p>`, logo],
    ["in HTML with other quotes", `<IMG SRC='${logo}'>`, logo],
    ["with entities", "<img src=\"https://acme.example/l?a=1&amp;b=2\">", "https://acme.example/l?a=1&b=2"],
    ["without TLS", "![l](http://acme.example/l.png)", "https://acme.example/l.png"],
    ["without a scheme", "![l](//acme.example/l.png)", "https://acme.example/l.png"],
    ["with brackets in its address", "![l](https://acme.example/l_(1).png)", "https://acme.example/l_(1).png"],
    ["javascript first", `![x](javascript:alert(1)) ![l](${logo})`, logo],
    ["data first", `![x](data:image/png;base64,AAAA)\n![l](${logo})`, logo],
    ["relative first", `![x](./logo.png) ![y](/logo.png) ![z](logo.png) ![l](${logo})`, logo],
    ["with a login first", `![x](https://me:secret@acme.example/x.png) ![l](${logo})`, logo],
    ["javascript alone", "![x](javascript:alert(1)) <img src=\"JavaScript:alert(1)\">", undefined],
    ["other schemes alone", "![x](ftp://a.example/x) ![y](file:///etc/passwd) ![z](vbscript:x)", undefined],
    ["in code", "```\n![x](https://a.example/x.png)\n```\n`![y](https://a.example/y.png)`", undefined],
    ["in a comment", `<!-- ![x](https://a.example/x.png) --> ![l](${logo})`, logo],
    ["a link, no picture", `[logo](${logo})`, undefined],
    ["nothing", "", undefined]
  ]
  for (const [name, text, expected] of cases) {
    it(`is found: ${name}`, () => {
      assert.deepStrictEqual(Option.getOrUndefined(logoOf(text)), expected)
    })
  }

  it("is the first of a megabyte of pictures, and none where none is usable", () => {
    assert.strictEqual(Option.getOrUndefined(logoOf(`![x](${logo}) `.repeat(40_000))), logo)
    for (const hostile of ["![x](javascript:a) ", "![", "<img src=", "![a][b] ", "`", "<!--", "```", "[", "[a]: "]) {
      assert.isTrue(Option.isNone(logoOf(hostile.repeat(1_000_000 / hostile.length))))
    }
  })

  it.prop(
    "is an https address without a login, or nothing",
    { text: FastCheck.string({ unit: "binary" }) },
    ({ text }) => {
      for (const markdown of [text, `![x](${text})`, `<img src="${text}">`, `![x][y]\n[y]: ${text}`]) {
        const found = logoOf(markdown)
        if (Option.isSome(found)) assert.match(found.value, /^https:\/\/[^@]*$/)
      }
    }
  )
})
