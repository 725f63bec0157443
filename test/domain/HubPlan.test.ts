import { assert, describe, it } from "@effect/vitest"
import { FastCheck, Option } from "effect"
import type { ImageFacts } from "../../src/domain/Finding.js"
import { readPage, worthListing } from "../../src/domain/HubPlan.js"

const facts = (image: string): ImageFacts => ({ image, pulls: 1n, stars: 0, lastUpdated: Option.none() })
const name = FastCheck.constantFrom("o/a", "o/b", "o/c", "o/d", "o/e")

describe("planning a namespace", () => {
  it("lists as soon as two images wait, unless the namespace is known to be longer than they are many", () => {
    assert.isFalse(worthListing(1, undefined))
    assert.isTrue(worthListing(2, undefined))
    assert.isTrue(worthListing(2, 100))
    assert.isFalse(worthListing(2, 150))
    assert.isTrue(worthListing(3, 150))
  })

  it("matches official images by either of their names, and keeps the name that was asked for", () => {
    const page = { count: 2, images: [facts("nginx"), facts("redis")], complete: true, walled: false }
    const verdict = readPage([{ image: "library/nginx" }, { image: "redis" }], page, 1)
    assert.deepStrictEqual(verdict.found.map((one) => one.facts.image), ["library/nginx", "redis"])
  })

  it.prop("puts everyone in exactly one place, and proves absence by a complete listing alone", [
    FastCheck.uniqueArray(name),
    FastCheck.uniqueArray(name),
    FastCheck.boolean(),
    FastCheck.boolean(),
    FastCheck.integer({ min: 0, max: 2000 })
  ], ([asked, listed, complete, walled, count]) => {
    const wanted = asked.map((image) => ({ image }))
    const verdict = readPage(wanted, { count, images: listed.map(facts), complete, walled }, 1)
    const all = [...verdict.found.map((one) => one.wanted), ...verdict.absent, ...verdict.open]
    assert.strictEqual(all.length, wanted.length)
    assert.isTrue(wanted.every((one) => all.includes(one)))
    assert.isTrue(
      verdict.found.every(({ facts, wanted }) => listed.includes(wanted.image) && facts.image === wanted.image)
    )
    if (!complete) assert.strictEqual(verdict.absent.length, 0)
    if (walled || complete) assert.isFalse(verdict.goOn)
  })
})
