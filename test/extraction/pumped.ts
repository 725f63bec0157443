/**
 * Repositories in which one short piece of text stands many times, in every place that the reader of workflows scans: what
 * is slower than it may be shows itself as they grow.
 */
import type { RepositoryFile } from "../../src/domain/WorkflowImages.js"

/** A repository: its workflow, and the files beside it. */
export interface Repository {
  readonly name: string
  readonly workflow: RepositoryFile
  readonly others: ReadonlyArray<RepositoryFile>
}

type Made = Omit<Repository, "name">

const quoted = (text: string): string => JSON.stringify(text)
const workflow = (text: string): Made => ({ workflow: { path: ".github/workflows/pumped.yml", text }, others: [] })
const steps = (...steps: ReadonlyArray<string>): string =>
  `on: push\njobs:\n  a:\n    steps:\n${steps.map((step) => `      - ${step}\n`).join("")}`
const job = (...all: ReadonlyArray<string>): Made => workflow(steps(...all))
const script = (text: string): Made => job(`run: ${quoted(`${text}\ndocker push acme/app\n`)}`)
const uses = (action: string, inputs: Readonly<Record<string, string>>, id = "a"): string =>
  `{id: ${id}, uses: ${quoted(action)}, with: ${JSON.stringify(inputs)}}`
const pushes = (tags: string): string => uses("docker/build-push-action@v6", { push: "true", tags }, "push")
const beside = (step: string, path: string, text: string): Made => ({ ...job(step), others: [{ path, text }] })
const often = (text: string): string =>
  `for a in 1 2 3 4 5 6 7 8 9; do for b in 1 2 3 4 5 6 7 8 9 10 11 12 13; do\n${text}\ndone; done`
const many = (count: number, one: (index: number) => string): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => one(index))

/** Where the text stands. */
const places: Readonly<Record<string, (text: string) => Made>> = {
  "a file": (text) => workflow(`docker\n${text}`),
  "a plain scalar": (text) => workflow(`on: push\nname: docker\njobs: {}\nx: ${text}`),
  "a block scalar": (text) => workflow(`on: push\nname: docker\njobs: {}\nx: |\n  ${text}`),
  "an expression": (text) => job(pushes(`\${{ ${text} }}`)),
  "a condition": (text) => job(`{if: ${quoted(text)}, run: docker push a/b}`),
  "an environment": (text) =>
    job(`{env: {A: ${quoted(text)}}, run: "docker push a/\${{ env.A }} \${{ format('{0}{0}{0}', env.A) }}"}`),
  "a matrix": (text) =>
    workflow(
      `on: push\njobs:\n  a:\n    strategy: {matrix: {a: [${
        quoted(text)
      }, b]}}\n    steps: [{run: "docker push a/\${{ matrix.a }}"}]`
    ),
  tags: (text) => job(pushes(text)),
  "a switch": (text) => job(uses("docker/build-push-action@v6", { push: text, tags: "a/b" })),
  outputs: (text) => job(uses("docker/build-push-action@v6", { push: "true", outputs: text })),
  "metadata's images": (text) =>
    job(uses("docker/metadata-action@v5", { images: text }), pushes("${{ steps.a.outputs.tags }}")),
  "bake's inputs": (text) =>
    job(uses("docker/bake-action@v5", { push: "true", set: text, files: text, targets: text })),
  "an action's name": (text) => job(uses(`docker://${text}`, {}), uses(`./${text}`, {}), uses(`docker/${text}`, {})),
  "a login": (text) => job(uses("docker/login-action@v3", { registry: text, username: text }), pushes("a/b")),
  "a script of one line": (text) =>
    job(uses("actions/github-script@v7", { script: `return '${text}` }), pushes("${{ steps.a.outputs.result }}")),
  "a replacement": (text) =>
    job(
      uses("frabert/replace-string-action@v2", { string: text, pattern: text.slice(0, 1), "replace-with": text }),
      pushes("${{ steps.a.outputs.replaced }}")
    ),
  "a script": (text) => script(text),
  "a script for PowerShell": (text) => job(`{shell: pwsh, run: ${quoted(`${text}\ndocker push a/b`)}}`),
  "an assignment": (text) => script(`A=${text}`),
  "double quotes": (text) => script(`echo "${text}"`),
  "the words of a loop": (text) => script(often(`docker push ${text}`)),
  "what patterns are taken from": (text) =>
    script(`A='${text}'\n${often("B=${A##*a*b*a*b*c}; C=${A%%*a*b*c}; D=${A//*a*b*c/x}; E=${A//a/$A}")}`),
  "a pattern": (text) =>
    script(`A='${text}'\n${often("B=${A##$A*x}; C=${A%%x*$A}; D=${A//?$A/x}; [[ $A == *$A*x ]]")}`),
  "a case": (text) =>
    script(`A='${text}'\n${often("case $A in *a*b*a*b*z) docker push a/c;; a*) ;; [a-z]*$A) ;; esac")}`),
  "what sed reads": (text) =>
    script(
      `A='${text}'\n${often("echo $A | sed -E 's/(a|b|a)*c/x/g; s/a*b*a*b*$/y/g; s/[^x]*x{1,9}y/z/'")}`
    ),
  "a command of sed": (text) => script(`echo ${"a".repeat(40)}b | sed -E 's/${text.replaceAll("/", "")}/x/g'`),
  "what tools read": (text) =>
    script(
      `A='${text}'\n${
        often(
          "echo $A | tr a b | tr b c | tr c d | tr -d x | rev | tac | cut -d a -f 1-,2-,3-,4- | awk '{print tolower($0)}' | head -5"
        )
      }`
    ),
  "the ranges of cut": (text) => script(`echo '${text}' | cut -d a -f '${"1-,".repeat(2_000)}'`),
  "what a command writes": (text) => script(often(`A="$(echo '${text}')"`)),
  "lines that end what a command writes": (text) =>
    script(`A="\n\n\n\n"\n${"A=$A$A\n".repeat(12)}${often("B=$(echo \"$A\"; echo x)")}${text}`),
  "a format of printf": (text) => script(`printf '${text}' ${"a ".repeat(300)}`),
  "a program of jq": (text) => script(`echo '["a","b"]' | jq -r '${text}'`),
  "what jq reads": (text) => script(`echo '${text}' | jq -r '.[]|.a|.b+.c+.d'`),
  "an array": (text) =>
    script(`IFS=, read -ra A <<< '${text}'\n${often("for i in \"${A[@]}\"; do B=${A[@]#a}; done")}`),
  "a here-document": (text) => script(`cat <<EOF >> $GITHUB_ENV\n${text}\nEOF`),
  ...Object.fromEntries(
    ["docker", "make", "mvn", "goreleaser", "ko build"].map((name) => [
      `the words of ${name}`,
      (text: string) => script(`${name} ${text}`)
    ])
  ),
  "a bake file": (text) =>
    beside(
      uses("docker/bake-action@v5", { push: "true" }),
      "docker-bake.hcl",
      `target "default" {\n  tags = ["a/b"]\n}\n${text}`
    ),
  "a tag of a bake file": (text) =>
    beside(
      uses("docker/bake-action@v5", { push: "true" }),
      "docker-bake.hcl",
      `target "default" {\n  tags = ["${text}"]\n}\n`
    ),
  "variables of a bake file that double": (text) =>
    beside(
      uses("docker/bake-action@v5", { push: "true" }),
      "docker-bake.hcl",
      `variable "A0" { default = "${text}" }\n${
        many(50, (index) => `variable "A${index + 1}" { default = "\${A${index}}\${A${index}}" }\n`).join("")
      }target "default" {\n  tags = ["a/\${A50}"]\n}\n`
    ),
  "variables of GoReleaser that multiply": (text) =>
    beside(
      uses("goreleaser/goreleaser-action@v5", {}),
      ".goreleaser.yml",
      `env:\n${
        many(30, (index) => `  - ${quoted(`A${index}=${index === 0 ? "x" : `{{ .Env.A${index - 1} }}`.repeat(50)}`)}\n`)
          .join("")
      }dockers:\n  - image_templates: [${
        many(60, () => quoted(text.slice(0, 1_000))).join(", ")
      }, "a/{{ .Env.A29 }}"]\n`
    ),
  "a Compose file": (text) =>
    beside(
      "run: docker compose push",
      "compose.yml",
      `services:\n${many(60, (index) => `  s${index}: {build: ., image: ${quoted(text.slice(0, 500))}}\n`).join("")}`
    )
}

/** What stands there many times. */
const pieces: ReadonlyArray<string> = [
  ..."a0_=/\\\"'`$}{[]()<!#-+*?.:;,|&\n \t\ue000é",
  ..."${ $( ${{ ${A ${A:- ${A[ ${A[$a {{ }} << || && .. :: a= a, a* -- -t".split(" "),
  "<<E\n",
  "{{ if x }}{{ else }}",
  "{{ end }}",
  "--skip=i",
  "\"${$",
  "&a ",
  "*a ",
  "- ",
  "? ",
  " \n",
  "\r\n",
  "\n#",
  "a b ",
  "a: ",
  "sh-image-",
  "x.sh",
  "docker-",
  "uses: ",
  "PUSH",
  "${{ secrets.A }}",
  "${{ github.ref }}",
  "$A ",
  "f() ",
  "if true;then ",
  "for i in 1 2;do ",
  "case x in a) ",
  "\\(",
  "[[:a",
  "(a|b)*",
  "a{1,9}",
  ".*",
  "(.*)",
  "a.b.",
  "a||",
  "'a'+",
  "format(",
  "\"\",",
  "{a: ",
  "[a, ",
  "--- \n",
  "...\n"
]

/** Every piece in every place, as often as makes a number of characters. */
export const pumped: ReadonlyArray<(size: number) => Repository> = Object.entries(places).flatMap(([place, make]) =>
  pieces.map((piece) => (size: number): Repository => ({
    name: `${place}: ${JSON.stringify(piece)}, ${size} characters`,
    ...make(piece.repeat(Math.ceil(size / piece.length)))
  }))
)
