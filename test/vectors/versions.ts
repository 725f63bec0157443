/**
 * `update_pick` and `version_order`, with the level `major` and everything else as it is by default.
 */
import { Option } from "effect"
import { byVersion } from "../../src/domain/TagOrder.js"
import * as Tag from "../../src/domain/TagVersion.js"
import { chooseUpdates, defaultPolicy } from "../../src/domain/UpdatePolicy.js"
import { type Check, type Checks, leftOut, part, type Row, same, says, skip, text, texts } from "./row.js"

const policy = { ...defaultPolicy, level: "major" } as const

// Conditions as Ruby writes them: `>= 17.10, < 17.2`.
const ignoredBy = (condition: string) => (tag: string): boolean => {
  const version = Option.getOrUndefined(Tag.parse(tag))
  return version !== undefined && condition.split(",").every((one) => {
    const [operator = "", bound = ""] = one.trim().split(/\s+/)
    const limit = Option.getOrThrow(Tag.parse(bound))
    const order = byVersion(version, limit)
    switch (operator) {
      case ">=":
        return order >= 0
      case ">":
        return order > 0
      case "<=":
        return order <= 0
      case "<":
        return order < 0
      default:
        return order === 0
    }
  })
}

/** The newest tag by the list alone; the current one where there is none. */
const picked = (row: Row, context: Row): string => {
  const current = text(row, "current")
  const tags = texts(part(context, "tag_list_fixtures"), text(row, "tags_fixture"))
  const version = Option.getOrUndefined(Tag.parse(current))
  if (version === undefined) return current
  const exclude = texts(row, "ignored_versions").map(ignoredBy)
  const [newest] = chooseUpdates(version, tags, { ...policy, exclude }).candidates
  return newest?.version.text ?? current
}

const latest: Check = (row, context) => same(picked(row, context), row["expected"])

const numericVersion = (version: Tag.TagVersion): string => version.digits.join(".")

const classified: Check = (row) => {
  const version = Option.getOrUndefined(Tag.parse(text(row, "tag")))
  const expected = row["expected"]
  switch (text(row, "method")) {
    case "looks_like_prerelease?":
      return same(version !== undefined && Tag.isPrerelease(version), expected)
    case "dated_version?":
      return same(version !== undefined && Tag.isDated(version), expected)
    case "comparable?":
      return same(version !== undefined, expected)
    case "comparable_to?": {
      const other = Option.getOrUndefined(Tag.parse(text(row, "other")))
      const comparable = version !== undefined && other !== undefined && Tag.difference(version, other) === undefined
      return expected === true && !comparable
        ? leftOut(
          "there, tags with and without a date or of other precision are comparable until a registry's dates say otherwise; here they never are"
        )
        : same(comparable, expected)
    }
    case "numeric_version": {
      if (version === undefined) return same(null, expected)
      const dated = text(row, "group").includes("disabled") && version.revision.length > 0
      return same(`${numericVersion(version)}${dated ? `-${version.revision.join(".")}` : ""}`, expected)
    }
    case "precision":
      return same(version?.digits.length, expected)
    default:
      return leftOut("a notion that we do not have")
  }
}

export const pickChecks: Checks = {
  "dependabot/dependabot-core #latest_version (no digest stubs)": latest,
  "dependabot/dependabot-core #latest_version (digest stubs)": (row, context) => {
    // What the tag list alone tells: there, digests and dates of the registry may lead elsewhere.
    const outcome = latest(row, context)
    return outcome.kind === "passed"
      ? outcome
      : leftOut(
        `from ${text(row, "current")}, digests or dates lead to ${text(row, "expected")}; the tag list alone to ${
          picked(row, context)
        }`
      )
  },
  "dependabot/dependabot-core assertions": classified
}

const parsed: Check = (row) => {
  const version = Option.getOrUndefined(Tag.parse(text(row, "input")))
  if (says(row, "expectError")) return same(version, undefined)
  const [major = 0, minor = 0, patch = 0] = version?.numbers ?? []
  return same(
    [major, minor, patch, version?.prereleaseText ?? ""],
    [row["major"], row["minor"], row["patch"], text(row, "prerelease")]
  )
}

const compared: Check = (row) => {
  const read = (name: string) => Option.getOrThrow(Tag.parse(text(row, name)))
  return same(byVersion(read("v1"), read("v2")), row["expected"])
}

const newestNumber: Check = (row) => {
  const versions = texts(row, "versions")
  if (versions.some((one) => !/^[\w][\w.-]*$/.test(one))) return leftOut("a negative number is no tag")
  const read = versions.flatMap((one) => Option.toArray(Tag.parse(one)))
  const newest = [...read].sort(byVersion).at(-1)?.text
  if (says(row, "expectErr")) {
    return read.length < versions.length || versions.length === 0
      ? same(true, true)
      : leftOut("dialect of flux: it refuses what is not one number")
  }
  return same(newest, text(row, "expectedVersion"))
}

export const orderChecks: Checks = {
  "regclient/regclient TestNewVersion": parsed,
  "regclient/regclient TestVersionCompare": compared,
  "regclient/regclient TestNewConstraint": skip("levels and patterns instead of ranges"),
  "regclient/regclient TestConstraintCheck": skip("levels and patterns instead of ranges"),
  "crazy-max/diun TestTagsSort": skip("dialect of diun: it sorts tags that cannot be compared among each other"),
  "crazy-max/diun TestIsIncluded": skip("a pattern that cannot be read is refused here, not passed over"),
  "crazy-max/diun TestIsExcluded": skip("a pattern that cannot be read is refused here, not passed over"),
  "fluxcd/image-reflector-controller TestSemVer_Latest": skip("levels and patterns instead of ranges"),
  "fluxcd/image-reflector-controller TestNumerical_Latest": newestNumber,
  "fluxcd/image-reflector-controller TestAlphabetical_Latest": skip("tags are never ordered as text"),
  "fluxcd/image-reflector-controller TestRegexFilter": skip("patterns choose tags, they do not rewrite them"),
  "updatecli/updatecli TestSearch": skip("levels and patterns instead of kinds of filters"),
  "updatecli/updatecli TestGreaterThanPattern": skip("levels and patterns instead of ranges"),
  "updatecli/updatecli TestNewFilterFromValue": skip("the shape of a tag is compared, no pattern is made of it")
}
