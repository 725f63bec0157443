/**
 * Reads Markdown: headings, paragraphs, lists, code, emphasis and links, as plain values. Strangers write it, so every
 * character is looked at a few times at most, whatever stands around it, and the number of parts is bounded.
 */

/**
 * A part of a line: a text, or what is emphasised, linked or code. A picture is a link to it.
 * @typedef {string
 *   | { readonly kind: "code", readonly text: string }
 *   | { readonly kind: "link", readonly address: string, readonly inner: ReadonlyArray<Span> }
 *   | { readonly kind: "strong" | "em", readonly inner: ReadonlyArray<Span> }} Span
 */

/**
 * @typedef {{ readonly kind: "code", readonly text: string }
 *   | { readonly kind: "heading", readonly level: number, readonly inner: ReadonlyArray<Span> }
 *   | { readonly kind: "list", readonly ordered: boolean, readonly items: ReadonlyArray<ReadonlyArray<Span>> }
 *   | { readonly kind: "quote" | "paragraph", readonly inner: ReadonlyArray<Span> }} Block
 */

/** Longer texts are cut: a page is no library. In UTF-16 code units. */
const longest = 60_000
/** Blocks and parts of lines that are shown. */
const mostParts = 5_000
const deepest = 3

/** What may be read yet, and how much was. */
class Meter {
  parts = mostParts
  /** Characters that were looked at. */
  steps = 0
}

/** Where `part` stands next in a text, at most `within` characters further; -1 where it does not. */
class Finder {
  #at = -2
  /** @param {string} text @param {string} part @param {Meter} meter */
  constructor(text, part, meter) {
    this.text = text
    this.part = part
    this.meter = meter
  }

  // What was found last holds for every place before it, so that no stretch is searched twice.
  /** @param {number} from @param {number} within */
  next(from, within) {
    if (this.#at !== -1 && this.#at < from) {
      this.#at = this.text.indexOf(this.part, from)
      this.meter.steps += (this.#at === -1 ? this.text.length : this.#at) - from + 1
    }
    return this.#at !== -1 && this.#at - from <= within ? this.#at : -1
  }
}

/** How many characters from a place on are allowed. @param {string} text @param {number} from @param {(character: string) => boolean} allowed @param {number} most @param {Meter} meter */
const stretch = (text, from, allowed, most, meter) => {
  let end = from
  while (end < text.length && end - from < most && allowed(text.charAt(end))) end++
  meter.steps += end - from + 1
  return end - from
}

const isTick = (/** @type {string} */ character) => character === "`"
const inAddress = (/** @type {string} */ character) => !/[()\s]/.test(character)
const inTitle = (/** @type {string} */ character) => character !== "(" && character !== ")"
const inBare = (/** @type {string} */ character) => !/[\s<>()]/.test(character)
const isPunctuation = (/** @type {string} */ character) => ".,;:!?'\"".includes(character)
const isWordOrStar = (/** @type {string} */ character) => /^[\w*]$/.test(character)

class Line {
  /** @type {Array<Span>} */
  #spans = []
  #at = 0
  #plainFrom = 0

  /** @param {string} text @param {Meter} meter @param {number} depth */
  constructor(text, meter, depth) {
    this.text = text
    this.meter = meter
    this.depth = depth
    this.tick = new Finder(text, "`", meter)
    this.bracket = new Finder(text, "]", meter)
    this.star = new Finder(text, "*", meter)
    this.newline = new Finder(text, "\n", meter)
  }

  /** @returns {ReadonlyArray<Span>} */
  read() {
    if (this.depth > deepest) return [this.text]
    while (this.#at < this.text.length && this.meter.parts > 0) {
      this.meter.steps++
      const before = this.#at
      this.#one(this.text.charAt(before))
      if (this.#at === before) this.#at++
    }
    this.#plain(this.text.length)
    return this.#spans
  }

  /** @param {number} end */
  #plain(end) {
    if (end > this.#plainFrom) this.#spans.push(this.text.slice(this.#plainFrom, end))
  }

  /** @param {string} character */
  #one(character) {
    if (character === "`") this.#code()
    else if (character === "!" && this.text.charAt(this.#at + 1) === "[") this.#link(this.#at + 1, true)
    else if (character === "[") this.#link(this.#at, false)
    else if (character === "h") this.#bare()
    else if (character === "*") this.#emphasis()
  }

  /** The part that ends before `end`. @param {Span} span @param {number} end */
  #put(span, end) {
    this.#plain(this.#at)
    this.#spans.push(span)
    this.meter.parts--
    this.#at = end
    this.#plainFrom = end
  }

  /** @param {number} from @param {number} to */
  #inner(from, to) {
    return new Line(this.text.slice(from, to), this.meter, this.depth + 1).read()
  }

  // As many backticks as began it end it; a run that nothing ends is itself.
  #code() {
    const ticks = stretch(this.text, this.#at, isTick, this.text.length, this.meter)
    const from = this.#at + ticks
    const close = this.tick.next(from, this.text.length)
    if (close !== -1 && stretch(this.text, close, isTick, this.text.length, this.meter) === ticks) {
      this.#put({ kind: "code", text: this.text.slice(from, close).trim() }, close + ticks)
    } else this.#at = from
  }

  /** @param {number} open @param {boolean} picture */
  #link(open, picture) {
    const close = this.bracket.next(open + 1, 500)
    if (close === -1 || this.text.charAt(close + 1) !== "(" || (!picture && close === open + 1)) return
    const from = close + 2
    const length = stretch(this.text, from, inAddress, 2_000, this.meter)
    const end = from + length + stretch(this.text, from + length, inTitle, 200, this.meter)
    if (length === 0 || this.text.charAt(end) !== ")") return
    const address = this.text.slice(from, from + length)
    const label = this.text.slice(open + 1, close)
    const inner = picture ? [label === "" ? "picture" : label] : this.#inner(open + 1, close)
    this.#put({ kind: "link", address, inner }, end + 1)
  }

  #bare() {
    const scheme = ["http://", "https://"].find((one) => this.text.startsWith(one, this.#at))
    if (scheme === undefined) return
    const from = this.#at + scheme.length
    let end = from + stretch(this.text, from, inBare, 2_000, this.meter)
    while (end > from && isPunctuation(this.text.charAt(end - 1))) end--
    if (end - from < 2) return
    const address = this.text.slice(this.#at, end)
    this.#put({ kind: "link", address, inner: [address] }, end)
  }

  #emphasis() {
    const start = this.#at
    const double = this.text.charAt(start + 1) === "*"
    const from = start + (double ? 2 : 1)
    const close = this.star.next(from, 2_000)
    const line = this.newline.next(from, 2_000)
    if (close === -1 || close === from || (line !== -1 && line < close)) return
    if (double) {
      if (this.text.charAt(close + 1) === "*") this.#put({ kind: "strong", inner: this.#inner(from, close) }, close + 2)
      return
    }
    const apart = !isWordOrStar(this.text.charAt(start - 1)) && !isWordOrStar(this.text.charAt(close + 1))
    if (apart && !/\s/.test(this.text.charAt(from))) {
      this.#put({ kind: "em", inner: this.#inner(from, close) }, close + 1)
    }
  }
}

const isItem = (/** @type {string} */ line) => /^\s{0,8}(?:[-*+]|\d{1,9}[.)])\s+\S/.test(line)
const isBreak = (/** @type {string} */ line) =>
  line.trim() === "" || /^(?:#{1,6}\s|```|~~~|> ?)/.test(line) || isItem(line)

/** The text of a heading, without the marks that may end it. @param {string} text */
const title = (text) => {
  let end = text.trimEnd().length
  while (end > 0 && text.charAt(end - 1) === "#") end--
  return text.slice(0, end).trim()
}

class Reader {
  /** @type {Array<Block>} */
  blocks = []
  meter = new Meter()
  #at = 0

  /** @param {ReadonlyArray<string>} lines */
  constructor(lines) {
    this.lines = lines
  }

  read() {
    while (this.#at < this.lines.length && this.meter.parts > 0) this.#block(this.lines[this.#at] ?? "")
    return this.#at >= this.lines.length && this.meter.parts > 0
  }

  /** @param {Block} block */
  #put(block) {
    this.blocks.push(block)
    this.meter.parts--
  }

  /** The lines from here on, as long as they hold; at least one. @param {(line: string) => boolean} holds */
  #take(holds) {
    const from = this.#at++
    while (this.#at < this.lines.length && holds(this.lines[this.#at] ?? "")) this.#at++
    const taken = this.lines.slice(from, this.#at)
    for (const line of taken) this.meter.steps += line.length + 1
    return taken
  }

  /** @param {string} text */
  #inline(text) {
    return new Line(text, this.meter, 0).read()
  }

  /** @param {string} line */
  #block(line) {
    this.meter.steps += line.length + 1
    if (line.trim() === "") {
      this.#at++
      return
    }
    const [fence] = /^(?:```+|~~~+)/.exec(line) ?? []
    if (fence !== undefined) {
      const code = this.#take((next) => !next.startsWith(fence))
      this.#at++
      return this.#put({ kind: "code", text: code.slice(1).join("\n") })
    }
    const [marks] = /^#{1,6}(?=\s)/.exec(line) ?? []
    if (marks !== undefined) {
      this.#at++
      return this.#put({ kind: "heading", level: marks.length, inner: this.#inline(title(line.slice(marks.length))) })
    }
    if (isItem(line)) return this.#list(line)
    if (line.startsWith(">")) {
      const quoted = this.#take((next) => next.startsWith(">"))
      return this.#put({ kind: "quote", inner: this.#inline(quoted.map((next) => next.replace(/^> ?/, "")).join(" ")) })
    }
    this.#put({ kind: "paragraph", inner: this.#inline(this.#take((next) => !isBreak(next)).join("\n")) })
  }

  /** @param {string} line */
  #list(line) {
    /** @type {Array<Array<string>>} */
    const items = []
    for (const item of this.#take((next) => isItem(next) || /^\s{2,}\S/.test(next))) {
      if (isItem(item)) items.push([item.replace(/^\s*(?:[-*+]|\d+[.)])\s+/, "")])
      else items.at(-1)?.push(item.trim())
    }
    this.meter.parts -= items.length
    const ordered = /^\s*\d/.test(line)
    this.#put({ kind: "list", ordered, items: items.map((lines) => this.#inline(lines.join(" "))) })
  }
}

/**
 * The blocks of a text; whether they are all of it; and how many characters were looked at for them.
 * @param {string} text
 * @returns {{ readonly blocks: ReadonlyArray<Block>, readonly whole: boolean, readonly steps: number }}
 */
export const parse = (text) => {
  const reader = new Reader(text.slice(0, longest).replaceAll("\r\n", "\n").split("\n"))
  const whole = reader.read()
  return { blocks: reader.blocks, whole: whole && text.length <= longest, steps: reader.meter.steps }
}
