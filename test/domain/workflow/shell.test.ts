import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as Glob from "../../../src/domain/workflow/Glob.js"
import { hasHole, HoleTable } from "../../../src/domain/workflow/Holes.js"
import { Fuel } from "../../../src/domain/workflow/Limits.js"
import { Shell } from "../../../src/domain/workflow/Shell.js"
import { tokenize } from "../../../src/domain/workflow/ShellLexer.js"
import { start } from "../../../src/domain/workflow/ShellState.js"

const plenty = (): Fuel => new Fuel(Number.MAX_SAFE_INTEGER)

const run = (
  script: string,
  variables: Readonly<Record<string, string>> = {}
): { out: string; commands: Array<ReadonlyArray<string>> } => {
  const holes = new HoleTable(new Fuel(20_000))
  const commands: Array<ReadonlyArray<string>> = []
  const shell = new Shell({
    holes,
    ambient: (name) => holes.unknown("runtime", `$${name}`),
    command: ({ words }) => {
      commands.push(words)
      return { out: holes.unknown("runtime", "$(…)"), status: "unknown" }
    },
    parsed: new Map()
  }, start(Object.entries(variables)))
  return { out: shell.run(script).out, commands }
}
const out = (script: string, variables?: Readonly<Record<string, string>>): string =>
  run(script, variables).out.replace(/\n$/, "")

describe("the shell", () => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    ["echo a   b", "a b"],
    ["echo 'a   b' \"c  $X\"", "a   b c  A/b:c"],
    ["echo $X${X}\\$X", "A/b:cA/b:c$X"],
    ["echo ${X,,} ${X^^}", "a/b:c A/B:C"],
    ["echo ${X#*/} ${X##*[/:]} ${X%:*} ${X%%/*}", "b:c c A/b A"],
    ["echo ${X/b/z} ${X//[^A-Z]/_}", "A/z:c A____"],
    ["echo ${X:0:1} ${X:2} ${X: -1} ${#X}", "A b:c c 5"],
    ["Y=; echo ${Y:-d} ${Y:+e} ${X:+e} ${Y:=f} $Y", "d e f f"],
    ["Y=X; echo ${!Y}", "A/b:c"],
    ["A=(a b c); echo ${#A[@]} ${A[1]} ${A[@]:0}", "3 b a b c"],
    ["echo $(echo $(echo deep))", "deep"],
    ["Y=1; Y=2 :; echo $Y", "1"],
    ["f() { local v=$1; echo \"$v-$#\"; }; f a b", "a-2"],
    ["for i in 1 2; do echo -n $i; done", "12"],
    ["for i in {1..3} x{a,b}; do echo -n \"$i \"; done", "1 2 3 xa xb "],
    ["[ a = a ] && echo yes || echo no", "yes"],
    ["if [[ $X == A/* && -n $X ]]; then echo yes; else echo no; fi", "yes"],
    ["case $X in B*) echo b;; A*|C*) echo a;; *) echo c;; esac", "a"],
    ["printf '%s=%s\\n' a 1 b 2", "a=1\nb=2"],
    ["echo a,b | tr ',' '\\n' | sed 's/^/x/'", "xa\nxb"],
    ["echo a/b/c | cut -d/ -f2-", "b/c"],
    ["echo 'a b c' | awk '{print $2}'", "b"],
    ["cat <<EOF\n$X\nEOF", "A/b:c"],
    ["cat <<'EOF'\n$X\nEOF", "$X"],
    ["cat <<-EOF\n\ta\n\tEOF\necho b", "a\nb"],
    ["echo '{\"tags\":[\"a:1\",\"b:2\"]}' | jq -r '.tags[]'", "a:1\nb:2"],
    ["while read -r l; do echo \"<$l>\"; done <<< \"a\"", "<a>"],
    ["echo a # b", "a"],
    ["echo a#b", "a#b"],
    ["echo \"${X:-\"nested ${X}\"}\"", "A/b:c"],
    ["echo one; exit; echo two", "one"]
  ]
  it.each(cases)("%s", (script, expected) => {
    assert.strictEqual(out(script, { X: "A/b:c" }), expected)
  })

  it("hands over commands that are not its own", () => {
    assert.deepStrictEqual(run("docker push \"$A\" b\\ c 2>/dev/null && sudo x >y", { A: "a b" }).commands, [
      ["docker", "push", "a b", "b c"],
      ["sudo", "x"]
    ])
  })

  it.prop("plain words come back as they are", [
    FastCheck.array(FastCheck.stringMatching(/^[a-zA-Z0-9_./:@%+,-]{1,12}$/))
  ], ([words]) => {
    assert.deepStrictEqual(tokenize(words.join(" ")).map((token) => token.kind === "word" ? token.text : ""), words)
  })

  it.prop("a quoted text is one word, whatever is in it", [
    FastCheck.string().map((text) => text.replace(/[\ue000-\uf8ff]/g, ""))
  ], ([text]) => {
    const single = `'${text.replaceAll("'", "'\\''")}'`
    const double = `"${text.replace(/["\\$`]/g, "\\$&")}"`
    assert.deepStrictEqual(run(`run ${single}`).commands, [["run", text]])
    assert.deepStrictEqual(run(`run ${double}`).commands, [["run", text]])
  })

  it.prop("any text comes to an end", [
    FastCheck.array(
      FastCheck.constantFrom(
        "if",
        "then",
        "fi",
        "for",
        "do",
        "done",
        "case",
        "esac",
        "in",
        "{",
        "}",
        "(",
        ")",
        "$(",
        "${",
        "\"",
        "'",
        "`",
        "<<E",
        "\n",
        ";",
        "&&",
        "||",
        "|",
        "a",
        "$a",
        "a=",
        "[[",
        "]]",
        "x()",
        " "
      )
    )
  ], ([parts]) => {
    assert.isString(run(parts.join(" ")).out)
    assert.isString(run(parts.join("")).out)
  })

  it.prop("a pattern matches what its regular expression does", [
    FastCheck.array(FastCheck.constantFrom("a", "b", "*", "?", "[ab]"), { maxLength: 6 }),
    FastCheck.array(FastCheck.constantFrom("a", "b", "c"), { maxLength: 8 })
  ], ([pattern, letters]) => {
    const expression = new RegExp(`^${pattern.map((one) => one === "*" ? ".*" : one === "?" ? "." : one).join("")}$`)
    assert.strictEqual(Glob.matches(pattern.join(""), letters.join(""), plenty()), expression.test(letters.join("")))
  })

  it.prop("what is taken off and what is left are the whole", [
    FastCheck.stringMatching(/^[ab/]{0,12}$/),
    FastCheck.constantFrom("*/", "a*", "?", "b")
  ], ([text, pattern]) => {
    for (const longest of [true, false]) {
      const front = Glob.withoutPrefix(text, pattern, longest, plenty())
      const back = Glob.withoutSuffix(text, pattern, longest, plenty())
      assert.isTrue(
        text.endsWith(front) &&
          (front === text || Glob.matches(pattern, text.slice(0, text.length - front.length), plenty()))
      )
      assert.isTrue(
        text.startsWith(back) && (back === text || Glob.matches(pattern, text.slice(back.length), plenty()))
      )
    }
  })

  it.prop("a hole survives every change", [
    FastCheck.constantFrom(
      "${V,,}",
      "${V^^}",
      "${V#v}",
      "${V%.x}",
      "${V/a/b}",
      "$(echo $V | tr A-Z a-z)",
      "$(echo \"$V\" | sed 's/a/b/')",
      "${V:-d}"
    )
  ], ([expansion]) => {
    assert.isTrue(hasHole(out(`echo ${expansion}`)))
  })
})
