/** Workflow files: whatever stands in them, the evaluation ends, finds the same twice, and only names of images. */
import { FastCheck as fc, Option } from "effect"
import { maxNames } from "../../../src/domain/workflow/Limits.js"
import { publishedImages } from "../../../src/domain/WorkflowImages.js"
import { crafted, mutated } from "../../extraction/hostile.js"
import { scripts, workflowOf, workflows as grammatical } from "../scripts.js"
import { must, pure, target } from "../Target.js"
import { anyText, editedOf, wordsOf } from "../texts.js"

// Kept whole they take seconds each; what is expensive about them is there in a part.
const longest = 20_000
const hostile = crafted.map(([, text]) => text.slice(0, longest))

const buildFiles = [
  "variable \"TAG\" { default = \"1\" }\ngroup \"default\" { targets = [\"a\"] }\ntarget \"a\" {\n  inherits = [\"b\"]\n  tags = [\"ghcr.io/acme/app:${TAG}\"]\n  output = [\"type=registry\"]\n}\n",
  "{\"target\":{\"a\":{\"tags\":[\"acme/app:1\"],\"inherits\":[\"a\"]}}}",
  "dockers:\n  - image_templates: [\"acme/{{ .ProjectName }}:{{ .Tag }}\"]\ndockers_v2: [{images: [acme/b]}]\nkos: [{repositories: [ghcr.io/acme]}]\n",
  "services: {a: {image: \"acme/${X:-app}\", build: .}}\n"
]

const paths = ["docker-bake.hcl", "docker-bake.json", ".goreleaser.yml", "compose.yaml"]

const facts = (files: ReadonlyArray<string>) => ({
  owner: "Acme",
  name: "App",
  defaultBranch: Option.some("main"),
  files: files.map((text, n) => ({ path: paths[n] ?? "x", text })),
  namespaces: []
})

const check = ([text, files]: readonly [string, ReadonlyArray<string>]): void => {
  const found = publishedImages({ path: ".github/workflows/x.yml", text }, facts(files))
  must(found.images.length + found.patterns.length <= 2 * maxNames, `${found.images.length} images of one file`)
  for (const { image } of found.images) {
    must(/^[^\s/]+(?:\/[a-z0-9._-]+)+$/.test(image) && image.length < 400, `${JSON.stringify(image)} is no image`)
  }
  const again = publishedImages({ path: ".github/workflows/x.yml", text }, facts(files))
  must(JSON.stringify(again) === JSON.stringify(found), "the same file has other images the second time")
}

/** Workflows with the files that they build from. */
export const workflows = target({
  name: "workflows",
  about: "workflows by grammar and by mutation, with bake, GoReleaser and Compose files",
  brief: 150,
  input: ({ workflows }) =>
    fc.tuple(
      fc.oneof(
        { weight: 3, arbitrary: grammatical },
        { weight: 2, arbitrary: mutated([...workflows, ...hostile]) },
        { weight: 1, arbitrary: grammatical.chain((text) => editedOf([text], 3)) }
      ),
      fc.tuple(...buildFiles.map((text) => editedOf([text], 3)))
    ),
  check: pure(check)
})

const words = [
  "$(",
  ")",
  "`",
  "\"",
  "'",
  "${",
  "}",
  "|",
  "&&",
  ";",
  "\n",
  "<<EOF\n",
  "EOF\n",
  "if ",
  "then ",
  "fi",
  "a"
]

/** The shell in them, by its grammar and by its words. */
export const shell = target({
  name: "shell",
  about: "scripts by the shell's grammar, and of its words without any",
  brief: 150,
  input: () =>
    fc.tuple(
      fc.oneof(
        { weight: 4, arbitrary: scripts },
        { weight: 1, arbitrary: wordsOf(words, 60) },
        { weight: 1, arbitrary: scripts.chain((text) => editedOf([text], 3)) },
        { weight: 1, arbitrary: anyText }
      ).map(workflowOf),
      fc.constant([])
    ),
  check: pure(check)
})
