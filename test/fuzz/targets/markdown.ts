/** Descriptions in Markdown on the page: elements that the page means, in an amount that the text explains. */
import { Effect, FastCheck as fc } from "effect"
import { pageModule, PageNode } from "../pageDocument.js"
import { must, pure, target } from "../Target.js"
import { anyText, editedOf, wordsOf } from "../texts.js"

const good = [
  "# App\n\nAn *image* with **bold** and `code`, [a link](https://example.com \"title\") and ![a picture](https://e.com/a.png)\n",
  "- one\n- two\n  more\n\n1. first\n2) second\n\n> quoted\n> more\n\n```sh\ndocker run app\n```\n\n~~~\nopen",
  "<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) [y](data:text/html,x) https://e.com/a."
]

const words = [
  "*",
  "**",
  "`",
  "```\n",
  "[",
  "]",
  "(",
  ")",
  "![",
  "](",
  "https://a.b/",
  "\n",
  "> ",
  "- ",
  "1. ",
  "# ",
  " ",
  "a"
]

const names = new Set([
  "div",
  "h3",
  "h4",
  "p",
  "a",
  "code",
  "pre",
  "strong",
  "em",
  "ul",
  "ol",
  "li",
  "blockquote",
  "br",
  "hr",
  ""
])

const within = (node: PageNode, visit: (node: PageNode) => void): void => {
  visit(node)
  for (const child of node.childNodes) within(child, visit)
}

/** Markdown as strangers write it. */
export const markdown = target({
  name: "markdown",
  about: "the page's Markdown: no element and no address but those that are meant, and no more than the text explains",
  brief: 200,
  input: () =>
    fc.oneof(
      { weight: 3, arbitrary: editedOf(good, 6) },
      { weight: 2, arbitrary: wordsOf(words, 200) },
      { weight: 1, arbitrary: anyText },
      {
        weight: 2,
        arbitrary: fc.tuple(wordsOf(words, 4), fc.nat(12_000), wordsOf(words, 4)).map(([one, times, end]) =>
          (one.repeat(times) + end).slice(0, 70_000)
        )
      }
    ),
  check: Effect.flatMap(pageModule("lib/markdown.js"), (module) =>
    pure((text: string) => {
      const markdown = typeof module === "object" && module !== null && "markdown" in module
        ? module.markdown
        : undefined
      const place: unknown = typeof markdown === "function" ? markdown(text) : undefined
      must(place instanceof PageNode, "Markdown becomes no element")
      if (!(place instanceof PageNode)) return
      let nodes = 0
      let length = 0
      within(place, ({ attributes, name, text }) => {
        nodes += 1
        length += text.length
        must(names.has(name), `there is an element ${name}`)
        for (const [attribute, value] of attributes) {
          must(
            ["class", "rel", "target", "tabindex", "href", "title"].includes(attribute),
            `there is ${attribute}=${value}`
          )
          if (attribute === "href") must(/^https?:\/\//i.test(value), `there is a link to ${value}`)
        }
      })
      must(nodes <= 4 * text.length + 20, `${nodes} nodes of ${text.length} characters`)
      must(length <= 2 * text.length + 400, `${length} characters of ${text.length}`)
    }))
})
