/**
 * Texts that strangers write: by chance, by mutation of good ones, and those that are known to do harm.
 */
import { FastCheck as fc } from "effect"

/** Pieces that have broken readers of text before. */
export const nasty: ReadonlyArray<string> = [
  "",
  " ",
  "\u0000",
  "\ud800",
  "\udc00x",
  "\u001b[2J\u001b]0;owned\u0007",
  "\u009b31m",
  "\u202eexe.png",
  "\u2066\u2069",
  "\u200b",
  "\u2028",
  "\ufeff",
  "\ufffd",
  "\uffff",
  "\r\n",
  "\r\nset-cookie: a=b",
  "=cmd|'/c calc'!A1",
  "+1+1",
  "@SUM(A1)",
  "'; drop table repos; --",
  "<script>alert(1)</script>",
  "javascript:alert(1)",
  "__proto__",
  "constructor",
  "../../etc/passwd",
  "%00",
  "%ff",
  "null",
  "NaN",
  "-0",
  "1e999",
  "99999999999999999999999999",
  "0001-01-01T00:00:00Z",
  "+275760-09-13T00:00:00.001Z",
  "9999-12-31T23:59:60Z",
  "256.256.256.256/library/base:1",
  "foo.bar:99999/a",
  "1.2.3.4.5/a",
  "xn--a.example/a",
  "[::1]:5000/a",
  "0x7f.1/a",
  "localhost/a",
  "169.254.169.254/latest/meta-data",
  "http://127.0.0.1:1/",
  "a".repeat(300),
  "\t".repeat(5_000),
  "\n".repeat(5_000),
  "*".repeat(300),
  "(".repeat(3_000),
  "[".repeat(3_000),
  "é".repeat(200)
]

/** A few lines or less of anything. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...nasty),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.array(fc.constantFrom(...nasty), { maxLength: 4 }).map((parts) => parts.join("a"))
)

interface Edit {
  readonly kind: number
  readonly at: number
  readonly length: number
  readonly text: string
}

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.nat(4),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(60),
  text: anyText
})

const edited = (text: string, { at, kind, length, text: inserted }: Edit): string => {
  const start = Math.floor(at * text.length)
  const end = Math.min(text.length, start + length)
  switch (kind) {
    case 0:
      return text.slice(0, start) + text.slice(end)
    case 1:
      return text.slice(0, start) + inserted + text.slice(start)
    case 2:
      return text.slice(0, start) + inserted + text.slice(end)
    case 3:
      return text.slice(0, end) + text.slice(start, end).repeat(1 + length) + text.slice(end)
    default:
      return text.slice(0, start)
  }
}

/** One of the texts after up to so many edits. */
export const editedOf = (texts: ReadonlyArray<string>, most = 4): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...texts), fc.array(edit, { maxLength: most })).map(
    ([text, edits]) => edits.reduce(edited, text)
  )

/** Texts out of these words, in any order: what a grammar is made of, seldom in its order. */
export const wordsOf = (words: ReadonlyArray<string>, most = 40): fc.Arbitrary<string> =>
  fc.array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: anyText }), {
    maxLength: most
  }).map((parts) => parts.join(""))
