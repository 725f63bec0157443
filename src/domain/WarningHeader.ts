/**
 * `Warning` headers of registries: `299 - "text"` and nothing else (distribution-spec, "Warnings"; RFC 7234, section
 * 5.5; quoted strings as in RFC 7230, section 3.2.6).
 */
import { Option } from "effect"

const quote = 0x22
const percent = 0x25
const backslash = 0x5c

const hexAt = (bytes: Uint8Array, start: number): number | undefined => {
  const digits = String.fromCharCode(...bytes.subarray(start, start + 2))
  return /^[0-9A-Fa-f]{2}$/.test(digits) ? Number.parseInt(digits, 16) : undefined
}

// Tab, blank and everything printable; beyond ASCII every byte.
const escaped = (code: number): boolean => code === 0x09 || (code >= 0x20 && code !== 0x7f)

const plain = (code: number): boolean => escaped(code) && code !== quote && code !== backslash

// Percent-encoding stands for bytes, not for characters, so bytes are what is read.
const unquote = (quoted: Uint8Array): ReadonlyArray<number> | undefined => {
  const text = new Array<number>()
  for (let index = 0; index < quoted.length; index++) {
    const byte = quoted[index] ?? 0
    const hex = byte === percent ? hexAt(quoted, index + 1) : undefined
    if (hex !== undefined) {
      if (!plain(hex)) return undefined
      text.push(hex)
      index += 2
    } else if (byte === backslash) {
      index++
      const next = quoted[index]
      if (next === undefined || !escaped(next)) return undefined
      text.push(next)
    } else {
      if (!plain(byte)) return undefined
      text.push(byte)
    }
  }
  return text
}

/**
 * The text of a warning, its escapes and percent-encoding undone. None for other codes, for a warning with an agent or
 * a date, and for a text with control characters: what is shown on a terminal must not be able to steer it.
 */
export const parseWarning = (header: string): Option.Option<string> => {
  const quoted = /^299 - [ \t]*"(.*)"[ \t]*$/s.exec(header)?.[1]
  const bytes = quoted === undefined ? undefined : unquote(new TextEncoder().encode(quoted))
  return Option.filter(
    Option.map(Option.fromNullable(bytes), (bytes) => new TextDecoder().decode(Uint8Array.from(bytes))),
    (text) => text !== ""
  )
}

/** Writes a warning that `parseWarning` reads back, where the text has no control characters. */
export const formatWarning = (text: string): string =>
  `299 - "${text.replace(/[%]/g, "%25").replace(/["\\]/g, (character) => `\\${character}`)}"`
