import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { call } from "../../support/commandLine.js"
import { makeLayers } from "../../support/memoryLayers.js"

const list = "https://github.com/Acme/App\n# why\n\nacme/tool\nnot a repository\nhttps://gitlab.com/a/b\nacme/app.git\n"

describe("repos", () => {
  it.effect("adds what standard input names, and tells what was known and what was wrong", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      const said = yield* call({ layers, stdin: list }, "repos add -")
      assert.strictEqual(said.stdout, "2 added, 1 known already, 2 invalid\n")
      assert.strictEqual(said.code, 0)
      const lines = said.stderr.trimEnd().split("\n")
      assert.match(lines[0] ?? "", /^standard input:5: "not a repository" is not a GitHub repository/)
      assert.match(lines[1] ?? "", /^standard input:6: /)
      assert.strictEqual(lines.length, 2)

      const again = yield* call({ layers, stdin: list }, "repos add --json")
      assert.deepInclude(JSON.parse(again.stdout), { added: 0, known: 3, invalid: 2 })
      assert.deepStrictEqual(JSON.parse(again.stdout).invalidLines[0].line, 5)
    }))

  it.effect("fails where no line named a repository", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      const said = yield* call({ layers, stdin: "one\ntwo\n" }, "repos add -")
      assert.strictEqual(said.code, 1)
      assert.match(
        said.stderr,
        /standard input:1: [^\n]*\nstandard input:2: [^\n]*\nno line named a GitHub repository\n$/
      )
    }))

  it.effect("shows the first of many invalid lines, and counts the others", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      const said = yield* call({ layers, stdin: `a/b\n${"nonsense\n".repeat(12_000)}` }, "repos add -")
      assert.strictEqual(said.stdout, "1 added, 0 known already, 12,000 invalid\n")
      assert.strictEqual(said.stderr.trimEnd().split("\n").length, 21)
      assert.match(said.stderr, /and 11,980 more invalid lines\n$/)
    }))

  it.effect("takes repositories as arguments, options before and behind them", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      const said = yield* call({ layers }, "repos add acme/app git@github.com:acme/tool.git --json")
      assert.deepInclude(JSON.parse(said.stdout), { added: 2, known: 0, invalid: 0 })
      const listed = yield* call({ layers }, "repos list --json")
      assert.deepStrictEqual(JSON.parse(listed.stdout), [
        {
          url: "https://github.com/acme/app",
          owner: "acme",
          name: "app",
          checkedAt: null,
          outcome: null,
          images: [],
          verified: []
        },
        {
          url: "https://github.com/acme/tool",
          owner: "acme",
          name: "tool",
          checkedAt: null,
          outcome: null,
          images: [],
          verified: []
        }
      ])
    }))

  it.effect("refuses an argument that is neither a file nor a repository, before anything is added", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      for (const wrong of ["nonsense", "lists/missing.txt", "missing.csv", "--jsn", "/no/such/file"]) {
        const said = yield* call({ layers }, `repos add acme/app ${wrong}`)
        assert.strictEqual(said.code, 2, wrong)
        assert.include(said.stderr, wrong)
        assert.strictEqual(said.stdout, "")
      }
      assert.strictEqual((yield* call({ layers }, "repos list --json")).stdout, "[]\n")
    }))

  it.effect("asks for an argument on a terminal, where nothing is piped in", () =>
    Effect.gen(function*() {
      const said = yield* call({ layers: makeLayers().layers }, "repos add")
      assert.strictEqual(said.code, 2)
      assert.match(said.stderr, /^say which repositories/)
    }))

  it.effect("lists as a table that fits the terminal", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      assert.match((yield* call({ layers }, "repos list")).stderr, /no repositories/)
      yield* call({ layers }, `repos add acme/app acme/${"x".repeat(60)}`)
      const wide = yield* call({ layers }, "repos list")
      const lines = wide.stdout.trimEnd().split("\n")
      assert.match(lines[0] ?? "", /^REPOSITORY +CHECKED \(UTC\) +OUTCOME +IMAGES$/)
      assert.match(lines[1] ?? "", /^acme\/app +- +- +-$/)
      const narrow = yield* call({ layers, terminal: 40 }, "repos list")
      for (const line of narrow.stdout.trimEnd().split("\n")) assert.isAtMost([...line].length, 40)
      const some = yield* call({ layers }, "repos list --search APP")
      assert.strictEqual(some.stdout.trimEnd().split("\n").length, 2)
    }))

  it.effect("takes repositories out, and names those that were not there", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      yield* call({ layers }, "repos add acme/app acme/tool")
      const said = yield* call({ layers }, "repos remove Acme/App acme/other")
      assert.strictEqual(said.stdout, "1 removed, 1 not known, 0 invalid\n")
      assert.strictEqual(said.stderr, "acme/other is not known\n")
      assert.strictEqual(said.code, 0)
      const listed = yield* call({ layers }, "repos list --json")
      assert.strictEqual(JSON.parse(listed.stdout).length, 1)
    }))

  it.effect("reads back what it lists as JSON", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      yield* call({ layers }, "repos add acme/app acme/tool acme/docs")
      const { stdout } = yield* call({ layers }, "repos list --json")
      const other = makeLayers()
      const said = yield* call({ layers: other.layers, stdin: stdout }, "repos add -")
      assert.strictEqual(said.stdout, "3 added, 0 known already, 0 invalid\n")
    }))
})
