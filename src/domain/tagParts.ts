/**
 * The pieces of a tag behind its version: pre-release, revision, variants. Internal to `TagVersion`.
 */

/** A run of words and numbers that names a variant, and the numbers in it. */
export interface VariantPart {
  /** The text in lower case with every number replaced by `#`: `alpine#.#`, `slim`, `windowsservercore-#`. */
  readonly shape: string
  readonly numbers: ReadonlyArray<number>
  /** The numbers start anew with each version (`-r3`, `-p547`), so that a lower one is no step back. */
  readonly counts: boolean
}

/** What stands behind the numbers of a version. */
export interface Suffix {
  /** Identifiers as semver has them; empty for a release. */
  readonly prerelease: ReadonlyArray<string | number>
  /** As it was written, without the separator before it: `rc1`, `beta.2`, `ea-32`. */
  readonly prereleaseText: string
  /** Numbers directly behind the version: `1049` of `8.7-1049`, `12` of `17.0.1_12`. */
  readonly revision: ReadonlyArray<number>
  /** What kind of numbers they are: `#` a count, `D` a date; times that only tell when it was built are left out. */
  readonly revisionShape: string
  /** Not a release although the numbers do not say so: `.post2`. */
  readonly unstable: boolean
  readonly variant: ReadonlyArray<VariantPart>
}

const prereleaseWords: ReadonlySet<string> = new Set(
  ("alpha beta rc cr pre preview prerelease dev devel develop nightly snapshot canary unstable next ea eap milestone " +
    "insiders edge testing experimental").split(" ")
)

// As one letter they mean a pre-release only right behind the numbers: `3.7.0a1`, but not `1.2-b12`.
const attachedPrereleaseWords: ReadonlySet<string> = new Set(["a", "b", "c", "m"])

const countingWords: ReadonlySet<string> = new Set(["r", "p", "rev", "build", "b", "post", "u", "kb", "ls", "patch"])

/** Whether digits are a date, with or without a time: 20241001, 202410011230, 20241001123059. */
export const isDate = (digits: string): boolean =>
  /^(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?)?$/.test(digits)

// Ten digits from 2001 on: seconds since the epoch.
const isInstant = (digits: string): boolean => /^1\d{9}$/.test(digits)

/** Whether a text is (the beginning of) a commit's id: hexadecimal with letters and digits both. */
export const isHash = (text: string): boolean =>
  /^g?[0-9a-f]{7,64}$/.test(text) && /\d/.test(text) && /[a-f]/.test(text.replace(/^g/, ""))

const numbersIn = (text: string): ReadonlyArray<number> => (text.match(/\d+/g) ?? []).map(Number)

const shapeOf = (text: string): string => text.toLowerCase().replace(/\d+/g, (digits) => isDate(digits) ? "D" : "#")

const revisionShapeOf = (text: string): string => {
  const kinds = (text.match(/\d+/g) ?? []).map((digits) => isDate(digits) ? "D" : isInstant(digits) ? "" : "#")
  return kinds.filter((kind) => kind !== "").join(".") || "D"
}

const identifiers = (text: string): ReadonlyArray<string | number> =>
  (text.toLowerCase().match(/\d+|[a-z]+/g) ?? []).map((part) => /^\d/.test(part) ? Number(part) : part)

const isPrerelease = (segment: string, attached: boolean): boolean => {
  const match = /^([a-z]+)(\d*)((?:\.[0-9a-z]+)*)$/i.exec(segment)
  const word = match?.[1]?.toLowerCase() ?? ""
  const numbered = /\d/.test(segment)
  return prereleaseWords.has(word) || (numbered && (word === "m" || (attached && attachedPrereleaseWords.has(word))))
}

const variantOf = (segment: string): VariantPart => {
  const word = /^([a-z]+)\d/i.exec(segment)?.[1]?.toLowerCase() ?? ""
  return {
    shape: isHash(segment) ? "<hash>" : shapeOf(segment),
    numbers: isHash(segment) ? [] : numbersIn(segment),
    counts: countingWords.has(word)
  }
}

const isNumeric = (segment: string): boolean => /^\d+(?:\.\d+)*$/.test(segment)

/** Reads what stands behind the numbers of a version; every text can be read. */
export const readSuffix = (rest: string): Suffix => {
  const attached = rest !== "" && !/^[-_]/.test(rest)
  const segments = rest.replace(/^[-_.]/, "").split(/[-_]/).filter((segment) => segment !== "")
  const variant = new Array<VariantPart>()
  let prerelease: ReadonlyArray<string> = []
  let revision = ""
  let last: "version" | "prerelease" | "variant" = "version"
  for (const [index, segment] of segments.entries()) {
    const ahead = variant.at(-1)
    if (isNumeric(segment) && last === "version") {
      revision = revision === "" ? segment : `${revision}.${segment}`
    } else if (isNumeric(segment) && last === "prerelease") {
      prerelease = [...prerelease, segment]
    } else if (isNumeric(segment) && ahead !== undefined && ahead.shape !== "<hash>") {
      // A number belongs to the word before it: `windowsservercore-1809`.
      variant[variant.length - 1] = {
        ...ahead,
        shape: `${ahead.shape}-${shapeOf(segment)}`,
        numbers: [...ahead.numbers, ...numbersIn(segment)]
      }
    } else if (prerelease.length === 0 && isPrerelease(segment, attached && index === 0)) {
      prerelease = [segment]
      last = "prerelease"
    } else {
      variant.push(variantOf(segment))
      last = "variant"
    }
  }
  return {
    prerelease: prerelease.flatMap(identifiers),
    prereleaseText: prerelease.join("-"),
    revision: numbersIn(revision),
    revisionShape: revision === "" ? "" : revisionShapeOf(revision),
    unstable: variant.some(({ shape }) => shape === "post#"),
    variant
  }
}
