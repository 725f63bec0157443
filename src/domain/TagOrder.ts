/**
 * The order of tags that can be compared, as semantic versioning has it, for any count of numbers.
 */
import { Order } from "effect"
import semver from "semver"
import type { TagVersion } from "./TagVersion.js"

const sign = (value: number): -1 | 0 | 1 => value < 0 ? -1 : value > 0 ? 1 : 0

const byNumbers: Order.Order<ReadonlyArray<number>> = (left, right) => {
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const order = Order.number(left[index] ?? 0, right[index] ?? 0)
    if (order !== 0) return order
  }
  return 0
}

const byPrerelease: Order.Order<ReadonlyArray<string | number>> = (left, right) => {
  if (left.length === 0 || right.length === 0) return sign(Number(left.length === 0) - Number(right.length === 0))
  for (const [index, identifier] of left.entries()) {
    const other = right[index]
    if (other === undefined) return 1
    const order = sign(semver.compareIdentifiers(String(identifier), String(other)))
    if (order !== 0) return order
  }
  return left.length < right.length ? -1 : 0
}

/** By the version alone: numbers (missing ones are 0), then pre-release, then revision. */
export const byVersion: Order.Order<TagVersion> = Order.combineAll([
  Order.mapInput(byNumbers, ({ numbers }: TagVersion) => numbers),
  Order.mapInput(byPrerelease, ({ prerelease }: TagVersion) => prerelease),
  Order.mapInput(byNumbers, ({ revision }: TagVersion) => revision)
])

const variantNumbers = ({ variant }: TagVersion): ReadonlyArray<number> => variant.flatMap(({ numbers }) => numbers)

/** By the numbers in the variant: alpine3.19 before alpine3.20. For tags of one family. */
export const byVariant: Order.Order<TagVersion> = Order.mapInput(byNumbers, variantNumbers)

/** By version, then by variant: the order among tags that can be compared. */
export const byTag: Order.Order<TagVersion> = Order.combine(byVersion, byVariant)

/** Whether one variant's own version is lower than it was; counts that start anew with each version do not matter. */
export const variantFalls = (from: TagVersion, to: TagVersion): boolean =>
  from.variant.some((part, index) => !part.counts && byNumbers(to.variant[index]?.numbers ?? [], part.numbers) < 0)

/** Every tag has its place: by version, variant, and at last by its text. For lists; it does not make tags comparable. */
export const total: Order.Order<TagVersion> = Order.combineAll([
  byTag,
  Order.mapInput(Order.string, ({ text }: TagVersion) => text)
])
