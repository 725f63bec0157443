import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, TestClock } from "effect"
import { call } from "../../support/commandLine.js"
import { makeLayers } from "../../support/memoryLayers.js"

const history = [
  "image,date,pulls_total",
  "acme/app,2024-02-27,100",
  "acme/app,2024-02-28,110",
  "acme/app,2024-03-02,170",
  "acme/app,2024-03-03,160",
  "acme/app,2024-03-04,1200",
  "nginx,2024-03-04,5"
].join("\n")

const on = (day: string) => TestClock.setTime(Date.parse(`${day}T12:00:00Z`))

describe("pulls", () => {
  it.effect("imports a history, keeps what is there, and replaces it where that is wanted", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      const first = yield* call({ layers, stdin: history }, "pulls import -")
      assert.deepStrictEqual([first.code, first.stdout], [0, "6 days written, 0 kept as they were\n"])
      const changed = history.replace("27,100", "27,99")
      const kept = yield* call({ layers, stdin: changed }, "pulls import - --json")
      assert.deepStrictEqual(JSON.parse(kept.stdout), { written: 0, kept: 6, repeated: 0 })
      assert.include((yield* call({ layers }, "pulls export")).stdout, "acme/app,2024-02-27,100\n")
      yield* call({ layers, stdin: changed }, "pulls import - --overwrite")
      assert.include((yield* call({ layers }, "pulls export")).stdout, "acme/app,2024-02-27,99\n")
    }))

  it.effect("imports nothing of a file with a wrong line, and names the line", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      const said = yield* call({ layers, stdin: `${history}\nnginx,2024-02-30,7\n` }, "pulls import -")
      assert.strictEqual(said.code, 1)
      assert.strictEqual(said.stdout, "")
      assert.strictEqual(
        said.stderr,
        "standard input:8: \"2024-02-30\" is not a day; write YYYY-MM-DD\n" +
          "standard input: 1 invalid line; nothing was imported\n"
      )
      assert.strictEqual((yield* call({ layers }, "pulls export")).stdout, "image,date,pulls_total\n")
    }))

  it.effect("exports what it imported", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      yield* call({ layers, stdin: history }, "pulls import -")
      assert.strictEqual((yield* call({ layers }, "pulls export")).stdout, `${history}\n`)
      const some = yield* call({ layers }, "pulls export docker.io/library/nginx --json")
      assert.deepStrictEqual(JSON.parse(some.stdout), [{ image: "nginx", date: "2024-03-04", pulls_total: 5 }])
    }))

  it.effect("shows a history with its sparkline, gaps and falls", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      yield* call({ layers, stdin: history }, "pulls import -")
      yield* on("2024-03-04")
      const said = yield* call({ layers }, "pulls acme/app")
      assert.deepStrictEqual(said.stdout.split("\n"), [
        "acme/app",
        "▁··▁!▇",
        "DAY         TOTAL   PULLS",
        "2024-02-27    100       -",
        "2024-02-28    110     +10",
        "2024-03-02    170     +60  over 3 days",
        "2024-03-03    160     -10  the counter fell",
        "2024-03-04  1,200  +1,040",
        ""
      ])
      const json = yield* call({ layers }, "pulls acme/app --days 3 --json")
      assert.deepStrictEqual(JSON.parse(json.stdout), {
        image: "acme/app",
        goneSince: null,
        repositories: [],
        days: [
          { date: "2024-03-02", pullsTotal: 170, pulls: 60, gapDays: 3, fell: false },
          { date: "2024-03-03", pullsTotal: 160, pulls: -10, gapDays: 1, fell: true },
          { date: "2024-03-04", pullsTotal: 1200, pulls: 1040, gapDays: 1, fell: false }
        ]
      })
    }))

  it.effect("sums the last week and the last four", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      const days = Array.from({ length: 31 }, (_, day) =>
        `nginx,2024-01-${String(day + 1).padStart(2, "0")},${day * 1000}`)
      yield* call({ layers, stdin: ["image,date,pulls_total", ...days].join("\n") }, "pulls import -")
      yield* on("2024-01-31")
      const said = yield* call({ layers, terminal: 80 }, "pulls library/nginx --days 31")
      assert.include(said.stdout, "last 7 days: 7,000, last 28 days: 28,000\n")
    }))

  it.effect("says where there is nothing to show", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      yield* call({ layers, stdin: history }, "pulls import -")
      yield* TestClock.setTime(Duration.toMillis(Duration.days(365 * 60)))
      const old = yield* call({ layers }, "pulls nginx")
      assert.deepStrictEqual([old.code, old.stdout], [0, "nginx\n"])
      assert.match(old.stderr, /^no row since 20/)
      const unknown = yield* call({ layers }, "pulls nobody/knows")
      assert.deepStrictEqual([unknown.code, unknown.stdout], [1, ""])
      assert.match(unknown.stderr, /no image "nobody\/knows" is known/)
    }))

  it.effect("refuses no image, no file, and days that are none", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      for (
        const line of [
          "pulls",
          "pulls nginx --days 0",
          "pulls nginx --days -3",
          "pulls nginx --days many",
          "pulls import"
        ]
      ) {
        const said = yield* call({ layers }, line)
        assert.strictEqual(said.code, 2, line)
        assert.notStrictEqual(said.stderr, "", line)
        assert.strictEqual(said.stdout, "", line)
      }
      const missing = yield* call({ layers }, "pulls import missing.csv")
      assert.strictEqual(missing.code, 1)
      assert.match(missing.stderr, /^missing\.csv cannot be read: [^\n]+\n$/)
    }))

  it.effect("lists images, imported ones too", () =>
    Effect.gen(function*() {
      const { layers } = makeLayers()
      assert.match((yield* call({ layers }, "images list")).stderr, /no images/)
      yield* call({ layers, stdin: history }, "pulls import -")
      const said = yield* call({ layers }, "images list --json --search ngin")
      assert.deepStrictEqual(JSON.parse(said.stdout).map(({ image }: { image: string }) => image), ["nginx"])
      assert.match((yield* call({ layers }, "images list")).stdout, /^IMAGE +REGISTRY +PULLS +STARS/)
    }))
})
