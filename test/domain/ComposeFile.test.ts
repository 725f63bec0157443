import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc } from "effect"
import { parseComposeFile } from "../../src/domain/ComposeFile.js"

const service = (name: string, image?: string, platform?: string, builds = false) => ({
  name,
  image,
  platform,
  builds
})

describe("parseComposeFile", () => {
  it("reads services, also through anchors and merges", () => {
    const text = [
      "x-base: &base",
      "  image: nginx:${TAG:-1.27.0}",
      "  platform: linux/arm64",
      "services:",
      "  web: *base",
      "  api:",
      "    <<: *base",
      "    image: ghcr.io/acme/api:1",
      "  built: { build: . }",
      "  own: { build: { context: . }, image: acme/own }",
      "  odd:",
      ""
    ].join("\n")
    assert.deepStrictEqual(Either.getOrThrow(parseComposeFile(text)), [
      service("web", "nginx:${TAG:-1.27.0}", "linux/arm64"),
      service("api", "ghcr.io/acme/api:1", "linux/arm64"),
      service("built", undefined, undefined, true),
      service("own", "acme/own", undefined, true),
      service("odd")
    ])
  })

  it("refuses what is no Compose file, in one line", () => {
    for (const text of ["", "services: []", "a: 1", "services: {web: [", "- 1"]) {
      const read = parseComposeFile(text)
      assert.isTrue(Either.isLeft(read), text)
      if (Either.isLeft(read)) assert.match(read.left.message, /^not a Compose file: [^\n]+$/)
    }
  })

  it.prop("never throws", [fc.string()], ([text]) => {
    assert.isBoolean(Either.isRight(parseComposeFile(text)))
  })
})
