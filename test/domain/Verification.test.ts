import { describe, it } from "@effect/vitest"
import { FastCheck, Option } from "effect"
import { assert } from "vitest"
import { inOwnNamespace, namespaceOf } from "../../src/domain/Namespace.js"
import { sourceKey, sourceLabelOf, verdict } from "../../src/domain/Verification.js"

const source = "org.opencontainers.image.source"
const url = "org.opencontainers.image.url"
const vcs = "org.label-schema.vcs-url"

const named = (labels: Readonly<Record<string, string>>) =>
  Option.map(sourceLabelOf(labels), ({ label, source }) => [label, sourceKey(source)] as const)

describe("sourceLabelOf", () => {
  it.each(
    [
      [{ [source]: "https://github.com/Acme/App" }, [source, "github.com/acme/app"]],
      [{ [source]: "https://github.com/acme/app.git#refs/heads/main:docker" }, [source, "github.com/acme/app"]],
      [{ [source]: "git@github.com:acme/app.git" }, [source, "github.com/acme/app"]],
      [{ [source]: "https://gitlab.com/group/sub/app" }, [source, "gitlab.com/group/sub/app"]],
      [{ [source]: "not an address", [vcs]: "https://github.com/acme/app" }, [vcs, "github.com/acme/app"]],
      [{ [url]: "https://acme.example/products/app", [vcs]: "https://github.com/acme/app" }, [
        vcs,
        "github.com/acme/app"
      ]],
      [{ [url]: "https://github.com/acme/app/packages" }, [url, "github.com/acme/app"]]
    ] as const
  )("reads %j", (labels, expected) => {
    assert.deepStrictEqual(named(labels), Option.some(expected))
  })

  it.each([{}, { [source]: "" }, { [source]: "https://github.com/acme" }, { [url]: "https://acme.example/a/b" }])(
    "finds nothing in %j",
    (labels) => assert.deepStrictEqual(named(labels), Option.none())
  )
})

describe("verdict", () => {
  const app = { owner: "Acme", name: "App" }

  it("is silent where nothing is named", () => {
    assert.strictEqual(verdict(Option.none(), app, Option.none()), "silent")
  })

  it("knows the repository by its present and its former name", () => {
    assert.strictEqual(verdict(Option.some("github.com/acme/app"), app, Option.none()), "verified")
    assert.strictEqual(verdict(Option.some("github.com/acme/old"), app, Option.some("acme/old")), "verified")
    assert.strictEqual(verdict(Option.some("github.com/acme/old"), app, Option.none()), "contradicted")
  })

  it("takes the same path at another host for another repository", () => {
    assert.strictEqual(verdict(Option.some("gitlab.com/acme/app"), app, Option.none()), "contradicted")
  })

  const word = FastCheck.stringMatching(/^[a-z][a-z0-9]{0,9}$/)

  it.prop(
    "verifies nobody but the repository that is named",
    { owner: word, name: word, other: FastCheck.record({ owner: word, name: word }) },
    ({ name, other, owner }) =>
      (verdict(Option.some(`github.com/${owner}/${name}`), other, Option.none()) === "verified") ===
        (owner === other.owner && name === other.name)
  )
})

describe("namespaceOf", () => {
  it.each([
    ["nginx", "docker.io", "library"],
    ["acme/app", "docker.io", "acme"],
    ["docker.io/acme.io/app", "docker.io", "acme.io"],
    ["ghcr.io/acme/app/server", "ghcr.io", "acme"],
    ["localhost:5000/acme/app", "localhost:5000", "acme"]
  ])("of %s is %s's %s", (image, registry, expected) => {
    assert.strictEqual(namespaceOf(image, registry), expected)
  })

  it("is the owner's whatever the case", () => {
    assert.isTrue(inOwnNamespace("ghcr.io/acme/app", "ghcr.io", "ACME"))
    assert.isFalse(inOwnNamespace("ghcr.io/acmeinc/app", "ghcr.io", "acme"))
  })
})
