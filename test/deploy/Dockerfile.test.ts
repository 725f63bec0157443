/**
 * The Dockerfile, as far as it can be checked where no Docker daemon is: it parses without a finding, runs as nobody
 * special, and copies nothing that the build context leaves out.
 */
import { assert, describe, it } from "@effect/vitest"
import { validate } from "dockerfile-utils"
import { existsSync } from "node:fs"
import { pathOf, textOf } from "./files.js"

/** Instructions in order, with their lines joined. */
const instructions = (text: string) =>
  text.replaceAll(/^\s*#.*\n/gm, "").replaceAll(/\\\n\s*/g, "").split("\n").flatMap((line) => {
    const match = /^([A-Z]+) (.*)$/.exec(line)
    return match === null ? [] : [{ name: match[1] ?? "", rest: match[2] ?? "" }]
  })

const named = (name: string) => instructions(textOf("Dockerfile")).filter((instruction) => instruction.name === name)

/** What the build context holds: `!` lines of the ignore file, which begins with `*`. */
const context = (): ReadonlyArray<string> => {
  const lines = textOf(".dockerignore").split("\n").filter((line) => line !== "" && !line.startsWith("#"))
  assert.strictEqual(lines[0], "*")
  return lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1))
}

describe("Dockerfile", () => {
  it("has no finding of the linter", () => {
    assert.deepStrictEqual(validate(textOf("Dockerfile")).map(({ message }) => message), [])
  })

  it("is told apart from one with a mistake by the linter", () => {
    assert.isNotEmpty(validate("FROM node\nEXPOSE eighty\n"))
  })

  it("builds in stages and runs as a user that is not root, with a health check", () => {
    assert.isAtLeast(named("FROM").length, 2)
    assert.deepStrictEqual(named("USER").map(({ rest }) => rest), ["1000:1000"])
    const last = instructions(textOf("Dockerfile")).map(({ name }) => name)
    assert.isAbove(last.indexOf("USER"), last.lastIndexOf("RUN"))
    assert.match(named("HEALTHCHECK")[0]?.rest ?? "", /\/healthz/)
  })

  it("stands on one image, by its tag and its digest, and says how to renew it", () => {
    assert.match(named("ARG")[0]?.rest ?? "", /^NODE_IMAGE=node:\d+\.\d+\.\d+-[a-z-]+@sha256:[0-9a-f]{64}$/)
    for (const { rest } of named("FROM")) assert.match(rest, /^\$\{NODE_IMAGE\}( AS [a-z]+)?$/)
    assert.match(textOf("Dockerfile"), /^# .*image-census digest node:/m)
  })

  it("copies files that are there and that the build context lets through", () => {
    const given = context()
    for (const path of given) assert.isTrue(existsSync(pathOf(path)), path)
    const copied = named("COPY").filter(({ rest }) => !rest.startsWith("--from"))
      .flatMap(({ rest }) => rest.split(" ").slice(0, -1))
    assert.isNotEmpty(copied)
    for (const path of copied) assert.include(given, path)
  })
})
