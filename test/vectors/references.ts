/**
 * `ref_parse` and `ref_regexp`.
 */
import { Either, Option } from "effect"
import * as Glob from "../../src/domain/Glob.js"
import * as Reference from "../../src/domain/ImageReference.js"
import * as Grammar from "../../src/domain/ReferenceGrammar.js"
import { accepted, type Check, type Checks, leftOut, part, type Row, same, sameOr, says, skip, text } from "./row.js"

const reasons: Readonly<Record<string, string>> = {
  "error:ErrReferenceInvalidFormat": "format",
  "error:ErrNameContainsUppercase": "uppercase",
  "error:ErrNameTooLong": "too-long",
  "error:ErrNameEmpty": "empty",
  "error:ErrNameNotCanonical": "not-canonical",
  "error:digest.ErrDigestUnsupported": "unsupported",
  "error:digest.ErrDigestInvalidFormat": "format",
  "error:digest.ErrDigestInvalidLength": "length"
}

const shown = (option: Option.Option<string>): string => Option.getOrElse(option, () => "")

const strict: Check = (row) => {
  const read = Reference.parseStrict(text(row, "input"))
  if (says(row, "err")) {
    return same(Either.isLeft(read) ? read.left.reason : "accepted", reasons[text(row, "err")] ?? text(row, "err"))
  }
  return sameOr(
    read,
    false,
    ["domain", "repository", "tag", "digest", "input"].map((name) => text(row, name)),
    (ref) => [
      shown(ref.domain),
      Reference.formatStrict({ ...ref, tag: Option.none(), digest: Option.none() }),
      shown(ref.tag),
      shown(ref.digest),
      Reference.formatStrict(ref)
    ]
  )
}

const nameOnly: Check = (row) => {
  const parts = Grammar.splitName(text(row, "input"))
  if (says(row, "err")) return same(parts, undefined)
  return same([parts?.domain ?? "", parts?.path], [text(row, "domain"), text(row, "path")])
}

const named: Check = (row) => {
  const input = text(row, "input")
  const read = Either.filterOrLeft(
    Reference.parseNormalized(input),
    (ref) => Reference.canonical(ref) === input,
    () => "not canonical"
  )
  return sameOr(
    read,
    says(row, "err"),
    [text(row, "domain"), text(row, "path")],
    (ref) => [ref.registry, ref.repository]
  )
}

const normalizedParts: Check = (row) =>
  sameOr(
    Reference.parseNormalized(text(row, "input")),
    says(row, "err"),
    [text(row, "domain"), text(row, "path")],
    (ref) => [ref.registry, ref.repository]
  )

const combined: Check = (row) => {
  const name = Either.getOrThrow(Reference.parseStrict(text(row, "name")))
  const tag = text(row, "tag")
  const digest = text(row, "digest")
  const suffix = `${tag === "" ? "" : `:${tag}`}${digest === "" ? "" : `@${digest}`}`
  const whole = `${Reference.formatStrict(name)}${suffix}`
  return same(Grammar.splitReference(whole) === undefined ? "refused" : whole, text(row, "combined"))
}

const normalizes: Check = (row) => accepted(Reference.parseNormalized(text(row, "input")), row["valid"] === true)

const repositoryInfo: Check = (row) => {
  const expected = ["Domain", "RemoteName", "FamiliarName", "FullName"].map((name) => text(row, name))
  const spellings = ["FamiliarName", "FullName", "AmbiguousName"].map((name) => text(row, name))
  const read = spellings.filter((name) => name !== "").map((name) =>
    Either.match(Reference.parseNormalized(name), {
      onLeft: ({ message }) => message,
      onRight: (ref) => [ref.registry, ref.repository, Reference.familiar(ref), Reference.canonical(ref)]
    })
  )
  return same(read, read.map(() => expected))
}

const any: Check = (row) =>
  sameOr(
    Reference.parseAny(text(row, "Reference")),
    false,
    text(row, "Equivalent"),
    (read) => read.kind === "digest" ? String(read.digest) : Reference.canonical(read.reference)
  )

const glob: Check = (row) => {
  const read = Either.all([Glob.compile(text(row, "pattern")), Reference.parseNormalized(text(row, "reference"))])
  return sameOr(
    read,
    false,
    row["expected"],
    ([matches, ref]) => matches(Reference.familiar(ref)) || matches(Reference.imageName(ref))
  )
}

// Docker drops the tag beside a digest; we keep both, so the comparison leaves the tag out.
const dockerRef: Check = (row) =>
  sameOr(
    Reference.parse(text(row, "input")),
    says(row, "wantErr"),
    text(row, "expected"),
    (ref) => Reference.canonical(Option.isSome(ref.digest) ? { ...ref, tag: Option.none() } : ref)
  )

const imageOptions: Check = (row) => {
  const expected = part(row, "expected")
  const read = Reference.parse(text(part(row, "parseOpts"), "Name"))
  return sameOr(
    read,
    says(row, "wantErr"),
    ["Domain", "Path", "Tag", "Digest"].map((name) => text(expected, name)),
    (ref) => [ref.registry, ref.repository, shown(ref.tag), shown(ref.digest)]
  )
}

const metaScripts: Check = (row) =>
  sameOr(Reference.parseNormalized(text(row, "in")), text(row, "out") === "", text(row, "out"), Reference.canonical)

const regclient: Check = (row) => {
  const ref = text(row, "ref")
  if (ref.includes("://")) return leftOut("a scheme for files and folders is not part of a reference to a registry")
  if (/^[^/]+:\d+$/.test(ref)) {
    return leftOut("dialect of regclient: for Docker, localhost:5000 is an image and its tag")
  }
  return sameOr(
    Reference.parse(ref),
    says(row, "wantE"),
    ["registry", "repository", "tag", "digest"].map((name) => text(row, name)),
    (ref) => [ref.registry, ref.repository, shown(ref.tag), shown(ref.digest)]
  )
}

// Where that dialect finds no host, ours is Docker Hub; tags are not defaulted in either.
const relative: Check = (row) => {
  const want = part(row, "wantRef")
  const host = text(want, "Host")
  const repository = text(want, "Repository")
  const hub = repository.includes("/") ? repository : `library/${repository}`
  return sameOr(
    Reference.parseNormalized(text(row, "input")),
    says(row, "wantErr"),
    host === ""
      ? ["docker.io", hub, text(want, "Tag"), text(want, "Digest")]
      : [host, repository, text(want, "Tag"), text(want, "Digest")],
    (ref) => [ref.registry, ref.repository, shown(ref.tag), shown(ref.digest)]
  )
}

const dialect = (whose: string): Check =>
  skip(`dialect of ${whose}: it disagrees with distribution/reference on purpose`)

export const parseChecks: Checks = {
  "distribution/reference TestReferenceParse": strict,
  "distribution/reference TestWithNameFailure": nameOnly,
  "distribution/reference TestDomainAndPath": nameOnly,
  "distribution/reference TestWithTag": combined,
  "distribution/reference TestWithDigest": combined,
  "distribution/reference TestParseNamed": named,
  "distribution/reference TestValidateReferenceName.valid": normalizes,
  "distribution/reference TestValidateReferenceName.invalid": normalizes,
  "distribution/reference TestValidateRemoteName.valid": normalizes,
  "distribution/reference TestValidateRemoteName.invalid": normalizes,
  "distribution/reference TestParseRepositoryInfo": repositoryInfo,
  "distribution/reference TestParseAnyReference": any,
  "distribution/reference TestNormalizedSplitHostname": normalizedParts,
  "distribution/reference TestMatch": glob,
  "distribution/reference TestParseDockerRef": dockerRef,
  "regclient/regclient TestNew": regclient,
  "regclient/regclient TestNewHost": dialect("regclient"),
  "cue-labs/oci parseReferenceTests": relative,
  "containerd/containerd TestReferenceParser": dialect("containerd"),
  "containerd/containerd TestMatchLocalhost": skip("which hosts are asked without TLS is a setting here, not a guess"),
  "crazy-max/diun TestParseImage": imageOptions,
  "crazy-max/diun TestHubLink": skip("addresses of web pages are not derived from references"),
  "crazy-max/diun TestImageReference": dockerRef,
  "docker-library/meta-scripts TestParseRef": metaScripts
}

const split: Check = (row) => {
  const parts = Grammar.splitName(text(row, "input"))
  if (row["match"] !== true) return same(parts, undefined)
  return row["subs"] === undefined
    ? same(parts === undefined, false)
    : same([parts?.domain ?? "", parts?.path], row["subs"])
}

const references: Check = (row) => {
  const parts = Grammar.splitReference(text(row, "input"))
  if (row["match"] !== true) return same(parts, undefined)
  return row["subs"] === undefined
    ? same(parts === undefined, false)
    : same([parts?.name, parts?.tag ?? "", parts?.digest ?? ""], row["subs"])
}

const matching = (name: string, test: (text: string) => boolean, expected: string): Check => (row: Row) =>
  same(test(text(row, name)), row[expected])

// There, a host has a dot or a port; in Docker's dialect `localhost` is one too.
const hosts: Check = (row) => {
  const host = text(row, "host")
  return host === "localhost"
    ? leftOut("dialect of cue-labs/oci: for Docker, localhost is a registry")
    : same(Grammar.isDomain(host) && /[.:]/.test(host), row["want"])
}

export const regexpChecks: Checks = {
  "distribution/reference TestDomainRegexp": matching("input", Grammar.isDomain, "match"),
  "distribution/reference TestFullNameRegexp": split,
  "distribution/reference TestReferenceRegexp": references,
  "distribution/reference TestIdentifierRegexp": matching("input", Grammar.isIdentifier, "match"),
  "cue-labs/oci isValidHostTests": hosts,
  "cue-labs/oci isValidRepositoryTests": matching("repo", Grammar.isPath, "want"),
  "cue-labs/oci isValidTagTests": matching("tag", Grammar.isTag, "want")
}
