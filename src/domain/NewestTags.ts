/**
 * Which tags of a registry's plain list are the newest. Registries list either as tags came (ghcr.io: the oldest first) or
 * in the order of their texts, and say neither which nor when.
 */
import { Array as Arr, Either, Option, Order } from "effect"
import { total } from "./TagOrder.js"
import { parse, type TagVersion } from "./TagVersion.js"

// Signatures and other referrers of a digest: no versions of the image.
const referrer = /^sha(?:256-[0-9a-f]{64}|512-[0-9a-f]{128})(?:\.|$)/

const isSorted = (tags: ReadonlyArray<string>): boolean =>
  tags.every((tag, index) => index === 0 || (tags[index - 1] ?? "") <= tag)

const highestFirst = Order.reverse(Order.mapInput(total, ({ version }: { readonly version: TagVersion }) => version))

const byVersion = (tags: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [words, versions] = Arr.partitionMap(tags, (tag) =>
    Option.match(parse(tag), {
      onNone: () => Either.left(tag),
      onSome: (version) => Either.right({ tag, version })
    }))
  return [...Arr.sort(versions, highestFirst).map(({ tag }) => tag), ...Arr.reverse(words)]
}

/**
 * The tags of a list, once each, the newest first as far as that can be told: `latest`; then the list from its end, or,
 * where it is in the order of texts, the highest versions and behind them what is no version. Referrers are left out.
 */
export const newestFirst = (listed: Iterable<string>): ReadonlyArray<string> => {
  const tags = [...new Set(listed)].filter((tag) => !referrer.test(tag))
  const ordered = isSorted(tags) ? byVersion(tags) : Arr.reverse(tags)
  return [...ordered.filter((tag) => tag === "latest"), ...ordered.filter((tag) => tag !== "latest")]
}
