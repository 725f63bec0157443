import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { basesOf } from "../../src/domain/Dockerfile.js"

const images = (text: string) => basesOf(text).map(({ image }) => image)

describe("basesOf", () => {
  it("reads the base of every stage, with the arguments before the first of them", () => {
    const text = [
      "# syntax=docker/dockerfile:1",
      "ARG GO=1.22 VARIANT=\"alpine3.19\"",
      "ARG BASE=golang:${GO}-$VARIANT",
      "FROM --platform=$BUILDPLATFORM ${BASE} AS Build",
      "ARG GO=9.9",
      "RUN <<EOF",
      "FROM nobody:1",
      "EOF",
      "# FROM a:1",
      "from build as test",
      "FROM \\",
      "  # in between",
      "  --platform=linux/arm64 \\",
      "  gcr.io/distroless/static:nonroot",
      "FROM scratch",
      "COPY --from=build /x /x",
      "FROM alpine:${ALPINE:-3.20}"
    ].join("\n")
    assert.deepStrictEqual(basesOf(text), [
      { stage: "build", line: 4, image: "golang:1.22-alpine3.19", platform: undefined, missing: [] },
      { stage: "2", line: 11, image: "gcr.io/distroless/static:nonroot", platform: "linux/arm64", missing: [] },
      { stage: "4", line: 17, image: "alpine:3.20", platform: undefined, missing: [] }
    ])
  })

  it("knows the backtick of Windows, and arguments without a value", () => {
    assert.deepStrictEqual(images("# escape=`\nFROM mcr.microsoft.com/windows/servercore`\n:ltsc2022"), [
      "mcr.microsoft.com/windows/servercore:ltsc2022"
    ])
    const [base] = basesOf("ARG TAG\nFROM nginx:$TAG")
    assert.deepStrictEqual(base?.missing, [{ name: "TAG", message: "" }])
    assert.deepStrictEqual(images("RUN echo\n\n"), [])
  })

  it.prop("never throws", [fc.string()], ([text]) => {
    assert.isArray(basesOf(`FROM x:1\n${text}`))
  })
})
