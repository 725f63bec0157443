/**
 * Workflow files that nobody should have to read: broken by mutation, or made to cost as much as possible.
 */
import { FastCheck } from "effect"

const repeat = (text: string, times: number): string => text.repeat(times)
const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join("\n")

const job = (steps: string): string => `on: push\njobs:\n  a:\n    steps:\n${steps}\n`
const script = (body: string): string =>
  job(
    `      - run: |\n${body.split("\n").map((line) => `          ${line}`).join("\n")}\n          docker push acme/app`
  )
const pushed = (tags: string): string =>
  job(`      - uses: docker/build-push-action@v6\n        with:\n          push: true\n          tags: ${tags}`)

/** Files that were written to be expensive, each for another part of the reader. */
export const crafted: ReadonlyArray<readonly [string, string]> = [
  [
    "exploding aliases",
    `a0: &a0 [x, x]\n${
      lines(60, (i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}, *a${i}]`)
    }\non: push\njobs: {a: {steps: *a60}}\nenv: *a60\n`
  ],
  [
    "exploding aliases in env",
    `a0: &a0 {x: docker}\n${
      lines(40, (i) => `a${i + 1}: &a${i + 1} {p: *a${i}, q: *a${i}}`)
    }\non: push\nenv: {A: *a40}\njobs: {a: {strategy: {matrix: {x: *a40, include: *a40}}, steps: [{uses: docker/build-push-action@v6, with: *a40}]}}\n`
  ],
  [
    "merge keys",
    `a: &a {${lines(4_000, (i) => `k${i}: 1,`)}}\nb:\n${lines(250, () => "  - <<: *a")}\non: push\njobs: {}\n`
  ],
  ["many aliases", `a: &a docker\nb: [${repeat("*a, ", 50_000)}]\n`],
  ["aliases in a key", `a: &a ${repeat("docker", 20_000)}\n? [${repeat("*a, ", 200)}]\n: 1\n`],
  ["deep flow", repeat("[", 100_000)],
  ["deep flow below the limit", `on: push\njobs: ${repeat("{a: ", 250)}docker${repeat("}", 250)}\n`],
  ["deep blocks", lines(600, (i) => `${repeat(" ", i)}a:`)],
  ["compact nesting", `docker: ${repeat("- ", 60_000)}`],
  ["compact keys", repeat("? ", 60_000)],
  ["a megabyte", `on: push\nname: "${repeat("docker", 180_000)}"\njobs: {}\n`],
  ["one long line", `on: push\njobs: {a: {steps: [{run: "docker push ${repeat("a", 250_000)}"}]}}\n`],
  ["big map", `on: push\njobs:\n  a:\n    steps: []\n    env:\n${lines(20_000, (i) => `      k${i}: docker`)}\n`],
  ["many jobs", `on: push\njobs:\n${lines(6_000, (i) => `  j${i}: {steps: [{run: docker push a/b${i}}]}`)}\n`],
  [
    "chain of jobs",
    `on: push\njobs:\n${lines(3_000, (i) => `  j${i}: {needs: j${i + 1}, steps: [{run: docker push a/b${i}}]}`)}\n`
  ],
  [
    "needs in a circle",
    `on: push\njobs:\n  a: {needs: b, steps: [{run: docker push a/b}]}\n  b: {needs: a, steps: [{run: docker push a/c}]}\n`
  ],
  [
    "big matrix",
    `on: [push, pull_request, release, schedule, workflow_dispatch]\njobs:\n  a:\n    strategy:\n      matrix:\n${
      lines(6, (i) => `        m${i}: [${repeat("x, ", 40)}y]`)
    }\n    steps:\n${
      lines(100, () => "      - run: docker push a/${{ matrix.m0 }}${{ matrix.m1 }}${{ matrix.m2 }}${{ github.ref }}")
    }\n`
  ],
  [
    "matrix of includes",
    `on: push\njobs:\n  a:\n    strategy: {matrix: {a: [${lines(256, (i) => `${i},`)}], include: [${
      lines(3_000, (i) => `{a: ${i}, b: x},`)
    }]}}\n    steps: [{run: "docker push a/\${{ matrix.a }}"}]\n`
  ],
  ["long expression", pushed(`\${{ ${repeat("'a' && ", 2_900)}'b/c' }}`)],
  ["deep expression", pushed(`\${{ ${repeat("(", 5_000)}'b/c'${repeat(")", 5_000)} }}`)],
  ["deep negation", pushed(`\${{ ${repeat("!", 15_000)}true }}`)],
  ["open expressions", pushed(repeat("${{ ", 40_000))],
  ["many expressions", pushed(repeat("${{ secrets.A }}", 15_000))],
  [
    "growing format",
    script("echo").replace(
      "echo",
      "echo ${{ format('{0}{0}{0}{0}{0}{0}{0}{0}', format('{0}{0}{0}{0}{0}{0}{0}{0}', format('{0}{0}{0}{0}{0}{0}{0}{0}', format('{0}{0}{0}{0}{0}{0}{0}{0}', format('{0}{0}{0}{0}{0}{0}{0}{0}', format('{0}{0}{0}{0}{0}{0}{0}{0}', 'docker push a/b')))))) }}"
    )
  ],
  ["doubling variable", script(`A=docker\n${lines(400, () => "A=\"$A$A\"")}\ndocker push a/$A`)],
  [
    "nested loops",
    script(
      `${lines(8, (i) => `for v${i} in 1 2 3 4 5 6 7 8 9 10; do`)}\ndocker push a/$v0$v1\n${lines(8, () => "done")}`
    )
  ],
  [
    "undecided conditions",
    script(lines(3_000, (i) => `if [ "$X" = "${i}" ]; then A=a/b${i}; fi`) + "\ndocker push $A")
  ],
  ["recursive function", script("f() { docker push a/b; f; f; }\nf")],
  ["functions of functions", script(`${repeat("f() ", 8_000)}`)],
  ["nested substitution", script(`A=${repeat("$(echo ", 4_000)}x${repeat(")", 4_000)}\ndocker push a/$A`)],
  ["open substitutions", script(repeat("$(", 30_000))],
  ["open braces", script(repeat("${A:-", 12_000))],
  ["open quotes and backticks", script(repeat("\"`'$(", 12_000))],
  ["nested subshells", script(repeat("( ", 30_000))],
  ["nested ifs", script(repeat("if true; then ", 4_000))],
  ["here-documents", script(lines(3_000, (i) => `cat <<E${i} >> $GITHUB_OUTPUT`))],
  ["slow patterns", script(`A=${repeat("ab", 3_000)}\ndocker push a/\${A##*a*b*a*b*a*b*c}\${A//*a*b*c/x}`)],
  ["slow sed", script(`echo ${repeat("a", 8_000)} | sed -E 's/(a*)*b/x/; s/a*a*a*a*c/y/'\ndocker push a/b`)],
  ["deep JSON", script(`echo '${repeat("[", 7_000)}${repeat("]", 7_000)}' | jq -c .\nA=\${{ fromJSON(env.A) }}`)],
  ["huge brace range", script("for i in {1..9999} {a,b,c}{a,b,c}{a,b,c}{a,b,c}; do docker push a/b$i; done")],
  ["bash in bash", script(`${repeat("bash -c ", 4_000)} 'docker push a/b'\neval eval eval docker push a/c`)],
  ["xargs of xargs", script(`echo a b c d e f g h | ${repeat("xargs -n1 ", 500)} docker push`)],
  ["composite action that uses itself", job("      - uses: ./.github/actions/self\n      - run: docker push a/b")],
  ["control characters", `on: push\njobs: {a: {steps: [{run: "docker push a/b\\u0000\ud800\ue000\ue001"}]}}\n`],
  [
    "prototype",
    "on: push\n__proto__: {a: 1}\njobs: {__proto__: {steps: [{run: docker push a/b}]}, constructor: {steps: [{run: docker push a/c, id: __proto__}, {run: \"docker push a/${{ steps.__proto__.outputs.x }}${{ env.constructor }}\"}]}}\n"
  ],
  [
    "wrong types",
    "on: 5\nenv: [1]\ndefaults: x\njobs: {a: 1, b: [docker], c: {steps: {a: 1}, strategy: 7, env: x, needs: {a: b}, outputs: [1]}, d: {steps: [1, x, null, {uses: 3}, {run: {a: 1}}, {with: 9, uses: docker/build-push-action@v6}]}}\n"
  ],
  ["not text", "\u0000\u0001docker\u0002\uffff"],
  ["many tags", pushed(`|\n${lines(6_000, (i) => `            a/b${i}:\${{ github.sha }}`)}`)],
  [
    "many choices",
    script(
      `${lines(16, (i) => `if [ "$X" = "${i}" ]; then A${i}=a; else A${i}=b; fi`)}\ndocker push a/${
        lines(16, (i) => `$A${i}`).replaceAll("\n", "")
      }`
    )
  ]
]

const snippets = [
  "&a ",
  "*a ",
  "${{ ",
  " }}",
  "$(",
  "`",
  "\"",
  "'",
  "[[[[",
  "{{{{",
  "<<EOF",
  "\\\n",
  "\t",
  "|",
  ">-",
  ": ",
  "- ",
  "? ",
  "%",
  "@",
  "\u0000",
  "\ufeff",
  "{1..99}",
  "${A//a/$A$A}",
  "fromJSON(",
  "if [ ",
  "done",
  "esac",
  "matrix:",
  "include:",
  "docker push "
]

interface Mutation {
  readonly kind: number
  readonly at: number
  readonly length: number
  readonly text: string
  readonly other: number
}

const mutate = (
  text: string,
  { at, kind, length, other, text: inserted }: Mutation,
  seeds: ReadonlyArray<string>
): string => {
  const start = Math.floor(at * text.length)
  const end = Math.min(text.length, start + length)
  const part = text.slice(start, end)
  switch (kind) {
    case 0:
      return text.slice(0, start) + text.slice(end)
    case 1:
      return text.slice(0, start) + inserted + text.slice(start)
    case 2:
      return text.slice(0, start) + part.repeat(Math.min(400, Math.ceil(40_000 / (part.length + 1)))) + text.slice(end)
    case 3:
      return text.slice(0, start) + (seeds[other % seeds.length] ?? "").slice(start, start + length * 20) +
        text.slice(end)
    case 4:
      return text.slice(0, start) +
        [...part].map((one) => String.fromCharCode(one.charCodeAt(0) ^ (1 << (other % 7)))).join("") + text.slice(end)
    case 5:
      // As bytes that are no UTF-8: what a decoder makes of them.
      return text.slice(0, start) + "\ufffd".repeat(1 + other % 9) + text.slice(end)
    default:
      return text.slice(0, start) + part.replaceAll("\n", "\n  ") + text.slice(end)
  }
}

const mutation: FastCheck.Arbitrary<Mutation> = FastCheck.record({
  kind: FastCheck.integer({ min: 0, max: 6 }),
  at: FastCheck.double({ min: 0, max: 1, noNaN: true }),
  length: FastCheck.integer({ min: 0, max: 200 }),
  text: FastCheck.oneof(FastCheck.constantFrom(...snippets), FastCheck.string({ maxLength: 8 })),
  other: FastCheck.nat(1_000)
})

/** Files made from real or crafted ones by one to eight mutations. */
export const mutated = (seeds: ReadonlyArray<string>): FastCheck.Arbitrary<string> =>
  FastCheck.tuple(FastCheck.nat(seeds.length - 1), FastCheck.array(mutation, { minLength: 1, maxLength: 8 })).map(
    ([seed, mutations]) => mutations.reduce((text, one) => mutate(text, one, seeds), seeds[seed] ?? "")
  )
