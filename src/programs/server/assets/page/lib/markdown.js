/**
 * Descriptions in Markdown, as elements. HTML in it stays text, pictures become links (nothing is loaded from other hosts),
 * and what is not understood is shown as it was written.
 */
import { h, safeAddress } from "./dom.js"
import { parse } from "./markdownText.js"

/** @typedef {import("./dom.js").Child} Child */
/** @typedef {import("./markdownText.js").Span} Span */
/** @typedef {import("./markdownText.js").Block} Block */

/** @param {ReadonlyArray<Span>} spans @returns {Array<Child>} */
const inline = (spans) => spans.map(part)

/** @param {Span} span @returns {Child} */
const part = (span) => {
  if (typeof span === "string") return span
  if (span.kind === "code") return h("code", {}, span.text)
  if (span.kind !== "link") return h(span.kind, {}, inline(span.inner))
  const { address, inner } = span
  return /^https?:\/\//i.test(address) && safeAddress(address) !== undefined
    ? h("a", { href: address, rel: "noopener noreferrer nofollow", target: "_blank" }, inline(inner))
    : inline(inner)
}

/** @param {Block} block */
const element = (block) => {
  switch (block.kind) {
    case "code":
      return h("pre", { tabindex: 0 }, h("code", {}, block.text))
    case "heading":
      // The page's own headings end at level 2.
      return h(block.level < 3 ? "h3" : "h4", {}, inline(block.inner))
    case "list":
      return h(block.ordered ? "ol" : "ul", {}, block.items.map((item) => h("li", {}, inline(item))))
    case "quote":
      return h("blockquote", {}, inline(block.inner))
    case "paragraph":
      return h("p", {}, inline(block.inner))
  }
}

/**
 * A text in Markdown as elements.
 * @param {string} text
 */
export const markdown = (text) => {
  const { blocks, whole } = parse(text)
  const place = h("div", { class: "prose" }, blocks.map(element))
  if (!whole) place.appendChild(h("p", { class: "faint" }, "The rest is left out here."))
  return place
}
