/** Tag names: read as versions or not, in an order that is one. */
import { FastCheck as fc, Option } from "effect"
import { newestTag } from "../../../src/domain/ImageOrigin.js"
import { newestFirst } from "../../../src/domain/NewestTags.js"
import * as TagOrder from "../../../src/domain/TagOrder.js"
import * as TagVersion from "../../../src/domain/TagVersion.js"
import { chooseUpdates, tagPattern } from "../../../src/domain/UpdatePolicy.js"
import { must, pure, target } from "../Target.js"
import { anyText, editedOf, wordsOf } from "../texts.js"

const good = [
  "1.25.3-alpine3.19",
  "v2.0.0-rc.1",
  "24.04",
  "2026-11-29",
  "20261129.1",
  "jdk-21.0.1_12-jre",
  "sha-2f653d4"
]
const words = ["1", "0", "00", "9", ".", "-", "_", "v", "rc", "alpine", "2026", "11", "a1b2c3d", "latest", "+"]

const tag = fc.oneof(editedOf(good, 2), wordsOf(words, 8), anyText)

const signs = (one: number): number => Math.sign(one)

/** Tags as strangers name them, in lists. */
export const tags = target({
  name: "tags",
  about: "tag names: versions or none, in a total order; updates are chosen among them",
  brief: 400,
  input: () => fc.tuple(fc.array(tag, { minLength: 1, maxLength: 12 }), tag),
  check: pure(([names, pattern]: readonly [ReadonlyArray<string>, string]) => {
    const versions = names.flatMap((name) => Option.toArray(TagVersion.parse(name)))
    for (const version of versions) {
      must(version.numbers.every(Number.isSafeInteger), `${version.text}: ${version.numbers.join(".")} are no numbers`)
      TagVersion.versionText(version)
      TagVersion.variantFamily(version)
      TagVersion.numberClass(version)
      for (const other of versions) {
        const one = TagOrder.total(version, other)
        must(signs(one) === -signs(TagOrder.total(other, version)), `${version.text} and ${other.text} have no order`)
        for (const third of versions) {
          if (one <= 0 && TagOrder.total(other, third) <= 0) {
            must(TagOrder.total(version, third) <= 0, `${version.text}, ${other.text}, ${third.text} go round`)
          }
        }
      }
    }
    const newest = newestFirst(names)
    must(newest.every((name) => names.includes(name)), "a tag is among the newest that was not listed")
    must(Option.isNone(newestTag(names)) || names.length > 0, "a tag out of nothing")
    tagPattern(pattern)
    const [current] = versions
    if (current !== undefined) {
      const { candidates, passedOver } = chooseUpdates(current, names)
      must(candidates.length + passedOver.length === new Set(names).size, "a tag is neither chosen nor passed over")
    }
  })
})
