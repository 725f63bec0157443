import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc, Option } from "effect"
import * as Notes from "../../src/domain/ReleaseNotes.js"
import { parse } from "../../src/domain/TagVersion.js"

const word = fc.string({ unit: fc.constantFrom(..."abcXYZ019-_"), minLength: 1, maxLength: 8 }).filter((text) =>
  /[a-z0-9]/i.test(text) && text !== "-"
)
const source = (text: string) => Option.map(Notes.parseSource(text), ({ host, path }) => `${host}/${path}`)
const nothing: Notes.SourceEvidence = {
  labels: {},
  manifestAnnotations: {},
  indexAnnotations: {},
  baseLabels: Option.none(),
  given: Option.none()
}
const chosen = (evidence: Partial<Notes.SourceEvidence>) =>
  Option.map(Notes.chooseSource({ ...nothing, ...evidence }), ({ path }) => path)
const pathIn = (labels: Notes.Labels) => chosen({ labels })
const label = (path: string) => ({ "org.opencontainers.image.source": `https://github.com/${path}` })
const url = (text: string, name: string) =>
  Option.flatMap(Notes.parseSource(text), (found) => Notes.releaseUrl(found, name))

describe("parseSource", () => {
  it.prop("reads every way to write an address", [word, word], ([owner, name]) => {
    const forms = [
      `https://github.com/${owner}/${name}`,
      `https://github.com/${owner}/${name}.git`,
      `https://github.com/${owner}/${name}.git#61f3ba26fe:arm32v6/hello-world`,
      `https://www.github.com/${owner}/${name}/tree/main/docker?x=1`,
      `git@github.com:${owner}/${name}.git`,
      `ssh://git@github.com:22/${owner}/${name}.git`,
      `git+https://github.com/${owner}/${name}`,
      `git://GitHub.com/${owner}/${name}`,
      `github.com/${owner}/${name}/`
    ]
    for (const form of forms) assert.deepStrictEqual(source(form), Option.some(`github.com/${owner}/${name}`), form)
  })

  it.prop("never throws", [fc.string()], ([text]) => {
    assert.isBoolean(Option.isSome(Notes.parseSource(text)))
  })

  it("keeps the groups of GitLab, and refuses what is no repository", () => {
    assert.deepStrictEqual(
      source("https://gitlab.com/group/sub/name/-/tree/main"),
      Option.some("gitlab.com/group/sub/name")
    )
    assert.deepStrictEqual(
      source("https://git.example.com:8443/o/n/src/branch/main"),
      Option.some("git.example.com:8443/o/n")
    )
    for (
      const text of ["", "https://github.com/", "https://github.com/owner", "not an address", "https://nginx.org/"]
    ) {
      assert.deepStrictEqual(source(text), Option.none(), text)
    }
  })
})

describe("chooseSource", () => {
  it("takes labels before annotations before what was given", () => {
    const all = {
      labels: label("a/label"),
      manifestAnnotations: label("a/manifest"),
      indexAnnotations: label("a/index")
    }
    const given = Notes.parseSource("github.com/a/given")
    assert.deepStrictEqual(chosen({ ...all, given }), Option.some("a/label"))
    assert.deepStrictEqual(chosen({ ...all, labels: {}, given }), Option.some("a/manifest"))
    assert.deepStrictEqual(chosen({ indexAnnotations: label("a/index"), given }), Option.some("a/index"))
    assert.deepStrictEqual(chosen({ given }), Option.some("a/given"))
    assert.deepStrictEqual(chosen({}), Option.none())
  })

  it("does not take a base's source for the image's own", () => {
    const labels = {
      ...label("alpine/docker-alpine"),
      "org.opencontainers.image.base.name": "docker.io/library/alpine:3.20"
    }
    assert.deepStrictEqual(Notes.baseOf(labels), Option.some("docker.io/library/alpine:3.20"))
    assert.deepStrictEqual(chosen({ labels, baseLabels: Option.some(label("Alpine/docker-alpine")) }), Option.none())
    assert.deepStrictEqual(chosen({ labels, baseLabels: Option.some({}) }), Option.some("alpine/docker-alpine"))
    assert.deepStrictEqual(Notes.baseOf({ "org.opencontainers.image.base.name": "scratch" }), Option.none())
  })

  it("knows the older labels, and no homepage", () => {
    assert.deepStrictEqual(pathIn({ "org.label-schema.vcs-url": "https://github.com/a/b.git" }), Option.some("a/b"))
    assert.deepStrictEqual(pathIn({ "org.opencontainers.image.url": "https://github.com/a/b" }), Option.some("a/b"))
    assert.deepStrictEqual(pathIn({ "org.opencontainers.image.url": "https://example.org/docs/start" }), Option.none())
    assert.deepStrictEqual(
      pathIn({ "org.opencontainers.image.url": "https://user.github.io/docs/start" }),
      Option.none()
    )
  })
})

describe("releases", () => {
  it("have their page on each forge", () => {
    const pages: Record<string, string> = {
      "https://github.com/o/n": "https://github.com/o/n/releases/tag/v1.2.3",
      "https://gitlab.com/g/s/n.git": "https://gitlab.com/g/s/n/-/releases/v1.2.3",
      "https://gitea.com/o/n": "https://gitea.com/o/n/releases/tag/v1.2.3",
      "https://codeberg.org/o/n": "https://codeberg.org/o/n/releases/tag/v1.2.3"
    }
    for (const [text, page] of Object.entries(pages)) assert.deepStrictEqual(url(text, "v1.2.3"), Option.some(page))
    assert.deepStrictEqual(url("https://git.example.com/o/n", "v1.2.3"), Option.none())
    assert.deepStrictEqual(
      url("https://github.com/o/n", "release/1"),
      Option.some("https://github.com/o/n/releases/tag/release%2F1")
    )
  })

  it("are named after the version, with a v where the project writes one", () => {
    const version = Option.getOrThrow(parse("1.25.3-alpine3.20"))
    assert.strictEqual(Notes.releaseName(version, true), "v1.25.3")
    assert.strictEqual(Notes.releaseName(version, false), "1.25.3")
    assert.deepStrictEqual(Notes.startsWithV(["nightly", "v1.2.3", "1.0.0"]), Option.some(true))
    assert.deepStrictEqual(Notes.startsWithV(["1.2.3"]), Option.some(false))
    assert.deepStrictEqual(Notes.startsWithV(["latest", "chart-1.2.3"]), Option.none())
  })
})
