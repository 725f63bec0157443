/**
 * A small picture of two words, for a README: a label and what is said of it.
 */

/** Widths of characters in the badge's font at its size, in hundredths of a pixel; others are as wide as `wide`. */
const narrow: Readonly<Record<string, number>> = {
  " ": 387,
  ".": 401,
  ",": 401,
  "'": 295,
  i: 302,
  l: 302,
  "1": 699,
  "-": 500
}
const usual = 699
const capital = 800
const wide = 1100

/** About how wide a text is, in pixels: in a font that everybody has a little differently. */
const widthOf = (text: string): number =>
  Array.from(text).reduce(
    (sum, character) =>
      sum +
      (narrow[character] ?? (/[a-z0-9+]/.test(character) ? usual : /[\x20-\x7e]/.test(character) ? capital : wide)),
    0
  ) / 100

const escape = (text: string): string =>
  text
    // What XML 1.0 cannot hold, not even escaped.
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "")
    .replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const longest = 60

const cut = (text: string): string =>
  Array.from(text).length > longest ? `${Array.from(text).slice(0, longest - 1).join("")}…` : text

/** What it says. */
export interface Badge {
  readonly label: string
  readonly message: string
  /** `plain`: there is nothing to be proud of, or it is not known. */
  readonly tone: "blue" | "plain"
}

const grounds = { blue: "#0b6285", plain: "#6b7680" } as const

const textAt = (x: number, words: string | undefined, length: number) =>
  `<text x="${x}" y="14" text-anchor="middle" textLength="${length}" lengthAdjust="spacingAndGlyphs">${words}</text>`

/** The badge as an SVG document, 20 pixels high. Its texts may come from anywhere. */
export const toSvg = ({ label, message, tone }: Badge): string => {
  const texts = [cut(label), cut(message)] as const
  const [left, right] = [Math.ceil(widthOf(texts[0])) + 12, Math.ceil(widthOf(texts[1])) + 12]
  const said = texts.map(escape)
  const width = left + right
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" aria-label="${
    said.join(": ")
  }">` +
    `<title>${said.join(": ")}</title>` +
    `<clipPath id="r"><rect width="${width}" height="20" rx="3"/></clipPath>` +
    `<g clip-path="url(#r)"><rect width="${left}" height="20" fill="#3c4650"/>` +
    `<rect x="${left}" width="${right}" height="20" fill="${grounds[tone]}"/></g>` +
    `<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">` +
    `${textAt(left / 2, said[0], left - 12)}${textAt(left + right / 2, said[1], right - 12)}</g></svg>\n`
}

const units = ["", "k", "M", "B", "T"] as const

/** A count in few characters, rounded down: `1.2M`, `15k`, `999`. */
export const short = (count: bigint): string => {
  const digits = count.toString()
  const unit = Math.min(units.length - 1, Math.floor((digits.length - 1) / 3))
  const whole = digits.slice(0, digits.length - unit * 3)
  const tenth = unit > 0 && whole.length < 2 ? digits.charAt(whole.length) : ""
  return `${whole}${tenth === "" || tenth === "0" ? "" : `.${tenth}`}${units[unit] ?? ""}`
}
