/**
 * Shell scripts as workflows have them: most are nearly right, and all are strange.
 */
import { FastCheck as fc } from "effect"

const names = ["A", "B", "IMAGE", "TAG", "GITHUB_REF", "GITHUB_REPOSITORY", "x1"]
const name = fc.constantFrom(...names)

const literal = fc.constantFrom(
  "a",
  "acme/app",
  "ghcr.io/acme/app",
  "latest",
  "*",
  "**",
  "*a*b*c*",
  "[a-z]*",
  "'single $A'",
  "\\$A",
  "{1..9}",
  "{a,b}{c,d}",
  "~",
  "$'\\n\\x41'",
  "${{ github.ref_name }}",
  "${{ secrets.X }}",
  "é",
  "\ue000"
)

const expansion = name.chain((name) =>
  fc.constantFrom(
    `$${name}`,
    `\${${name}}`,
    `\${${name}:-acme}`,
    `\${${name}:?no}`,
    `\${${name}##*/}`,
    `\${${name}%%:*}`,
    `\${${name}//a/$${name}$${name}}`,
    `\${${name}/#*a*/b}`,
    `\${${name}^^}`,
    `\${${name},,}`,
    `\${${name}:1:3}`,
    `\${#${name}}`,
    `\${!${name}}`,
    `$((${name} + 1))`,
    `"$${name}$${name}"`
  )
)

const { script } = fc.letrec<{ word: string; command: string; script: string }>((tie) => ({
  word: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    literal,
    expansion,
    fc.tuple(literal, expansion).map(([one, other]) => one + other),
    tie("command").map((command) => `$(${command})`),
    tie("command").map((command) => `"$(${command})"`),
    tie("command").map((command) => `\`${command.replaceAll("`", "")}\``)
  ),
  command: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie("word").map((word) => `docker push ${word}`),
    fc.tuple(name, tie("word")).map(([name, word]) => `${name}=${word}`),
    fc.tuple(tie("word"), tie("word")).map(([one, other]) => `echo ${one}:${other}`),
    fc.tuple(tie("word"), tie("word")).map(([one, other]) => `docker build -t ${one} --push -t ${other} .`),
    fc.tuple(tie("command"), fc.constantFrom("a-z A-Z", "-d '\\n'", "/ -", "[:upper:] [:lower:]", "-s a")).map((
      [command, how]
    ) => `${command} | tr ${how}`),
    fc.tuple(tie("command"), fc.constantFrom("s/a*b*/&&/g", "s|.*/||", "s/\\(a\\)*$/\\1\\1/")).map(([command, how]) =>
      `${command} | sed '${how}'`
    ),
    tie("command").map((command) => `${command} | cut -d/ -f2- | head -n 1`),
    fc.tuple(name, tie("command")).map(([name, command]) => `for ${name} in 1 2 {a..z} $A; do ${command}; done`),
    fc.tuple(tie("word"), tie("command")).map(([word, command]) => `if [[ ${word} == *a*b* ]]; then ${command}; fi`),
    fc.tuple(tie("word"), tie("command")).map(([word, command]) => `case ${word} in *a*|b) ${command};; *) :;; esac`),
    fc.tuple(name, tie("command")).map(([name, command]) => `${name}() { ${command}; }; ${name}`),
    fc.tuple(tie("word"), tie("word")).map(([one, other]) => `cat <<EOF >> $GITHUB_ENV\nA=${one}\nB=${other}\nEOF`),
    fc.tuple(tie("command"), tie("command")).map(([one, other]) => `${one} && ${other} || true`),
    tie("command").map((command) => `while read -r B; do ${command}; done < list`),
    tie("word").map((word) => `while true; do A="$A$A${word}"; done`)
  ),
  script: fc.array(tie("command"), { minLength: 1, maxLength: 8 }).map((commands) => commands.join("\n"))
}))

/** Scripts by the shell's grammar. */
export const scripts: fc.Arbitrary<string> = script

const block = (text: string, indent: number): string =>
  text.split("\n").map((line) => `${" ".repeat(indent)}${line}`).join("\n")

/** A workflow with one step that runs a script. */
export const workflowOf = (script: string): string =>
  `on: [push, release]\nenv:\n  IMAGE: ghcr.io/acme/app\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n${
    block(`${script}\ndocker push acme/end`, 10)
  }\n`

const expression = fc.constantFrom(
  "${{ github.ref }}",
  "${{ matrix.image }}",
  "${{ matrix }}",
  "${{ format('{0}/{1}', 'acme', matrix.image) }}",
  "${{ fromJSON('[\"a\",\"b\"]')[0] }}",
  "${{ join(fromJSON('[1,2]'), '/') }}",
  "${{ toJSON(github) }}",
  "${{ secrets.USER }}/app",
  "${{ env.IMAGE || 'acme/x' }}",
  "${{ steps.meta.outputs.tags }}",
  "${{ needs.a.outputs.image }}",
  "${{ startsWith(github.ref, 'refs/tags/') && '1' || '2' }}",
  "${{ ((((((1)))))) }}",
  "${{ a.b.*.c }}",
  "${{ hashFiles('**/*.lock') }}",
  "acme/app:latest"
)

const step = fc.oneof(
  fc.tuple(scripts, fc.constantFrom("", "env: {A: acme/app}", "if: github.ref == 'refs/heads/main'", "shell: pwsh"))
    .map((
      [script, more]
    ) => `- run: |\n${block(script, 4)}${more === "" ? "" : `\n  ${more}`}`),
  fc.tuple(expression, expression).map(([one, other]) =>
    `- uses: docker/build-push-action@v6\n  with:\n    push: true\n    tags: |\n      ${one}\n      ${other}`
  ),
  expression.map((images) =>
    `- id: meta\n  uses: docker/metadata-action@v5\n  with:\n    images: ${
      JSON.stringify(images)
    }\n    tags: type=semver,pattern={{version}}`
  ),
  fc.constantFrom(
    "- uses: docker/bake-action@v5\n  with: {push: true, targets: all}",
    "- uses: goreleaser/goreleaser-action@v6\n  with: {args: release}",
    "- uses: ./.github/actions/self",
    "- null",
    "- [1]"
  )
)

const job = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 4 }),
  matrix: fc.constantFrom(
    "",
    "    strategy: {matrix: {image: [a, b], x: [1, 2, 3]}}\n",
    "    strategy: {matrix: {include: [{image: acme/a}, {image: [1]}]}}\n",
    "    strategy: {matrix: \"${{ fromJSON(needs.b.outputs.m) }}\"}\n"
  ),
  needs: fc.constantFrom("", "    needs: b\n", "    needs: [a, b]\n", "    needs: {}\n")
}).map(({ matrix, needs, steps }) => `${matrix}${needs}    steps:\n${steps.map((one) => block(one, 6)).join("\n")}`)

/** Workflows by GitHub's grammar. */
export const workflows: fc.Arbitrary<string> = fc.tuple(
  fc.constantFrom("push", "[push, pull_request]", "{push: {tags: ['v*', '!**a**b**']}}", "workflow_call", "null"),
  fc.array(job, { minLength: 1, maxLength: 3 })
).map(([on, jobs]) =>
  `on: ${on}\njobs:\n${jobs.map((job, n) => `  ${"abc".charAt(n)}:\n    runs-on: x\n${job}`).join("\n")}\n`
)
