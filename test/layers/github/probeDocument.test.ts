import { assert, describe, it } from "@effect/vitest"
import { schema as published } from "@octokit/graphql-schema"
import { FastCheck, Option } from "effect"
import { buildSchema, graphql, parse, validate } from "graphql"
import { probeDocument, rateLimitDocument, readFacts } from "../../../src/layers/github/probeDocument.js"
import { facts, repositories } from "./fakeGitHub.js"

// The published text defines a field twice, so the text itself is not checked.
const schema = buildSchema(published.idl, { assumeValidSDL: true })

const file = (expression: string) => ({ __typename: expression === "HEAD:Dockerfile" ? "Tree" : "Blob" })

describe("probeDocument", () => {
  it("is valid against GitHub's schema, for one repository and for a hundred", () => {
    for (const count of [1, 100]) {
      assert.deepStrictEqual(validate(schema, parse(probeDocument(repositories(count)).query)), [])
    }
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
