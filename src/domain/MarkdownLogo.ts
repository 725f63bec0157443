/**
 * The logo of an image: the first picture of its Markdown that a page can show.
 */
import { Array as Arr, Option } from "effect"

// A description may be a megabyte of picture links: what stands further down is no logo.
const mostCharacters = 65_536
const mostPictures = 200
const longestUrl = 2_048

// Pictures in code and comments are none. Lengths are bounded so that no text takes more than linear time.
const hidden = /```[^]*?(?:```|$)|~~~[^]*?(?:~~~|$)|`[^`\n]{0,1000}`|<!--[^]*?(?:-->|$)/g
const pictures =
  /!\[[^\]\n]{0,300}\](?:\(\s{0,9}<?([^\s<>()]{1,2048}(?:\([^\s<>()]{0,200}\)[^\s<>()]{0,200})?)>?|\[([^\]\n]{1,100})\])|<img\s[^<>]{0,500}?src\s{0,9}=\s{0,9}(?:"([^"]{1,2048})"|'([^']{1,2048})')/gi
const definitions = /^ {0,3}\[([^\]\n]{1,100})\]:[ \t]{0,9}<?(\S{1,2048}?)>?(?:\s|$)/gm

/**
 * An address as a page may use it: https. `http:` and addresses without a scheme (`//host/…`) are taken for https;
 * anything else (`javascript:`, `data:`, relative ones, which have no base here, and those with a login) is no address.
 */
const usable = (address: string): Option.Option<string> => {
  const text = address.trim().replaceAll("&amp;", "&")
  if (!/^(?:https?:)?\/\//i.test(text) || text.length > longestUrl) return Option.none()
  const absolute = text.replace(/^(?:https?:)?/i, "https:")
  if (!URL.canParse(absolute)) return Option.none()
  const url = new URL(absolute)
  return url.protocol === "https:" && url.hostname.includes(".") && url.username === "" && url.password === ""
    ? Option.some(url.href)
    : Option.none()
}

/** The first usable picture of a Markdown text (inline, by reference, or HTML's `img`) as an https address. */
export const logoOf = (markdown: string): Option.Option<string> => {
  const text = markdown.slice(0, mostCharacters).replace(hidden, " ")
  const named = new Map(
    Array.from(text.matchAll(definitions), ([, name = "", address = ""]) => [name.toLowerCase(), address])
  )
  const found = Arr.take(text.matchAll(pictures), mostPictures)
  return Arr.head(
    Arr.filterMap(
      found,
      ([, inline, reference, double, single]) =>
        usable(inline ?? double ?? single ?? named.get((reference ?? "").toLowerCase()) ?? "")
    )
  )
}
