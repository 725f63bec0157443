/**
 * What the evaluation of strangers' text costs, counted in work units: everything that it looks at or makes is paid for, in
 * proportion to its length, and what it may spend is bounded.
 */
import { assert, describe, it } from "@effect/vitest"
import { FastCheck, Option } from "effect"
import * as Glob from "../../../src/domain/workflow/Glob.js"
import * as Limits from "../../../src/domain/workflow/Limits.js"
import { compile } from "../../../src/domain/workflow/Pattern.js"
import { join, replaceAll, replaceEach } from "../../../src/domain/workflow/Texts.js"
import { publishedImages } from "../../../src/domain/WorkflowImages.js"
import { pumped } from "../../extraction/pumped.js"
import { find, script } from "./support.js"

const plenty = (): Limits.Fuel => new Limits.Fuel(Number.MAX_SAFE_INTEGER)
const spentBy = (work: (tank: Limits.Fuel) => unknown): number => {
  const tank = plenty()
  work(tank)
  return tank.spent
}

const acme = { owner: "acme", name: "app", defaultBranch: Option.none(), files: [], namespaces: [] }

const pushes = (count: number): string =>
  Array.from({ length: count }, (_, index) => `docker push acme/n${index}`).join("\\n")

// One step may be paid for at once: the longest text by the longest pattern.
const dearestStep = (Limits.maxTextLength + 1) ** 2 / 256

describe("the fuel of an evaluation", () => {
  it.prop("bounds what any text costs, wherever it stands and however often", [
    FastCheck.constantFrom(...pumped),
    FastCheck.integer({ min: 1, max: 60_000 })
  ], ([repository, size]) => {
    const { name, others, workflow } = repository(size)
    const tank = new Limits.Fuel()
    publishedImages(workflow, { ...acme, files: others }, tank)
    assert.isAtMost(tank.spent, Limits.fuel + Limits.reserve + dearestStep, name)
  })

  it.each([
    ["the name of a job", `on: push\njobs:\n  ? ${"j".repeat(60_000)}\n  : {steps: [{run: "${pushes(1_000)}"}]}\n`],
    [
      "the name of a job, in many steps",
      `on: push\njobs:\n  ? ${"j".repeat(60_000)}\n  : {steps: [${
        Array.from({ length: 20 }, () => `{run: "${pushes(200)}"}`).join()
      }]}\n`
    ],
    [
      "the names of workflows that it calls",
      `on: push\njobs:\n${
        Array.from({ length: 4 }, (_, index) =>
          `  a${index}: {uses: "b/${"c".repeat(60_000)}/.github/workflows/docker${index}.yml@v1"}\n`).join("")
      }`
    ],
    [
      "secrets that stand in a name many times",
      script(
        `A=\${{ secrets.A }}\n${
          Array.from({ length: 400 }, (_, index) => `docker push quay.io/$A/a${index}-${"$A".repeat(28)}`).join("\n")
        }`
      )
    ]
  ])("bounds what is told of a file with %s", (_, text) => {
    const long = { ...acme, name: "n".repeat(100), namespaces: Array.from({ length: 8 }, (_, index) => `b${index}`) }
    const told = JSON.stringify(publishedImages({ path: "a.yml", text }, long))
    assert.isAtMost(told.length, 400_000)
  })

  it.each([
    ["newlines at the end of what a command writes", "B=$(echo \"$A\"; echo x)"],
    ["tools one behind the other", "echo \"$A\" | tr a b | tr b c | tr c d > /dev/null"],
    ["a pattern with several stars", "B=${A##*a*b*c}"],
    ["a replacement", "B=${A//\n/$A}"]
  ])("is spent by %s, by the length of the text", (_, command) => {
    const cost = (doublings: number): number => {
      const tank = plenty()
      const text = script(`A="\n"\n${"A=$A$A\n".repeat(doublings)}${`${command}\n`.repeat(20)}docker push acme/app`)
      publishedImages({ path: "a.yml", text }, acme, tank)
      return tank.spent
    }
    // The text has 4,096 times as many characters; every command looks at all of them.
    assert.isAtLeast(cost(12) - cost(0), 20 * 4_096 / 256)
  })

  it("is enough for what real files need many times over", () => {
    const cost = spentBy((tank) =>
      publishedImages(
        { path: "a.yml", text: script("for i in a b c; do docker push \"acme/${i%-*}:$TAG\"; done") },
        acme,
        tank
      )
    )
    assert.isAtMost(cost, Limits.fuel / 100)
  })

  it("ends an evaluation that wants more, and what was found until then is told", () => {
    const found = find(script("docker push acme/first\nf() { f; f; }\nwhile true; do f; done\ndocker push acme/last"))
    assert.isTrue(found.images.some(({ image }) => image === "docker.io/acme/first"))
    assert.deepStrictEqual(
      find(script(`docker push acme/first\n${"for i in 1 2 3 4 5 6 7 8 9; do ".repeat(8)} f $i; ${"done; ".repeat(8)}`))
        .problem,
      Option.some("too-much")
    )
  })
})

const letters = FastCheck.stringMatching(/^[ab/-]{0,60}$/)
const piece = FastCheck.constantFrom(
  "a",
  "b",
  ".",
  "a*",
  "b+",
  "[ab]",
  "[^a]*",
  "(a|b)",
  "(ab)*",
  "b?",
  "(a*)(b*)",
  "a{1,2}",
  "|"
)

describe("patterns of strangers", () => {
  it.prop("are matched as a regular expression does", [
    FastCheck.array(piece, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("")),
    letters
  ], ([source, text]) => {
    const tank = plenty()
    const found = compile(source)?.(text, 0, tank)
    const expected = new RegExp(source, "d").exec(text)?.indices
    assert.deepStrictEqual(found?.slice(0, 2), expected?.[0] === undefined ? undefined : [...expected[0]])
    // Parts of the pattern, each at most twice in the program, at every place of the text.
    assert.isAtMost(tank.spent, (6 * source.length + 8) * (text.length + 1) * 16 / 256)
  })

  it.each(["(a*)*b", "(a|a)*b", "a*a*a*a*a*a*b", "(a|b|ab)*c", "(.*)(.*)(.*)(.*)c"])(
    "%s takes time proportional to the text",
    (source) => {
      const cost = (length: number): number => spentBy((tank) => compile(source)?.("a".repeat(length), 0, tank))
      assert.isAtMost(cost(4_000), 2.1 * cost(2_000))
    }
  )

  it.each(["(", ")", "a)", "*a", "a{", "[a", "\\1", "a{999}{999}", "(?=a)", "a".repeat(600)])(
    "%s is left alone",
    (source) => {
      assert.isUndefined(compile(source))
    }
  )

  it.each(["*a*b*a*b*c", "**********", "?*?*?*?*b", "[ab]*[ab]*[ab]*c"])("%s of a shell too", (pattern) => {
    const cost = (length: number): number =>
      spentBy((tank) => {
        const text = "ab".repeat(length / 2)
        Glob.withoutPrefix(text, pattern, true, tank)
        Glob.withoutSuffix(text, pattern, true, tank)
        Glob.matches(pattern, text, tank)
      })
    assert.isAtMost(cost(4_000), 2.1 * cost(2_000))
  })
})

describe("texts that are made", () => {
  it.prop(
    "are what they are elsewhere, as far as they go",
    [letters, FastCheck.constantFrom("a", "b", "ab"), letters],
    (
      [text, part, by]
    ) => {
      assert.strictEqual(replaceAll(text, part, by, plenty()), text.replaceAll(part, () => by))
      assert.strictEqual(replaceEach(text, new RegExp(part, "g"), () => by, plenty()), text.replaceAll(part, () => by))
      assert.strictEqual(join(text, by, plenty()), [...text].join(by))
    }
  )

  it("never grow beyond the limit", () => {
    const long = "a".repeat(Limits.maxTextLength)
    for (
      const text of [
        replaceAll(long, "a", long, plenty()),
        replaceEach(long, /a/g, () => long, plenty()),
        join([long, long, long], long, plenty()),
        Glob.replace(long, "?", long, true, plenty())
      ]
    ) assert.lengthOf(text, Limits.maxTextLength)
  })
})
