import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc, Option } from "effect"
import * as Order from "../../src/domain/TagOrder.js"
import * as Tag from "../../src/domain/TagVersion.js"

const read = (text: string) => Option.getOrThrow(Tag.parse(text))
const number = fc.integer({ min: 0, max: 999 })
const parts = fc.record({
  prefix: fc.constantFrom("", "v", "release-", "release-v", "jdk-", "php"),
  numbers: fc.array(number, { minLength: 1, maxLength: 5 }),
  prerelease: fc.option(fc.tuple(fc.constantFrom("alpha", "beta", "rc"), fc.constantFrom("", "."), number)),
  revision: fc.option(fc.array(number, { minLength: 1, maxLength: 2 })),
  variants: fc.array(
    fc.tuple(
      fc.constantFrom("alpine", "slim", "bookworm", "ls", "r"),
      fc.option(fc.array(number, { minLength: 1, maxLength: 2 }))
    ),
    { maxLength: 3 }
  )
  // `php8-2` could be either: there a number behind a dash is taken for the version.
}).map((made) => made.prefix === "php" ? { ...made, revision: null } : made)
type Parts = typeof parts extends fc.Arbitrary<infer A> ? A : never

const dotted = (numbers: ReadonlyArray<number>) => numbers.join(".")

const write = ({ numbers, prefix, prerelease, revision, variants }: Parts) =>
  `${prefix}${dotted(numbers)}` +
  (revision === null ? "" : `-${dotted(revision)}`) +
  (prerelease === null ? "" : `-${prerelease.join("")}`) +
  variants.map(([word, version]) => `-${word}${dotted(version ?? [])}`).join("")

const tag = parts.map(write)
const sign = (value: number) => Math.sign(value)

const compare = (left: string, right: string) => Order.total(read(left), read(right))

const same = (left: string, right: string) => Tag.difference(read(left), read(right)) === undefined

const shown = (text: string) => {
  const { numbers, prefix, prereleaseText, revision, variant } = read(text)
  return [prefix, dotted(numbers), dotted(revision), prereleaseText, variant.map(({ shape }) => shape).join(" ")]
}

const apart = (left: string, right: string) => Tag.difference(read(left), read(right))

describe("TagVersion", () => {
  it.prop("reads the parts that a tag was written from", [parts], ([given]) => {
    const version = read(write(given))
    assert.strictEqual(version.prefix, given.prefix)
    assert.deepStrictEqual(version.numbers, given.numbers)
    assert.deepStrictEqual(version.revision, given.revision ?? [])
    assert.strictEqual(version.prereleaseText, given.prerelease?.join("") ?? "")
    assert.deepStrictEqual(
      version.variant.map(({ numbers }) => numbers),
      given.variants.map(([, version]) => version ?? [])
    )
    assert.strictEqual(Tag.isPrerelease(version), given.prerelease !== null)
  })

  it.prop("never throws, and keeps the text", [fc.oneof(fc.string(), tag)], ([text]) => {
    const version = Tag.parse(text)
    if (Option.isSome(version)) assert.strictEqual(version.value.text, text)
  })

  it.prop("can be compared is an equivalence", [tag, tag, tag], ([a, b, c]) => {
    assert.isTrue(same(a, a))
    assert.strictEqual(same(a, b), same(b, a))
    if (same(a, b) && same(b, c)) assert.isTrue(same(a, c))
  })

  it.prop("the order is total", [tag, tag, tag], ([a, b, c]) => {
    assert.strictEqual(compare(a, a), 0)
    assert.strictEqual(compare(a, b), sign(-compare(b, a)) + 0)
    if (compare(a, b) <= 0 && compare(b, c) <= 0) assert.isAtMost(compare(a, c), 0)
    if (compare(a, b) === 0) assert.strictEqual(a, b)
  })

  it.prop("a number more is newer, a pre-release is older", [parts, fc.nat({ max: 3 })], ([given, where]) => {
    const index = where % given.numbers.length
    const raised = given.numbers.map((number, place) => place === index ? number + 1 : number)
    assert.strictEqual(Order.byTag(read(write({ ...given, numbers: raised })), read(write(given))), 1)
    const release = { ...given, prerelease: null }
    const before = write({ ...given, prerelease: ["rc", "", 1] })
    assert.strictEqual(Order.byTag(read(before), read(write(release))), -1)
  })

  it("knows the schemes", () => {
    const cases: Record<string, Tag.TagScheme> = {
      "1.25.3": "semantic",
      "1.2": "semantic",
      "10.0.17763.2114": "semantic",
      "24.4": "semantic",
      "v2.0.0-rc.1": "semantic",
      "2024.10.1": "calendar",
      "2024.10": "calendar",
      "24.04": "calendar",
      "20241001": "calendar",
      "202410011230": "calendar",
      "17": "number",
      "17-alpine": "number",
      "1234567890": "number",
      "20249999": "number"
    }
    for (const [text, scheme] of Object.entries(cases)) assert.strictEqual(read(text).scheme, scheme, text)
  })

  it("takes neither words nor commits for versions", () => {
    for (
      const text of [
        "latest",
        "stable",
        "stable-slim",
        "2f653d4",
        "sha-2f653d4",
        "309403913c7f0848e6616446edec909b55d53571",
        "",
        "alpine",
        "g7b82110",
        "9".repeat(20)
      ]
    ) {
      assert.deepStrictEqual(Tag.parse(text), Option.none(), text)
    }
  })

  it("takes tags apart as their publishers mean them", () => {
    const cases: Record<string, ReadonlyArray<string>> = {
      "3.20-alpine3.19": ["", "3.20", "", "", "alpine#.#"],
      "3.7.0a1": ["", "3.7.0", "", "a1", ""],
      "7.4.0RC6-fpm-buster": ["", "7.4.0", "", "RC6", "fpm buster"],
      "17.0.1_12-jre-alpine": ["", "17.0.1", "12", "", "jre alpine"],
      "aarch64-ubuntu-jdk-11.0.1.13-slim": ["aarch64-ubuntu-jdk-", "11.0.1.13", "", "", "slim"],
      "img_20230915.3": ["img_", "20230915.3", "", "", ""],
      "21-ea-32": ["", "21", "", "ea-32", ""],
      "8.7-923.1669829893": ["", "8.7", "923.1669829893", "", ""],
      "v3.9.0-177-ged5bcde": ["v", "3.9.0", "177", "", "<hash>"],
      "22-ea-7-windowsservercore-1809": ["", "22", "", "ea-7", "windowsservercore-#"],
      "4.0.9.3-ls45": ["", "4.0.9.3", "", "", "ls#"],
      "php8.2-fpm": ["php", "8.2", "", "", "fpm"],
      "3-apache-202209221209": ["", "3", "", "", "apache-D"]
    }
    for (const [text, expected] of Object.entries(cases)) assert.deepStrictEqual(shown(text), expected, text)
  })

  it("tells what keeps two tags apart", () => {
    assert.strictEqual(apart("1.2.3", "v1.2.4"), "prefix")
    assert.strictEqual(apart("1.2.3", "2024.1.1"), "scheme")
    assert.strictEqual(apart("17", "20241001"), "scheme")
    assert.strictEqual(apart("1.2.3", "1.3"), "precision")
    assert.strictEqual(apart("1.2.3-alpine", "1.2.4"), "variant")
    assert.strictEqual(apart("1.2.3-alpine", "1.2.4-alpine3.20"), "variant")
    assert.strictEqual(apart("4.8-20250909", "4.8-15"), "variant")
    assert.strictEqual(apart("1.2.3-alpine3.19", "1.2.4-alpine3.20"), undefined)
    assert.strictEqual(apart("17.04", "17.10"), undefined)
    assert.strictEqual(apart("8.7-923.1669829893", "8.7-1049"), undefined)
    assert.strictEqual(apart("1.2.3-rc1", "1.2.3"), undefined)
  })

  it("names versions as projects do", () => {
    assert.strictEqual(Tag.versionText(read("v1.25.3-alpine")), "1.25.3")
    assert.strictEqual(Tag.versionText(read("7.4.0RC6-fpm-buster")), "7.4.0RC6")
    assert.strictEqual(Tag.versionText(read("1.2.3-beta.2-slim")), "1.2.3-beta.2")
    assert.isTrue(Tag.isPrerelease(read("2.1.0.POST2")))
    assert.isTrue(Tag.isDated(read("4.8.1-20251014-windowsservercore-ltsc2022")))
    assert.isFalse(Tag.isDated(read("4.8.1-windowsservercore-ltsc2022")))
  })

  it("orders pre-releases as semver does, and lets only counts start anew", () => {
    const order = [
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-alpha.beta",
      "1.0.0-beta.2",
      "1.0.0-beta.11",
      "1.0.0-rc.1",
      "1.0.0"
    ]
    for (const [index, text] of order.slice(1).entries()) {
      assert.strictEqual(Order.byVersion(read(text), read(order[index] ?? "")), 1, text)
    }
    assert.isTrue(Order.variantFalls(read("1-alpine3.20"), read("2-alpine3.19")))
    assert.isFalse(Order.variantFalls(read("1.2.3-debian-11-r9"), read("1.2.4-debian-11-r0")))
  })
})

const dateIn = (tag: string) =>
  Option.getOrNull(
    Option.map(Tag.parse(tag), ({ digits, prefix, scheme, written }) => [scheme, prefix, digits.join("."), written])
  )

describe("dates with dashes, and builds", () => {
  it("are read as one date", () => {
    assert.deepStrictEqual(dateIn("RELEASE.2024-01-31T20-20-33Z"), [
      "calendar",
      "RELEASE.",
      "20240131202033",
      "2024-01-31T20-20-33Z"
    ])
    assert.deepStrictEqual(dateIn("nightly-2024-01-31"), ["calendar", "nightly-", "20240131", "2024-01-31"])
    assert.deepStrictEqual(dateIn("1.2.3-2024-01-31")?.slice(0, 3), ["semantic", "", "1.2.3"])
    assert.deepStrictEqual(dateIn("2024-13-31")?.slice(0, 3), ["number", "", "2024"])
    const version = Option.getOrThrow(Tag.parse("RELEASE.2024-01-31T20-20-33Z"))
    assert.strictEqual(Tag.versionText(version), "2024-01-31T20-20-33Z")
  })

  it("of pull requests and commits are no versions", () => {
    for (const tag of ["pr-123", "PR-7", "mr-12-amd64", "merge-9", "sha-2f653d4", "2f653d4"]) {
      assert.isNull(dateIn(tag), tag)
    }
    assert.deepStrictEqual(dateIn("master-6140"), ["number", "master-", "6140", "6140"])
  })
})
