/**
 * Descriptions in Markdown, as elements: headings, paragraphs, lists, code, emphasis and links. HTML in it stays text,
 * pictures become links (nothing is loaded from other hosts), and what is not understood is shown as it was written.
 */
import { h, safeAddress } from "./dom.js"

/** @typedef {import("./dom.js").Child} Child */

/** Longer ones are cut: a page is no library. */
const longest = 60_000

const inlinePattern =
  /(?<code>`+)(?<inCode>[^`]+)\k<code>(?!`)|!\[(?<alt>[^\]]{0,500})\]\((?<picture>[^()\s]{1,2000})[^()]{0,200}\)|\[(?<label>[^\]]{1,500})\]\((?<link>[^()\s]{1,2000})[^()]{0,200}\)|(?<bare>https?:\/\/[^\s<>()]{1,2000}[^\s<>().,;:!?'"])|\*\*(?<bold>[^*\n]{1,2000})\*\*|(?<![\w*])\*(?<italic>[^*\s][^*\n]{0,2000})\*(?![\w*])/g

/** A link out, where the address is one for a link. @param {string} address @param {Child} text */
const link = (address, text) =>
  /^https?:\/\//i.test(address) && safeAddress(address) !== undefined
    ? h("a", { href: address, rel: "noopener noreferrer nofollow", target: "_blank" }, text)
    : text

/** @param {string} text @param {number} [depth] @returns {Array<Child>} */
const inline = (text, depth = 0) => {
  if (depth > 3) return [text]
  /** @type {Array<Child>} */
  const parts = []
  let last = 0
  for (const match of text.matchAll(inlinePattern)) {
    const { alt, bare, bold, inCode, italic, label, link: address, picture } = match.groups ?? {}
    parts.push(text.slice(last, match.index))
    last = match.index + match[0].length
    if (inCode !== undefined) parts.push(h("code", {}, inCode.trim()))
    else if (picture !== undefined) parts.push(link(picture, alt === "" ? "picture" : alt))
    else if (address !== undefined) parts.push(link(address, inline(label ?? "", depth + 1)))
    else if (bare !== undefined) parts.push(link(bare, bare))
    else if (bold !== undefined) parts.push(h("strong", {}, inline(bold, depth + 1)))
    else if (italic !== undefined) parts.push(h("em", {}, inline(italic, depth + 1)))
  }
  parts.push(text.slice(last))
  return parts
}

const isItem = (/** @type {string} */ line) => /^\s{0,8}(?:[-*+]|\d{1,9}[.)])\s+\S/.test(line)
const isBreak = (/** @type {string} */ line) =>
  line.trim() === "" || /^(?:#{1,6}\s|```|~~~|> ?)/.test(line) || isItem(line)

/** Lines from one on, as long as they hold. @param {ReadonlyArray<string>} lines @param {number} from @param {(line: string) => boolean} holds */
const run = (lines, from, holds) => {
  let end = from
  while (end < lines.length && holds(lines[end] ?? "")) end++
  return lines.slice(from, end)
}

/** The block that begins at a line, and how many lines it takes. @param {ReadonlyArray<string>} lines @param {number} at @returns {[Child, number]} */
const block = (lines, at) => {
  const line = lines[at] ?? ""
  if (line.trim() === "") return [null, 1]
  const fence = /^(```+|~~~+)/.exec(line)?.[1]
  if (fence !== undefined) {
    const code = run(lines, at + 1, (next) => !next.startsWith(fence))
    return [h("pre", { tabindex: 0 }, h("code", {}, code.join("\n"))), code.length + 2]
  }
  const [, marks, title] = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line) ?? []
  // The page's own headings end at level 2.
  if (marks !== undefined) return [h(marks.length < 3 ? "h3" : "h4", {}, inline(title ?? "")), 1]
  if (isItem(line)) {
    const items = run(lines, at, (next) => isItem(next) || /^\s{2,}\S/.test(next))
    /** @type {Array<string>} */
    const texts = []
    for (const item of items) {
      if (isItem(item)) texts.push(item.replace(/^\s*(?:[-*+]|\d+[.)])\s+/, ""))
      else texts.push(`${texts.pop() ?? ""} ${item.trim()}`)
    }
    return [h(/^\s*\d/.test(line) ? "ol" : "ul", {}, texts.map((text) => h("li", {}, inline(text)))), items.length]
  }
  if (line.startsWith(">")) {
    const quoted = run(lines, at, (next) => next.startsWith(">"))
    return [h("blockquote", {}, inline(quoted.map((next) => next.replace(/^> ?/, "")).join(" "))), quoted.length]
  }
  const text = [line, ...run(lines, at + 1, (next) => !isBreak(next))]
  return [h("p", {}, inline(text.join("\n"))), text.length]
}

/**
 * A text in Markdown as elements.
 * @param {string} text
 */
export const markdown = (text) => {
  const lines = text.slice(0, longest).replaceAll("\r\n", "\n").split("\n")
  const place = h("div", { class: "prose" })
  for (let at = 0; at < lines.length;) {
    const [element, taken] = block(lines, at)
    if (element instanceof Node) place.appendChild(element)
    at += taken
  }
  if (text.length > longest) place.appendChild(h("p", { class: "faint" }, "The rest is left out here."))
  return place
}
