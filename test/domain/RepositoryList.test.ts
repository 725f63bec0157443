import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc } from "effect"
import { fullName } from "../../src/domain/GitHubRepository.js"
import { end, type Entry, initial, type InvalidLine, step } from "../../src/domain/RepositoryList.js"

const read = (lines: ReadonlyArray<string>) => {
  const entries: Array<Entry> = []
  let state = initial
  for (const line of lines) {
    const [next, held] = step(state, line)
    state = next
    entries.push(...held)
  }
  entries.push(...end(state))
  return {
    names: entries.filter(Either.isRight).map((entry) => fullName(entry.right)),
    invalid: entries.filter(Either.isLeft).map((entry): InvalidLine => entry.left)
  }
}

const owner = fc.stringMatching(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,12}[A-Za-z0-9])?$/)
const name = fc.stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,12}[A-Za-z0-9]$/).filter((name) => !/\.git$/i.test(name))

const spelling = fc.tuple(owner, name, fc.nat(9)).map(([owner, name, form]) => {
  const spellings = [
    `${owner}/${name}`,
    `https://github.com/${owner}/${name}`,
    `HTTPS://GitHub.com/${owner}/${name}/`,
    `http://www.github.com/${owner}/${name}.git`,
    `git@github.com:${owner}/${name}.git`,
    `ssh://git@github.com/${owner}/${name}`,
    `git+https://github.com/${owner}/${name}.git`,
    `github.com/${owner}/${name}//`,
    `  https://github.com/${owner}/${name}/tree/main?tab=readme#top  `,
    `${owner}/${name}/`
  ]
  return { full: `${owner}/${name}`, text: spellings[form] ?? "" }
})

describe("RepositoryList", () => {
  it.prop("reads a repository in a line in every spelling", [fc.array(spelling, { minLength: 1 })], ([list]) => {
    const { invalid, names } = read(list.map(({ text }) => text))
    assert.deepStrictEqual(names, list.map(({ full }) => full))
    assert.deepStrictEqual(invalid, [])
  })

  it.prop(
    "reads the same repositories from lines, CSV and NDJSON, in the same order",
    [fc.array(spelling, { minLength: 1 }), fc.string()],
    ([list, other]) => {
      const expected = list.map(({ full }) => full)
      const cell = `"${other.replaceAll("\"", "\"\"")}"`
      const csv = ["id,URL,note", ...list.map(({ text }, id) => `${id},"${text}",${cell}`)].join("\n").split("\n")
      const json = list.map(({ text }, id) => JSON.stringify({ id, url: text, note: other }))
      assert.deepStrictEqual(read(csv).names, expected)
      assert.deepStrictEqual(read(json).names, expected)
    }
  )

  it.prop("says something of every line that is neither blank nor a comment", [fc.array(fc.string())], ([lines]) => {
    const { invalid, names } = read(["first/line", ...lines.map((line) => line.replaceAll(/[\r\n]/g, " "))])
    const said = lines.filter((line) => !/^\s*(?:#|$)/.test(line.replaceAll(/[\r\n]/g, " ").replace(/^\uFEFF/, "")))
    assert.strictEqual(names.length - 1 + invalid.length, said.length)
    for (const { line } of invalid) assert.isAtLeast(line, 2)
  })

  it("passes over a byte order mark, blank lines, comments and both kinds of line ends", () => {
    const { invalid, names } = read(["\uFEFFa/b\r", "", "  ", "# c/d", "e/f # why", "https://github.com/g/h#readme\r"])
    assert.deepStrictEqual(names, ["a/b", "e/f", "g/h"])
    assert.deepStrictEqual(invalid, [])
  })

  it("counts lines from 1, comments and blanks included", () => {
    const { invalid } = read(["a/b", "", "# x", "https://gitlab.com/a/b", "c/d", "nonsense"])
    assert.deepStrictEqual(invalid.map(({ line }) => line), [4, 6])
    assert.match(invalid[1]?.message ?? "", /"nonsense" is not a GitHub repository/)
  })

  it("finds the column url in CSV, whatever else is there", () => {
    const { invalid, names } = read([
      "\uFEFFname;\"Url\";description",
      "b;https://github.com/a/b;\"one; two",
      "three\"",
      "",
      "d;;no address",
      "f;https://github.com/e/f"
    ])
    assert.deepStrictEqual(names, ["a/b", "e/f"])
    assert.deepStrictEqual(invalid.map(({ line }) => line), [5])
  })

  it("names the line where a quote was opened that is never closed", () => {
    const { invalid, names } = read(["url,note", "https://github.com/a/b,\"open", "x", "y"])
    assert.deepStrictEqual(names, [])
    assert.deepStrictEqual(invalid.map(({ line }) => line), [2])
  })

  it("does not hold a whole file for a quote that is never closed", () => {
    const long = "x".repeat(70_000)
    const { invalid, names } = read(["url,note", "https://github.com/a/b,\"open", long, "https://github.com/c/d,"])
    assert.deepStrictEqual(names, ["c/d"])
    assert.deepStrictEqual(invalid.map(({ line }) => line), [2])
  })

  it("reads JSON lines, and an array with one object in a line", () => {
    const array = ["[", "{\"url\":\"https://github.com/a/b\"},", "{\"url\":\"c/d\", \"stars\":[1,2]}", "]"]
    assert.deepStrictEqual(read(array).names, ["a/b", "c/d"])
    assert.deepStrictEqual(read(["[{\"url\":\"a/b\"}", ",{\"url\":\"c/d\"}", "]"]).names, ["a/b", "c/d"])
    assert.deepStrictEqual(read(["[{\"url\":\"a/b\"},{\"url\":\"c/d\"}]"]).names, ["a/b", "c/d"])
    const { invalid } = read(["{\"url\":\"a/b\"}", "{\"uri\":\"a/b\"}", "{", "{\"url\":7}"])
    assert.deepStrictEqual(invalid.map(({ line }) => line), [2, 3, 4])
  })

  it("reads JSON lines below a line that is none", () => {
    const { invalid, names } = read(["Password:", "{\"url\":\"https://github.com/a/b\"}", "c/d"])
    assert.deepStrictEqual(names, ["a/b", "c/d"])
    assert.deepStrictEqual(invalid.map(({ line }) => line), [1])
  })
})
