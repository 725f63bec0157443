/**
 * Which images run where: containerd's rules of matching (`platforms.OnlyStrict`, `platforms.Only`).
 */
import { Option } from "effect"
import { normalize, type Platform } from "./Platform.js"

// From Windows Server 2022 on, a host runs containers of every build since that one.
const stableWindowsBuild = 20348

interface WindowsVersion {
  readonly release: string
  readonly build: number
}

const windowsVersion = (text: string): WindowsVersion | undefined => {
  const match = /^(\d{1,3}\.\d{1,3})\.(\d{1,5})(?:\.|$)/.exec(text)
  return match === null ? undefined : { release: match[1] ?? "", build: Number(match[2]) }
}

const windowsRuns = (host: Platform, image: Platform): boolean => {
  const wanted = Option.getOrUndefined(Option.map(host.osVersion, windowsVersion))
  if (wanted === undefined || Option.isNone(image.osVersion)) return true
  const offered = windowsVersion(image.osVersion.value)
  if (offered === undefined || wanted.release !== offered.release) return false
  return wanted.build < stableWindowsBuild
    ? offered.build === wanted.build
    : offered.build >= stableWindowsBuild && offered.build <= wanted.build
}

/**
 * Whether an image for `offered` runs on the operating system of `wanted`: its version (Windows only) and the features
 * that it asks for, whatever the architecture.
 */
export const matchesSystem = (wanted: Platform, offered: Platform): boolean => {
  const host = normalize(wanted)
  const image = normalize(offered)
  return host.os === image.os && (host.os !== "windows" || windowsRuns(host, image)) &&
    image.osFeatures.every((feature) => host.osFeatures.includes(feature))
}

/**
 * Whether `offered` is the platform `wanted`, in whatever form either is written: `arm64` is `arm64/v8`, but `arm/v7`
 * is not `arm/v6`. A missing `os.version` on either side matches every version.
 */
export const matches = (wanted: Platform, offered: Platform): boolean => {
  const host = normalize(wanted)
  const image = normalize(offered)
  return matchesSystem(wanted, offered) && host.architecture === image.architecture &&
    Option.getOrElse(host.variant, () => "") === Option.getOrElse(image.variant, () => "")
}

const versionsDown = (from: number, to: number): ReadonlyArray<number> =>
  Array.from({ length: Math.max(0, from - to + 1) }, (_, index) => from - index)

const level = (text: string): string => text.endsWith(".0") ? text.slice(0, -2) : text

// ARMv9.x contains ARMv8.(x + 5).
const arm64Variants = (major: number, minor: number): ReadonlyArray<string> =>
  major === 9
    ? [
      ...versionsDown(minor, 0).map((x) => level(`v9.${x}`)),
      ...versionsDown(minor + 5, 0).map((x) => level(`v8.${x}`))
    ]
    : versionsDown(minor, 0).map((x) => level(`v${major}.${x}`))

// A variant far above what exists is no request for thousands of platforms.
const maxLevel = 99

/**
 * The platforms whose images run on `wanted`, the best first: itself, the lower variants, and the 32-bit architecture
 * of the same family.
 */
export const runsOn = (wanted: Platform): ReadonlyArray<Platform> => {
  const host = normalize(wanted)
  const variant = Option.getOrElse(host.variant, () => "")
  const as = (architecture: string, variants: ReadonlyArray<string>): ReadonlyArray<Platform> =>
    variants.map((text) => ({ ...host, architecture, variant: Option.liftPredicate(text, (text) => text !== "") }))
  const match = /^v?(\d{1,2})(?:\.(\d{1,2}))?$/.exec(variant)
  const major = match === null ? undefined : Math.min(Number(match[1]), maxLevel)
  switch (host.architecture) {
    case "amd64":
      return [
        host,
        ...as("amd64", versionsDown((major ?? 1) - 1, 1).map((x) => `v${x}`)),
        ...as("386", [""])
      ]
    case "arm":
      return [host, ...as("arm", versionsDown((major ?? 0) - 1, 5).map((x) => `v${x}`))]
    case "arm64": {
      const known = variant === "" ? 8 : major
      const lower = known === undefined || known < 8 ? [] : arm64Variants(known, Number(match?.[2] ?? 0))
      const arm = known === 8 || variant.startsWith("v9.") ? 8 : major
      return [
        host,
        ...as("arm64", lower.slice(1)),
        ...(arm === undefined ? [] : as("arm", versionsDown(arm, 5).map((x) => `v${x}`)))
      ]
    }
    default:
      return [host]
  }
}

/**
 * How well an image for `offered` suits `wanted`: 0 is exact, more is worse, `undefined` does not run there.
 */
export const rank = (wanted: Platform, offered: Platform): number | undefined => {
  const index = runsOn(wanted).findIndex((candidate) => matches(candidate, offered))
  return index === -1 ? undefined : index
}

/** Whether an image for `offered` runs on `wanted`, if need be in a lower variant or in 32 bits. */
export const compatible = (wanted: Platform, offered: Platform): boolean => rank(wanted, offered) !== undefined
