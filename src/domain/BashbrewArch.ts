/**
 * The architectures of docker-library's official images, by their names in bashbrew.
 */
import { Option } from "effect"
import type { WrittenPlatform } from "./PlatformDocument.js"

export const bashbrewArchAnnotation = "com.docker.official-images.bashbrew.arch"

const names: ReadonlyMap<string, string> = new Map([
  ["linux/amd64", "amd64"],
  ["linux/arm/v5", "arm32v5"],
  ["linux/arm/v6", "arm32v6"],
  ["linux/arm/v7", "arm32v7"],
  ["linux/arm64/v8", "arm64v8"],
  ["linux/386", "i386"],
  ["linux/mips64le", "mips64le"],
  ["linux/ppc64le", "ppc64le"],
  ["linux/riscv64", "riscv64"],
  ["linux/s390x", "s390x"],
  ["windows/amd64", "windows-amd64"]
])

/** The name of a normalised platform, exactly: amd64/v3 has none. */
export const bashbrewArch = (platform: WrittenPlatform): Option.Option<string> =>
  Option.fromNullable(
    names.get(
      [platform.os, platform.architecture, ...(platform.variant === undefined ? [] : [platform.variant])].join("/")
    )
  )
