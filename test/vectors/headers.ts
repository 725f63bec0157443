/**
 * `www_authenticate`, `link_header`, `warning_ratelimit_headers`.
 */
import { Either, Option } from "effect"
import { hubCandidate } from "../../src/domain/Candidates.js"
import * as Challenge from "../../src/domain/Challenge.js"
import * as Link from "../../src/domain/LinkHeader.js"
import { parseWarning } from "../../src/domain/WarningHeader.js"
import {
  accepted,
  type Check,
  type Checks,
  part,
  parts,
  type Row,
  same,
  sameOr,
  says,
  skip,
  text,
  texts
} from "./row.js"

const withParams = (challenge: Challenge.Challenge) => ({
  scheme: challenge.scheme,
  params: Option.getOrElse(
    challenge.token68,
    () => Object.keys(challenge.parameters).length === 0 ? null : challenge.parameters
  )
})

const regclientChallenges: Check = (row) =>
  sameOr(
    Challenge.parse(text(row, "in")),
    says(row, "wantE"),
    parts(row, "wantC").map((one) => [text(one, "authType"), part(one, "params")]),
    (challenges) => challenges.map(({ parameters, scheme }) => [scheme, parameters])
  )

// That client reads what it can of a broken header, and only the first challenge.
const firstChallenge: Check = (row) => {
  const [first] = Challenge.read(text(row, "header"))
  const scheme = text(row, "wantScheme").replace("ident:Scheme", "").toLowerCase()
  if (scheme === "unknown") return same(["basic", "bearer"].includes(first?.scheme ?? ""), false)
  const wanted = row["wantParams"]
  return same(
    [first?.scheme, wanted === undefined || wanted === null ? undefined : first?.parameters],
    [scheme, wanted ?? undefined]
  )
}

const oneChallenge: Check = (row) => {
  const [first] = Challenge.read(text(row, "input"))
  return same([first?.scheme ?? "", first?.parameters ?? {}], [text(row, "scope"), part(row, "params")])
}

const challenges: Check = (row) => {
  if (row["expected_subset"] !== undefined) {
    const [first] = Challenge.read(text(row, "input"))
    const wanted = part(row, "expected_subset")
    return same(Object.fromEntries(Object.keys(wanted).map((name) => [name, first?.parameters[name]])), wanted)
  }
  return sameOr(Challenge.parse(text(row, "input")), false, row["expected"], (read) => read.map(withParams))
}

export const challengeChecks: Checks = {
  "regclient/regclient TestParseAuthHeader": regclientChallenges,
  "oras-project/oras-go Test_parseChallenge": firstChallenge,
  "containers/image TestParseValueAndParams": oneChallenge,
  "distribution/distribution TestAuthChallengeParse": challenges,
  "containerd/containerd TestParseAuthHeader*": challenges,
  "alexsdutton/www-authenticate challenges x permutations": challenges
}

const linkRefused: Check = (row) => accepted(Link.parse(texts(row, "headers").join(", ")), false)

const linkFound: Check = (row) => {
  const links = Either.getOrElse(Link.parse(texts(row, "headers").join(", ")), () => [])
  const found = links.find(({ parameters }) => parameters[text(row, "parm")] === text(row, "val"))
  return same(found?.target, says(row, "expectMissing") ? undefined : text(row, "expectURI"))
}

const nextPage = (row: Row, asked: string) =>
  Either.map(Link.nextPage(new URL(asked), text(row, "header")), Option.map((url) => url.href))

const nextAddress: Check = (row) => {
  const want = text(row, "want")
  return sameOr(
    nextPage(row, text(row, "url")),
    says(row, "wantErr"),
    want === "" ? Option.none() : Option.some(want),
    (page) => page
  )
}

const nextHost: Check = (row) => {
  const page = nextPage(row, text(row, "request"))
  if (row["expected"] === "error-or-none") return same(Either.getOrElse(page, () => Option.none()), Option.none())
  const url = new URL(Option.getOrElse(Either.getOrElse(page, () => Option.none<string>()), () => "about:blank"))
  return same([url.host, url.protocol], [text(row, "expected_host"), `${text(row, "expected_scheme")}:`])
}

const byRelation: Check = (row) => {
  const read = Either.getOrElse(Link.parse(text(row, "header")), () => [])
  const entries = read.flatMap(({ parameters, relations, target }) =>
    relations.map((rel) => {
      const query = URL.canParse(target) ? Object.fromEntries(new URL(target).searchParams) : {}
      return [rel, { ...query, ...parameters, rel, url: target }] as const
    })
  )
  const expected = row["expected"] ?? null
  return same(entries.length === 0 ? null : Object.fromEntries(entries), expected)
}

export const linkChecks: Checks = {
  "regclient/regclient TestParseErr": linkRefused,
  "regclient/regclient TestParseGet": linkFound,
  "oras-project/oras-go Test_parseLink": nextAddress,
  "google/go-containerregistry TestGetNextPageURL": nextHost,
  "thlorenz/parse-link-header tests": byRelation
}

const warning = (name: string): Check => (row) =>
  same(Option.getOrElse(parseWarning(text(row, "header")), () => ""), text(row, name))

const structuredWarning: Check = (row) => {
  const read = parseWarning(text(row, "header"))
  if (says(row, "wantErr")) return same(read, Option.none())
  return same(read, Option.some(text(part(row, "want"), "Text")))
}

const candidates: Check = (row) =>
  same(Option.toArray(hubCandidate({ owner: text(row, "owner"), name: text(row, "name") })), row["expected"])

export const warningChecks: Checks = {
  "containerd/containerd TestParseWarningText": warning("want"),
  "oras-project/oras-go Test_parseWarningHeader": structuredWarning,
  "containers/image TestParseRegistryWarningHeader": warning("expected"),
  "oras-project/oras-go Test_ExponentialBackoff": skip(
    "another schedule of retries on purpose: ours obeys the server first"
  ),
  "linuxfoundation/crowd.dev fetchDockerhub": skip(
    "another contract on purpose: only 200 and 404 are definite answers here"
  ),
  "linuxfoundation/crowd.dev buildCandidates": candidates
}
