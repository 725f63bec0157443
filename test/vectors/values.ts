/**
 * `digest` and `platform`.
 */
import { Either, Option } from "effect"
import * as Digest from "../../src/domain/Digest.js"
import * as Platform from "../../src/domain/Platform.js"
import { compatible, matches, matchesSystem, rank } from "../../src/domain/PlatformMatch.js"
import {
  accepted,
  type Check,
  type Checks,
  leftOut,
  part,
  parts,
  passed,
  type Row,
  same,
  says,
  skip,
  text,
  texts
} from "./row.js"

const digestReasons: Readonly<Record<string, string>> = {
  "error:digest.ErrDigestInvalidFormat": "format",
  "error:digest.ErrDigestInvalidLength": "length",
  "error:digest.ErrDigestUnsupported": "unsupported"
}

const digest: Check = (row) => {
  const read = Digest.parse(text(row, "Input"))
  const actual = Either.match(read, { onLeft: ({ reason }) => reason, onRight: () => "read" })
  return same(actual, says(row, "Err") ? digestReasons[text(row, "Err")] : "read")
}

const digestIsValid: Check = (row) => accepted(Digest.parse(text(row, "input")), row["valid"] === true)

const referrersTag: Check = (row) =>
  same(Either.map(Digest.parse(text(row, "digest")), Digest.referrersTag), Either.right(text(row, "want")))

export const digestChecks: Checks = {
  "opencontainers/go-digest TestParseDigest": digest,
  "google/go-containerregistry good": digestIsValid,
  "google/go-containerregistry bad": digestIsValid,
  "cue-labs/oci referrersTagTests": referrersTag
}

const platformOf = (row: Row): Platform.Platform =>
  Platform.make({
    os: text(row, "OS"),
    architecture: text(row, "Architecture"),
    variant: text(row, "Variant"),
    osVersion: text(row, "OSVersion"),
    osFeatures: texts(row, "OSFeatures")
  })

const selector: Check = (row) => {
  if (row["skip"] === true) return leftOut("skipped where it comes from, too")
  const read = Platform.parse(text(row, "input"))
  if (Either.isLeft(read)) return same(read.left.message, part(row, "expected"))
  const others = parts(row, "matches").map(platformOf)
  return same(
    [
      read.right,
      row["useV2Format"] === true ? Platform.formatAll(read.right) : Platform.format(read.right),
      others.map((other) => matches(read.right, other))
    ],
    [platformOf(part(row, "expected")), text(row, "formatted"), others.map(() => true)]
  )
}

const formatted: Check = (row) => same(Platform.formatAll(platformOf(part(row, "platform"))), text(row, "expected"))

type Matching = (wanted: Platform.Platform, offered: Platform.Platform) => boolean

const read = (input: string) => Either.getOrThrow(Platform.parse(input))

const matching = (test: Matching): Check => (row) => {
  const wanted = read(text(row, "platform"))
  const lists = part(row, "matches")
  const wrong = [
    ...texts(lists, "true").filter((one) => !test(wanted, read(one))).map((one) => `${one} should match`),
    ...texts(lists, "false").filter((one) => test(wanted, read(one))).map((one) => `${one} should not match`)
  ]
  return wrong.length === 0 ? passed : same(wrong, [])
}

const shown = (platform: Platform.Platform) => Platform.formatAll(Platform.normalize(platform))

// What that client takes for its own host, and its way to write a version, are its own.
const regclientParse: Check = (row) => {
  const input = text(row, "parse")
  const goal = part(row, "goal")
  if (/,|^local$/.test(input)) return leftOut("dialect of regclient")
  const read = Platform.parse(input)
  if (says(row, "wantErr")) return accepted(read, false)
  if (!input.includes("/")) {
    const one = ["OS", "Architecture"].map((name) => text(goal, name)).find((name) =>
      name !== "" && !name.startsWith("ident:")
    )
    return same(Either.map(read, ({ architecture, os }) => one === os || one === architecture), Either.right(true))
  }
  return same(Either.map(read, shown), Either.right(shown(platformOf(goal))))
}

const better = (
  host: Platform.Platform,
  target: Platform.Platform,
  previous: Platform.Platform | undefined
): boolean => {
  const now = rank(host, target)
  const before = previous === undefined ? undefined : rank(host, previous)
  if (now === undefined || before === undefined) return now !== undefined
  const exact = (platform: Platform.Platform) =>
    Option.getOrElse(platform.osVersion, () => "") === Option.getOrElse(host.osVersion, () => "")
  return now < before || (now === before && exact(target) && previous !== undefined && !exact(previous))
}

const regclientCompare: Check = (row) => {
  const [host, target] = [platformOf(part(row, "host")), platformOf(part(row, "target"))]
  if (host.os !== target.os && row["expectCompat"] === true) {
    return leftOut("dialect of regclient: Windows and macOS hosts run Linux images through a virtual machine")
  }
  const previous = row["prev"] === undefined ? undefined : platformOf(part(row, "prev"))
  return same(
    [matches(host, target), compatible(host, target), better(host, target, previous)],
    [row["expectMatch"], row["expectCompat"], row["expectBetter"]]
  )
}

const equals: Check = (row) => {
  const [a, b] = [part(row, "a"), part(row, "b")]
  if (says(a, "Features") || says(b, "Features")) {
    return leftOut("the field features is reserved and unused (image-spec)")
  }
  return same(Platform.formatAll(platformOf(a)) === Platform.formatAll(platformOf(b)), row["equal"])
}

export const platformChecks: Checks = {
  "containerd/platforms TestParseSelector": selector,
  "containerd/platforms TestParseSelectorInvalid": (row) => accepted(Platform.parse(text(row, "input")), false),
  "containerd/platforms TestFormatAllEncoding": formatted,
  "containerd/platforms TestOnly": matching(compatible),
  "containerd/platforms TestOnlyStrict": matching(matches),
  "containerd/platforms TestOnlyOS": matching(matchesSystem),
  "regclient/regclient TestPlatformParse": regclientParse,
  "regclient/regclient TestCompare": regclientCompare,
  "google/go-containerregistry TestPlatformString": skip("dialect of ggcr: it writes the version behind a colon"),
  "google/go-containerregistry TestPlatformEquals": equals,
  "google/go-containerregistry TestPlatformSatisfies": skip(
    "dialect of ggcr: it asks which features an image has, not what it needs"
  )
}
