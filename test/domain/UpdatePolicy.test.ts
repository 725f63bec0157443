import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc, Option } from "effect"
import { byTag } from "../../src/domain/TagOrder.js"
import { difference, isPrerelease, parse } from "../../src/domain/TagVersion.js"
import {
  chooseUpdates,
  defaultPolicy,
  isFloating,
  noVersionWarning,
  tagPattern,
  type UpdatePolicy
} from "../../src/domain/UpdatePolicy.js"

const read = (text: string) => Option.getOrThrow(parse(text))
const everything: UpdatePolicy = { ...defaultPolicy, level: "major" }
const choose = (current: string, tags: ReadonlyArray<string>, policy: Partial<UpdatePolicy> = {}) =>
  chooseUpdates(read(current), tags, { ...everything, ...policy })
const names = (current: string, tags: ReadonlyArray<string>, policy: Partial<UpdatePolicy> = {}) =>
  choose(current, tags, policy).candidates.map(({ version }) => version.text)

const number = fc.integer({ min: 0, max: 4 })
const tag = fc.tuple(
  fc.constantFrom("", "v"),
  fc.array(number, { minLength: 1, maxLength: 3 }).map((numbers) => numbers.join(".")),
  fc.constantFrom("", "-rc1", "-beta.2"),
  fc.constantFrom("", "-alpine", "-alpine3.19", "-alpine3.20", "-slim")
).map((parts) => parts.join(""))
const tags = fc.array(fc.oneof(tag, fc.constantFrom("latest", "edge")), { maxLength: 30 })
const policy = fc.record({
  level: fc.constantFrom("patch" as const, "minor" as const, "major" as const),
  pre: fc.boolean(),
  sameVariant: fc.boolean()
}).map((some) => ({ ...everything, ...some }))

describe("chooseUpdates", () => {
  it.prop(
    "offers only what can be compared and is newer, the newest first",
    [tag, tags, policy],
    ([current, list, policy]) => {
      const from = read(current)
      const { candidates } = chooseUpdates(from, list, policy)
      for (const [index, { version }] of candidates.entries()) {
        assert.strictEqual(difference(from, version), undefined)
        assert.isAbove(byTag(version, from), 0)
        if (isPrerelease(version) && !policy.pre) assert.isTrue(isPrerelease(from))
        const next = candidates[index + 1]
        if (next !== undefined && policy.sameVariant) assert.isAtLeast(byTag(version, next.version), 0)
      }
    }
  )

  it.prop("accounts for every tag once, whatever their order", [tag, tags, policy], ([current, list, policy]) => {
    const choice = chooseUpdates(read(current), list, policy)
    const told = [...choice.candidates.map(({ version }) => version.text), ...choice.passedOver.map(({ tag }) => tag)]
    assert.sameMembers(told, [...new Set(list)])
    const turned = chooseUpdates(read(current), [...list].reverse(), policy)
    assert.deepStrictEqual(turned.candidates, choice.candidates)
  })

  it.prop("a narrower policy offers no more", [tag, tags, policy], ([current, list, policy]) => {
    const offered = (level: UpdatePolicy["level"]) => new Set(names(current, list, { ...policy, level }))
    for (const name of offered("patch")) assert.isTrue(offered("minor").has(name))
    for (const name of offered("minor")) assert.isTrue(offered("major").has(name))
    for (const name of names(current, list, { ...policy, sameVariant: true })) {
      assert.include(names(current, list, { ...policy, sameVariant: false }), name)
    }
  })

  it("keeps to the suffix, and lets its own version rise", () => {
    const list = [
      "1.25.4",
      "1.26.0-alpine3.19",
      "1.26.0-alpine3.20",
      "1.27.0-alpine3.18",
      "1.27.0-slim",
      "1.25.3-alpine3.20"
    ]
    assert.deepStrictEqual(names("1.25.3-alpine3.19", list), [
      "1.26.0-alpine3.19",
      "1.26.0-alpine3.20",
      "1.25.3-alpine3.20"
    ])
    assert.deepStrictEqual(names("1.25.3-alpine3.19", list, { sameVariant: true }), ["1.26.0-alpine3.19"])
    assert.deepStrictEqual(
      choose("1.25.3-alpine3.19", list).passedOver,
      [
        { tag: "1.25.4", reason: "variant" },
        { tag: "1.27.0-alpine3.18", reason: "variant older" },
        { tag: "1.27.0-slim", reason: "variant" }
      ]
    )
  })

  it("does not take dates for versions, nor forget four-part ones", () => {
    assert.deepStrictEqual(names("1.2.3", ["20241001", "2024.1.1", "1.2.4"]), ["1.2.4"])
    assert.deepStrictEqual(names("17", ["18", "20241001", "2f653d4", "latest"]), ["18"])
    assert.deepStrictEqual(names("10.0.17763.1", ["10.0.17763.2", "10.0.20348"]), ["10.0.17763.2"])
    assert.deepStrictEqual(names("7", ["7.0", "7.1.2"]), [])
  })

  it("offers pre-releases to those who run one, or ask", () => {
    const list = ["1.3.0-rc2", "1.3.0-rc1", "1.2.9"]
    assert.deepStrictEqual(names("1.2.0", list), ["1.2.9"])
    assert.deepStrictEqual(names("1.2.0", list, { pre: true }), ["1.3.0-rc2", "1.3.0-rc1", "1.2.9"])
    assert.deepStrictEqual(names("1.3.0-rc1", list), ["1.3.0-rc2"])
    assert.deepStrictEqual(names("1.3.0-rc2", ["1.3.0"]), ["1.3.0"])
  })

  it("keeps to the level and the patterns, and says so", () => {
    const list = ["1.2.4", "1.3.0", "2.0.0"]
    const reasons = (policy: Partial<UpdatePolicy>) =>
      choose("1.2.3", list, policy).passedOver.map(({ reason, tag }) => `${tag} ${reason}`)
    assert.deepStrictEqual(reasons({ level: "patch" }), ["1.3.0 level", "2.0.0 level"])
    assert.deepStrictEqual(reasons({ level: "minor" }), ["2.0.0 level"])
    const glob = Either.getOrThrow(tagPattern("1.*"))
    const expression = Either.getOrThrow(tagPattern("/^1\\.3/"))
    assert.deepStrictEqual(reasons({ match: [glob], exclude: [expression] }), ["1.3.0 excluded", "2.0.0 not matched"])
    assert.isTrue(Either.isLeft(tagPattern("/(/")))
    assert.deepStrictEqual(
      choose("20240101", ["20250101"], { level: "minor" }).candidates.map(({ change }) => change),
      ["minor"]
    )
  })

  it("tells floating tags from pinned ones", () => {
    const list = ["1.25", "1.25.3", "1.25.3-alpine", "8.7", "8.7-1049", "14.04", "14.04.5"]
    const floats = (tag: string) => isFloating(read(tag), list)
    assert.isTrue(floats("1.25"))
    assert.isTrue(floats("8.7"))
    assert.isTrue(floats("14.04"))
    assert.isFalse(floats("1.25.3"))
    assert.isFalse(floats("1.25-slim"))
    assert.isFalse(floats("8.7-1049"))
    assert.include(noVersionWarning("latest"), "digest")
  })
})

describe("what users of updaters complain of", () => {
  it("a date with dashes rises over the year, also at the usual level", () => {
    const list = ["RELEASE.2025-02-07T23-21-09Z", "RELEASE.2023-12-31T00-00-00Z", "RELEASE.2025-02-07T23-21-09Z-cpuv1"]
    assert.deepStrictEqual(names("RELEASE.2024-01-31T20-20-33Z", list, { level: "minor" }), [list[0]])
  })

  it("a counter of builds may start anew with a version, other variants may not fall", () => {
    assert.deepStrictEqual(names("5.14-ls45", ["5.15-ls1", "5.14-ls46", "5.16"]), ["5.15-ls1", "5.14-ls46"])
    assert.deepStrictEqual(names("1.2.3-debian-12-r4", ["1.2.4-debian-12-r0", "1.2.4-debian-11-r9"]), [
      "1.2.4-debian-12-r0"
    ])
  })

  it("another distribution, another base or another prefix is another image", () => {
    assert.deepStrictEqual(names("3.12-slim-bookworm", ["3.13-slim-trixie", "3.13-slim", "3.13-slim-bookworm"]), [
      "3.13-slim-bookworm"
    ])
    assert.deepStrictEqual(names("8.0-jammy", ["9.0-noble", "9.0-jammy"]), ["9.0-jammy"])
    assert.deepStrictEqual(names("v1.2.3", ["1.2.4", "v1.2.4"]), ["v1.2.4"])
    assert.deepStrictEqual(names("1.2.3", ["v1.2.4"]), [])
  })
})
