/**
 * Whether a tag is published for a platform, as far as that is known. Nothing is guessed: what was not said is unknown.
 */
import { Option } from "effect"
import { normalize, type Platform } from "./Platform.js"
import { rank } from "./PlatformMatch.js"

/** `no` is a definite answer; `unknown` is the lack of one. */
export type PlatformSupport = "yes" | "no" | "unknown"

/** One of the images behind a tag; without a platform where the registry does not name it. */
export interface PlatformOffer<A> {
  readonly platform: Option.Option<Platform>
  readonly image: A
}

/** Whether a platform is published, and the image that suits it best. */
export interface SupportFound<A> {
  readonly support: PlatformSupport
  readonly image: Option.Option<A>
}

/**
 * Looks for a platform among the images behind a tag (attestations left out). A lower variant of the same architecture
 * will do (`arm/v6` on `arm/v7`), another architecture never: what 64 bits can run of 32 is for the owner of the host
 * to decide.
 */
export const supportOf = <A>(wanted: Platform, offers: ReadonlyArray<PlatformOffer<A>>): SupportFound<A> => {
  const { architecture } = normalize(wanted)
  const ranked = offers.flatMap(({ image, platform }) => {
    if (Option.isNone(platform) || normalize(platform.value).architecture !== architecture) return []
    const order = rank(wanted, platform.value)
    return order === undefined ? [] : [{ image, order }]
  }).sort((left, right) => left.order - right.order)
  const [best] = ranked
  if (best !== undefined) return { support: "yes", image: Option.some(best.image) }
  const told = offers.length > 0 && offers.every(({ platform }) => Option.isSome(platform))
  return { support: told ? "no" : "unknown", image: Option.none() }
}
