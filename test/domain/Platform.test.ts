import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc } from "effect"
import * as Platform from "../../src/domain/Platform.js"
import { compatible, matches, matchesSystem, rank, runsOn } from "../../src/domain/PlatformMatch.js"

const optionText = fc.string({ unit: fc.constantFrom(..."0123456789.%+()/abc"), minLength: 1, maxLength: 8 })
const platform = fc.record({
  os: fc.constantFrom("linux", "windows", "darwin", "freebsd"),
  architecture: fc.constantFrom("amd64", "arm64", "arm", "386", "riscv64", "s390x"),
  variant: fc.constantFrom("", "v5", "v6", "v7", "v8", "v9", "v2"),
  osVersion: fc.oneof(fc.constant(""), optionText),
  osFeatures: fc.uniqueArray(optionText, { maxLength: 2 })
}).map(Platform.make).map(Platform.normalize)

const read = (text: string) => Either.getOrThrow(Platform.parse(text))
const shown = (text: string) => Either.map(Platform.parse(text), Platform.formatAll)

describe("Platform", () => {
  it.prop("reads back the normal form", [platform], ([given]) => {
    assert.deepStrictEqual(Platform.normalize(read(Platform.formatAll(given))), given)
  })

  it.prop("normalising twice changes nothing", [platform], ([given]) => {
    assert.deepStrictEqual(Platform.normalize(Platform.normalize(given)), Platform.normalize(given))
  })

  it.prop("never throws", [fc.string()], ([text]) => {
    assert.isBoolean(Either.isRight(Platform.parse(text)))
  })

  it("knows the other names", () => {
    const cases: Record<string, string> = {
      "Linux/x86_64": "linux/amd64",
      "linux/aarch64": "linux/arm64",
      "linux/arm": "linux/arm",
      "linux/armhf": "linux/arm",
      "linux/arm/7": "linux/arm/v7",
      "armel": "linux/arm/v6",
      "i386": "linux/386",
      "macos/arm64/v8": "darwin/arm64/v8",
      "windows": "windows/amd64",
      "windows(10.0.17763%2B1+win32k)/amd64": "windows(10.0.17763%2B1+win32k)/amd64"
    }
    for (const [input, expected] of Object.entries(cases)) {
      assert.deepStrictEqual(shown(input), Either.right(expected), input)
    }
  })

  it("refuses what is no platform", () => {
    for (
      const text of [
        "",
        "/",
        "linux/",
        "/linux/arm",
        "linux/arm/",
        "linux/*",
        "foobar",
        "a/b/c/d",
        "linux(%zz)/amd64",
        "linux/a b"
      ]
    ) {
      assert.isTrue(Either.isLeft(Platform.parse(text)), text)
    }
  })
})

describe("PlatformMatch", () => {
  it.prop("a platform matches itself and runs on itself best of all", [platform], ([given]) => {
    assert.isTrue(matches(given, given))
    assert.strictEqual(rank(given, given), 0)
    assert.isTrue(matchesSystem(given, given))
  })

  it.prop("what matches is compatible", [platform, platform], ([wanted, offered]) => {
    if (matches(wanted, offered)) assert.strictEqual(rank(wanted, offered), 0)
    assert.strictEqual(compatible(wanted, offered), rank(wanted, offered) !== undefined)
  })

  it("prefers the nearest variant", () => {
    assert.deepStrictEqual(runsOn(read("linux/arm64")).map(Platform.format), [
      "linux/arm64",
      "linux/arm/v8",
      "linux/arm/v7",
      "linux/arm/v6",
      "linux/arm/v5"
    ])
    assert.isFalse(compatible(read("linux/arm/v6"), read("linux/arm/v7")))
    assert.isFalse(matches(read("linux/arm/v7"), read("linux/arm/v6")))
    assert.isTrue(compatible(read("linux/arm64/v9"), read("linux/arm64/v8.5")))
    assert.isFalse(compatible(read("linux/arm64/v9"), read("linux/arm64/v8.6")))
    assert.isTrue(compatible(read("linux/amd64/v3"), read("linux/amd64")))
    assert.isFalse(compatible(read("linux/amd64"), read("linux/amd64/v3")))
  })

  it("knows which Windows runs which", () => {
    const host = (version: string) => read(`windows(${version})/amd64`)
    assert.isTrue(matches(host("10.0.17763.100"), host("10.0.17763.4974")))
    assert.isFalse(matches(host("10.0.17763"), host("10.0.20348")))
    assert.isTrue(matches(host("10.0.26100"), host("10.0.20348.1")))
    assert.isFalse(matches(host("10.0.20348"), host("10.0.26100")))
    assert.isTrue(matches(read("windows/amd64"), host("10.0.17763")))
  })

  it("wants no feature that the host lacks", () => {
    assert.isTrue(matches(read("linux(+gpu+simd)/amd64"), read("linux(+gpu)/amd64")))
    assert.isFalse(matches(read("linux/amd64"), read("linux(+gpu)/amd64")))
  })
})
