import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { Evaluator } from "../../../src/domain/workflow/Expression.js"
import { parse, template } from "../../../src/domain/workflow/ExpressionSyntax.js"
import { HoleTable } from "../../../src/domain/workflow/Holes.js"
import { Fuel } from "../../../src/domain/workflow/Limits.js"
import { OpenRecord, type Value } from "../../../src/domain/workflow/Value.js"

const holes = new HoleTable(new Fuel(Number.MAX_SAFE_INTEGER))
const evaluator = new Evaluator(holes)
const known: Record<string, Value> = {
  github: { repository: "acme/app", event: { list: [{ name: "a" }, { name: "b" }] } },
  env: { NAME: "app", EMPTY: "" },
  secrets: new OpenRecord((key) => holes.unknown("secret", `secrets.${key}`))
}
const evaluate = (source: string): Value => evaluator.value(`\${{ ${source} }}`, (name) => known[name])
const shown = (source: string): string => holes.render(evaluator.text(source, (name) => known[name]))

const alternatives = (source: string): ReadonlyArray<string> =>
  [...holes.expand(evaluator.text(source, (name) => known[name]), true)].toSorted()

describe("expressions", () => {
  const cases: ReadonlyArray<readonly [string, Value]> = [
    ["'it''s'", "it's"],
    ["1 == '1'", true],
    ["true == 1", true],
    ["'a' == 'A'", true],
    ["null == ''", true],
    ["'x' && 'y' || 'z'", "y"],
    ["'' && 'y' || 'z'", "z"],
    ["!'' && 2 > 1", true],
    ["1 < 2 == true", true],
    ["0x10 == 16", true],
    ["format('{0}-{1}-{{0}}', 'a', 'b')", "a-b-{0}"],
    ["contains('Hello', 'ell')", true],
    ["contains(fromJSON('[\"a\", \"b\"]'), 'B')", true],
    ["startsWith(github.repository, 'ACME/')", true],
    ["endsWith(github.repository, '/x')", false],
    ["join(fromJSON('[1, 2]'), '-')", "1-2"],
    ["join(github.event.list.*.name)", "a,b"],
    ["github['repository']", "acme/app"],
    ["GitHub.Repository", "acme/app"],
    ["github.event.list[1].name", "b"],
    ["github.nothing.at.all", null],
    ["case(false, 'a', true, 'b', 'c')", "b"],
    ["fromJSON('{\"a\": [true]}').a[0]", true],
    ["toJSON('x')", "\"x\""]
  ]
  it.each(cases)("%s", (source, expected) => {
    assert.deepStrictEqual(evaluate(source), expected)
  })

  it("keep what they do not know as a hole", () => {
    assert.strictEqual(shown("a/${{ secrets.X }}:1"), "a/${{ secrets.X }}:1")
    assert.strictEqual(shown("${{ format('{0}/b', secrets.X) }}"), "${{ secrets.X }}/b")
    assert.strictEqual(shown("${{ nonsense( }}"), "${{ nonsense( }}")
  })

  it("take both ways where a condition is not decided", () => {
    assert.deepStrictEqual(alternatives("${{ secrets.X == 'a' && 'one' || 'two' }}"), ["one", "two"])
    assert.deepStrictEqual(alternatives("${{ secrets.X || 'one' }}"), ["one"])
    assert.deepStrictEqual(alternatives("x${{ secrets.X && '-y' }}"), ["x", "x-y"])
  })

  it("answer questions about holes only where the fixed parts do", () => {
    const x = holes.unknown("runtime", "x")
    assert.strictEqual(holes.equal(`refs/heads/${x}`, "refs/tags/v1"), false)
    assert.strictEqual(holes.equal(`refs/heads/${x}`, "refs/heads/main"), "unknown")
    assert.strictEqual(holes.equal(x, x), true)
    assert.strictEqual(holes.truth(`a${x}`), true)
    assert.strictEqual(holes.truth(x), "unknown")
  })

  it("a }} inside quotes does not end one", () => {
    assert.deepStrictEqual(template("a${{ '}}' }}b").map((part) => typeof part === "string" ? part : part.source), [
      "a",
      "'}}'",
      "b"
    ])
  })

  it.prop("any text is cut without loss", [
    FastCheck.array(FastCheck.constantFrom("${{", "}}", "'", "a", " ", "$", "{", "1", "||"))
  ], ([parts]) => {
    const text = parts.join("")
    const cut = template(text)
    assert.isTrue(
      text.startsWith(
        cut.map((part) => typeof part === "string" ? part : "").join("").slice(
          0,
          text.indexOf("${{") === -1 ? undefined : 0
        )
      )
    )
    assert.strictEqual(cut.length === 0, text === "")
  })

  it.prop("any text is parsed or refused", [
    FastCheck.array(FastCheck.constantFrom("(", ")", "!", "==", "&&", "a", ".", "[", "]", "'x'", ",", "*", "1", "f(")),
    FastCheck.string()
  ], ([parts, text]) => {
    for (const source of [parts.join(" "), text]) {
      const parsed = parse(source)
      if (parsed !== undefined) evaluator.evaluate(parsed, () => undefined)
      assert.isTrue(parsed === undefined || typeof parsed.kind === "string")
    }
  })

  // Truth tables over literals, beside JavaScript's own operators.
  interface Formula {
    readonly source: string
    readonly value: boolean
  }
  const formula: FastCheck.Arbitrary<Formula> = FastCheck.letrec<{ formula: Formula }>((tie) => ({
    formula: FastCheck.oneof(
      { maxDepth: 5 },
      FastCheck.boolean().map((value) => ({ source: String(value), value })),
      tie("formula").map(({ source, value }) => ({ source: `!(${source})`, value: !value })),
      FastCheck.tuple(tie("formula"), tie("formula"), FastCheck.constantFrom("&&", "||", "==", "!=")).map((
        [a, b, operator]
      ) => ({
        source: `(${a.source}) ${operator} (${b.source})`,
        value: operator === "&&"
          ? a.value && b.value
          : operator === "||"
          ? a.value || b.value
          : (a.value === b.value) === (operator === "==")
      }))
    )
  })).formula

  it.prop("formulas have their truth", [formula], ([{ source, value }]) => {
    assert.strictEqual(evaluate(source), value)
  })

  it.prop("a literal is its text", [FastCheck.string()], ([text]) => {
    const plain = text.replace(/[\ue000-\uf8ff]/g, "")
    assert.strictEqual(evaluate(`'${plain.replaceAll("'", "''")}'`), plain)
  })
})
