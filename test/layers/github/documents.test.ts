import { assert, describe, it } from "@effect/vitest"
import { schema as published } from "@octokit/graphql-schema"
import { FastCheck, Option } from "effect"
import { buildSchema, graphql, parse, validate } from "graphql"
import type { RepositoryName } from "../../../src/domain/GitHubRepository.js"
import { rateLimitDocument } from "../../../src/layers/github/document.js"
import { readFacts as read } from "../../../src/layers/github/lookDocument.js"
import * as Questions from "../../../src/layers/github/questions.js"
import { facts, repositories } from "./fakeGitHub.js"

// The published text defines a field twice, so the text itself is not checked.
const schema = buildSchema(published.idl, { assumeValidSDL: true })

const readFacts = (value: unknown) => read(value, false)
const probeDocument = (repositories: ReadonlyArray<RepositoryName>, files = false) =>
  Questions.look(files).document(repositories.map(Questions.lookOf))

const oid = "0123456789abcdef0123456789abcdef01234567"
const textQuestion = (by: "oid" | "expression"): Questions.TextQuestion => ({
  ...Questions.lookOf({ owner: "acme", name: "web" }),
  by,
  value: by === "oid" ? oid : "HEAD:release.sh"
})

const file = (expression: string) => ({ __typename: expression === "HEAD:Dockerfile" ? "Tree" : "Blob" })

describe("probeDocument", () => {
  it("is valid against GitHub's schema, for one repository and for a hundred", () => {
    for (const count of [1, 100]) {
      for (const files of [false, true]) {
        assert.deepStrictEqual(validate(schema, parse(probeDocument(repositories(count), files).query)), [])
      }
      const heads = Questions.head.document(repositories(count).map(Questions.lookOf))
      assert.deepStrictEqual(validate(schema, parse(heads.query)), [])
    }
    const texts = Questions.text.document([textQuestion("oid"), textQuestion("expression")])
    assert.deepStrictEqual(validate(schema, parse(texts.query)), [])
    assert.deepStrictEqual(validate(schema, parse(rateLimitDocument.query)), [])
  })

  it("asks for what readFacts reads: executed against the schema, its answer is understood", async () => {
    const { aliases, query, variables } = probeDocument([{ owner: "acme", name: "web" }])
    const result = await graphql({
      schema,
      source: query,
      variableValues: variables,
      rootValue: {
        rateLimit: { cost: 1, limit: 5000, remaining: 4999, used: 1, resetAt: "2026-11-21T05:00:00Z" },
        repository: ({ name, owner }: { readonly owner: string; readonly name: string }) => ({
          nameWithOwner: `${owner}/${name}`,
          object: ({ expression }: { readonly expression: string }) =>
            expression === "HEAD" ? { __typename: "Commit", oid: "c0ffee" } : file(expression)
        })
      }
    })
    assert.strictEqual(result.errors, undefined)
    assert.deepStrictEqual(
      readFacts(result.data?.[aliases[0] ?? ""]),
      Option.some({
        repository: { owner: "acme", name: "web" },
        headOid: Option.some("c0ffee"),
        dockerfiles: ["docker/Dockerfile", "build/Dockerfile"]
      })
    )
  })

  it.prop(
    "never lets a name into the document's text",
    [FastCheck.array(FastCheck.string(), { maxLength: 5 })],
    ([names]) => {
      const plain = probeDocument(names.map(() => ({ owner: "o", name: "n" })))
      const document = probeDocument(names.map((name) => ({ owner: name, name })))
      assert.strictEqual(document.query, plain.query)
      assert.deepStrictEqual(Object.values(document.variables), names.flatMap((name) => [name, name]))
    }
  )
})

describe("readFacts", () => {
  const kinds = FastCheck.constantFrom("Blob", "Tree", "Commit", "Tag", null)

  it.prop("counts files only", [kinds, kinds, kinds], ([a, b, c]) => {
    const probe = Option.getOrThrow(readFacts(facts("Acme/Web", [a, b, c])))
    assert.strictEqual(probe.dockerfiles.length, [a, b, c].filter((kind) => kind === "Blob").length)
    assert.strictEqual(probe.dockerfiles.includes("Dockerfile"), a === "Blob")
  })

  it("has no answer where a part is missing or odd", () => {
    const whole = facts("acme/web")
    const { f2: _, ...partial } = whole
    for (const odd of [null, {}, partial, { ...whole, head: {} }, { ...whole, nameWithOwner: "web" }, [whole]]) {
      assert.deepStrictEqual(readFacts(odd), Option.none())
    }
  })

  it.prop("never throws", [FastCheck.anything()], ([value]) => {
    assert.isTrue(Option.isOption(readFacts(value)))
  })
})

const folder = (...names: ReadonlyArray<string>) => ({
  entries: names.map((name) => ({ name, type: "blob", oid: `oid of ${name}`, size: 100 }))
})

describe("a look at files", () => {
  const whole = {
    ...facts("acme/web", [null, null, null]),
    defaultBranchRef: { name: "trunk" },
    t0: {
      entries: [...folder("Containerfile", ".goreleaser.yaml", "compose.yml", "go.mod").entries, {
        name: "Dockerfile",
        type: "tree",
        oid: "a folder",
        size: 0
      }]
    },
    t1: null,
    t2: { __typename: "Blob" },
    t3: folder("Dockerfile", "docker-bake.hcl"),
    t4: folder("Dockerfile"),
    t5: folder("ci.yml", "release.yaml", "README.md")
  }

  it("finds what tells of images in the folders that it lists", () => {
    const probe = Option.getOrThrow(read(whole, true))
    assert.deepStrictEqual(probe.dockerfiles, ["Containerfile", "deploy/Dockerfile", ".docker/Dockerfile"])
    assert.deepStrictEqual(probe.files?.compose, ["compose.yml"])
    assert.deepStrictEqual(probe.files?.workflows.map(({ path }) => path), [
      ".github/workflows/ci.yml",
      ".github/workflows/release.yaml"
    ])
    assert.deepStrictEqual(probe.files?.build, [
      { path: ".goreleaser.yaml", oid: "oid of .goreleaser.yaml", size: 100 },
      { path: "compose.yml", oid: "oid of compose.yml", size: 100 },
      { path: "deploy/docker-bake.hcl", oid: "oid of docker-bake.hcl", size: 100 }
    ])
    assert.deepStrictEqual(probe.files?.defaultBranch, Option.some("trunk"))
  })

  it("has no answer where a folder was not answered", () => {
    const { t5: _, ...partial } = whole
    assert.deepStrictEqual(read(partial, true), Option.none())
    assert.deepStrictEqual(read({ ...whole, t0: { entries: [{ name: "x" }] } }, true), Option.none())
  })

  it.prop("never throws", [FastCheck.anything()], ([value]) => {
    assert.isTrue(Option.isOption(read(value, true)))
  })
})

const textOf = (object: unknown) => Questions.text.read({ object }, textQuestion("oid"))

describe("the text of a file", () => {
  const blob = { __typename: "Blob", oid, byteSize: 3, isBinary: false, isTruncated: false, text: "on:" }

  it("is a text, or says why there is none", () => {
    assert.deepStrictEqual(textOf(blob), Option.some({ _tag: "Text", oid, text: "on:" }))
    assert.deepStrictEqual(textOf(null), Option.some({ _tag: "Unreadable", reason: "missing" }))
    assert.deepStrictEqual(textOf({ __typename: "Tree" }), Option.some({ _tag: "Unreadable", reason: "missing" }))
    assert.deepStrictEqual(
      textOf({ ...blob, isBinary: true, text: null }),
      Option.some({ _tag: "Unreadable", reason: "binary" })
    )
    assert.deepStrictEqual(
      textOf({ ...blob, isTruncated: true }),
      Option.some({ _tag: "Unreadable", reason: "truncated" })
    )
  })

  it("is not known where a part is missing", () => {
    assert.deepStrictEqual(textOf({ ...blob, text: null }), Option.none())
    assert.deepStrictEqual(textOf({ __typename: "Blob", oid }), Option.none())
    assert.deepStrictEqual(Questions.text.read({}, textQuestion("oid")), Option.none())
  })
})
