/**
 * Platforms: `os[(version+feature…)]/architecture[/variant]`, read and normalised as containerd's `platforms` package
 * does, so that what Docker accepts for `--platform` is understood here with the same meaning.
 */
import { Either, Option } from "effect"
import { Malformed } from "./Malformed.js"

/** What an image runs on (image-spec, image-index.md, "platform"). An absent part is none, or an empty list. */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant: Option.Option<string>
  /** `os.version`; in use for Windows. */
  readonly osVersion: Option.Option<string>
  /** `os.features`. */
  readonly osFeatures: ReadonlyArray<string>
}

/** Builds a platform; empty texts count as absent, as they do in the documents of registries. */
export const make = (parts: {
  readonly os: string
  readonly architecture: string
  readonly variant?: string | undefined
  readonly osVersion?: string | undefined
  readonly osFeatures?: ReadonlyArray<string> | undefined
}): Platform => ({
  os: parts.os,
  architecture: parts.architecture,
  variant: Option.filter(Option.fromNullable(parts.variant), (text) => text !== ""),
  osVersion: Option.filter(Option.fromNullable(parts.osVersion), (text) => text !== ""),
  osFeatures: parts.osFeatures ?? []
})

/** What most servers run on: the platform that fills the gaps of `arm64` or `linux` unless another is given. */
export const linuxAmd64: Platform = make({ os: "linux", architecture: "amd64" })

const knownSystems: ReadonlySet<string> = new Set(
  ("aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows " +
    "zos").split(" ")
)

const knownArchitectures: ReadonlySet<string> = new Set(
  ("386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 " +
    "mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm").split(" ")
)

const normalSystem = (os: string): string => os.toLowerCase() === "macos" ? "darwin" : os.toLowerCase()

const normalArchitecture = (architecture: string, variant: string): readonly [string, string] => {
  const lower = architecture.toLowerCase()
  const level = variant.toLowerCase()
  switch (lower) {
    case "i386":
      return ["386", ""]
    case "amd64":
    case "x86_64":
    case "x86-64":
      return ["amd64", level === "v1" ? "" : level]
    case "arm64":
    case "aarch64":
      if (level === "8" || level === "v8" || level === "v8.0") return ["arm64", ""]
      return ["arm64", level === "9" || level === "9.0" || level === "v9.0" ? "v9" : level]
    case "armhf":
      return ["arm", "v7"]
    case "armel":
      return ["arm", "v6"]
    case "arm":
      if (level === "") return ["arm", "v7"]
      return ["arm", /^[5-8]$/.test(level) ? `v${level}` : level]
    default:
      return [lower, level]
  }
}

const textOf = (part: Option.Option<string>): string => Option.getOrElse(part, () => "")

/**
 * The one form of a platform: `aarch64` is `arm64`, `x86_64` is `amd64`, `armhf` is `arm/v7`; the usual variants of
 * amd64 (v1) and arm64 (v8) are left out, that of arm (v7) is written. Features are sorted, once each.
 */
export const normalize = (platform: Platform): Platform => {
  const [architecture, variant] = normalArchitecture(platform.architecture, textOf(platform.variant))
  return make({
    os: normalSystem(platform.os),
    architecture,
    variant,
    osVersion: textOf(platform.osVersion),
    osFeatures: [...new Set(platform.osFeatures)].sort()
  })
}

const systemPattern = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?$/
const partPattern = /^[A-Za-z0-9_.-]+$/

const decode = (text: string): Option.Option<string> =>
  /%(?![0-9A-Fa-f]{2})/.test(text)
    ? Option.none()
    : Option.liftThrowable(decodeURIComponent)(text)

const encode = (text: string): string =>
  text.replace(/[%+()/]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

const fail = (input: string, problem: string): Either.Either<never, Malformed> =>
  Either.left(
    new Malformed({ what: "platform", input, reason: "format", message: `invalid platform "${input}": ${problem}` })
  )

interface System {
  readonly os: string
  readonly osVersion: string
  readonly osFeatures: ReadonlyArray<string>
}

const readSystem = (text: string): Option.Option<System> => {
  const match = systemPattern.exec(text)
  if (match === null) return Option.none()
  const features = (match[3] ?? "").split("+").slice(1)
  return Option.all({ osVersion: decode(match[2] ?? ""), osFeatures: Option.all(features.map(decode)) }).pipe(
    Option.map((options) => ({ os: normalSystem(match[1] ?? ""), ...options }))
  )
}

// As people write it, the usual variant of arm is left out when it was not given.
const unqualified = (text: string): { readonly architecture: string; readonly variant: string } => {
  const [architecture, variant] = normalArchitecture(text, "")
  return { architecture, variant: architecture === "arm" && variant === "v7" ? "" : variant }
}

/**
 * Reads `os/architecture[/variant]`, or one of the first two, the other taken from `host` (linux/amd64 unless given):
 * `arm64`, `linux/arm/v7`, `windows(10.0.17763)/amd64`. Wildcards are not understood.
 */
export const parse = (text: string, host: Platform = linuxAmd64): Either.Either<Platform, Malformed> => {
  const [first = "", second, third, ...more] = text.split("/")
  if (more.length > 0) return fail(text, "it has more parts than os/architecture/variant")
  const system = Option.getOrUndefined(readSystem(first))
  if (system === undefined) return fail(text, `"${first}" is no operating system`)
  for (const part of [second, third]) {
    if (part !== undefined && !partPattern.test(part)) return fail(text, `"${part}" is no architecture or variant`)
  }
  if (second === undefined) {
    if (knownSystems.has(system.os)) {
      return Either.right(make({ ...system, architecture: host.architecture, variant: textOf(host.variant) }))
    }
    const alone = unqualified(first)
    return knownArchitectures.has(alone.architecture)
      ? Either.right(make({ ...alone, os: host.os }))
      : fail(text, "neither an operating system nor an architecture that we know")
  }
  if (third === undefined) return Either.right(make({ ...system, ...unqualified(second) }))
  const [architecture, variant] = normalArchitecture(second, third)
  return Either.right(
    make({ ...system, architecture, variant: architecture === "arm64" && variant === "" ? "v8" : variant })
  )
}

/** `os/architecture[/variant]`, without version and features. A platform without an operating system is `unknown`. */
export const format = (platform: Platform): string =>
  platform.os === ""
    ? "unknown"
    : [platform.os, platform.architecture, textOf(platform.variant)].filter((part) => part !== "").join("/")

/** As `format`, with version and features in parentheses behind the system. `parse` reads it back. */
export const formatAll = (platform: Platform): string => {
  const options = encode(textOf(platform.osVersion)) +
    [...platform.osFeatures].sort().map((feature) => `+${encode(feature)}`).join("")
  return format(options === "" || platform.os === "" ? platform : { ...platform, os: `${platform.os}(${options})` })
}
