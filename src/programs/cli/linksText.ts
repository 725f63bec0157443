/**
 * Links and their reasons, for people and for programs. All pure.
 */
import { Option } from "effect"
import { hubCandidate } from "../../domain/Candidates.js"
import type { Evidence } from "../../domain/Evidence.js"
import { fullName } from "../../domain/GitHubRepository.js"
import type { WorkflowReading } from "../../domain/ImageClaim.js"
import type { LinkVerification, RepositoryExplanation, StoredClaim, StoredLink } from "../../services/LinkStore.js"
import { instant, iso, jsonNumber, orDash } from "./text.js"

const isoOrNull = (at: Option.Option<number>) => Option.getOrNull(Option.map(at, iso))

const evidenceRecord = ({ firstSeen, kind, lastSeen, places, unseenSince }: Evidence) => ({
  kind,
  firstSeen: iso(firstSeen),
  lastSeen: iso(lastSeen),
  unseenSince: isoOrNull(unseenSince),
  places
})

const verificationRecord = ({ digest, label, lookedAt, pointsAt, state, tag, value }: LinkVerification) => ({
  state,
  pointsAt: Option.getOrNull(pointsAt),
  tag: Option.getOrNull(tag),
  digest: Option.getOrNull(digest),
  label: Option.getOrNull(label),
  value: Option.getOrNull(value),
  lookedAt: isoOrNull(lookedAt)
})

/** A link as `--json` prints it. */
export const linkRecord = (link: StoredLink) => ({
  repository: fullName(link.repository),
  image: link.image,
  registry: link.registry,
  shown: link.shown,
  confidence: link.confidence,
  evidence: link.evidence.map(evidenceRecord),
  verification: verificationRecord(link.verification),
  removedAt: isoOrNull(link.removedAt),
  pulls: Option.getOrNull(Option.map(link.pulls, jsonNumber))
})

const claimRecord = (claim: StoredClaim) => ({
  image: claim.image,
  registry: claim.registry,
  evidence: claim.evidence,
  path: claim.path,
  detail: claim.detail,
  pattern: Option.getOrNull(claim.pattern),
  firstSeen: iso(claim.firstSeen),
  lastSeen: iso(claim.lastSeen),
  unseenSince: isoOrNull(claim.unseenSince),
  answer: Option.getOrNull(claim.outcome),
  checkedAt: isoOrNull(claim.checkedAt),
  lastError: Option.getOrNull(claim.lastError)
})

/** What is known of a repository, as `--json` prints it. */
export const explanationRecord = (explanation: RepositoryExplanation) => ({
  repository: fullName(explanation.repository),
  formerName: Option.getOrNull(explanation.formerName),
  checkedAt: isoOrNull(explanation.checkedAt),
  outcome: Option.getOrNull(explanation.outcome),
  headOid: Option.getOrNull(explanation.headOid),
  dockerfiles: explanation.dockerfiles,
  lastError: Option.getOrNull(explanation.lastError),
  readAt: isoOrNull(explanation.readAt),
  workflows: explanation.workflows.map((workflow) => ({ ...workflow, problem: Option.getOrNull(workflow.problem) })),
  claims: explanation.claims.map(claimRecord),
  links: explanation.links.map(linkRecord)
})

const at = (millis: number): string => `${instant(millis)} UTC`

const seen = ({ firstSeen, lastSeen, unseenSince }: Pick<Evidence, "firstSeen" | "lastSeen" | "unseenSince">): string =>
  (firstSeen === lastSeen ? `seen ${at(lastSeen)}` : `seen ${at(firstSeen)} to ${at(lastSeen)}`) +
  Option.match(unseenSince, { onNone: () => "", onSome: (since) => `, no longer there since ${at(since)}` })

const short = (digest: Option.Option<string>): string =>
  Option.match(digest, { onNone: () => "", onSome: (text) => ` (${text.slice(0, 19)}…)` })

/** What the image says of the repository, in a sentence. */
export const verificationText = (verification: LinkVerification): string => {
  const { digest, label, lookedAt, pointsAt, state, tag } = verification
  const read = `${orDash(tag)}${short(digest)}, read ${orDash(Option.map(lookedAt, at))}`
  switch (state) {
    case "verified":
      return `verified: ${orDash(label)} of ${read}, names this repository`
    case "contradicted":
      return `contradicted: ${orDash(label)} of ${read}, names ${orDash(pointsAt)}`
    case "silent":
      return `unverified: ${read}, names no repository`
    case "not-looked-at":
      return "not looked at yet"
  }
}

const linkLines = (link: StoredLink): ReadonlyArray<string> => {
  const reason = Option.match(link.removedAt, {
    onSome: (removed) => `taken away by hand ${at(removed)}`,
    onNone: () => "the image names another repository"
  })
  return [
    `  ${link.image}  ${link.shown ? `confidence ${link.confidence.toFixed(2)}` : `not shown: ${reason}`}`,
    `    ${verificationText(link.verification)}`,
    ...link.evidence.flatMap((evidence) => [
      `    ${evidence.kind}, ${seen(evidence)}`,
      ...evidence.places.map((place) => `      ${place}`)
    ])
  ]
}

const answers = {
  found: "found",
  absent: "not there",
  "not-visible": "not visible: missing or private"
} as const

const answerOf = ({ checkedAt, lastError, outcome }: StoredClaim): string =>
  Option.match(outcome, {
    onNone: () => "not looked for yet",
    onSome: (outcome) => `${answers[outcome]}, ${orDash(Option.map(checkedAt, at))}`
  }) + Option.match(lastError, { onNone: () => "", onSome: (error) => `; last look without an answer: ${error}` })

const claimLines = (claim: StoredClaim): ReadonlyArray<string> => [
  `  ${claim.image} (${claim.evidence})` +
  Option.match(claim.pattern, { onNone: () => "", onSome: (pattern) => `, a guess at ${pattern}` }),
  `    ${claim.path}${claim.detail === "" ? "" : `: ${claim.detail}`}`,
  `    ${seen(claim)}`,
  `    ${claim.registry}: ${answerOf(claim)}`
]

const workflowLine = ({ path, problem, state, templates }: WorkflowReading): string =>
  `  ${path}` + (state === "unread" ? " (not read)" : "") +
  (templates.length === 0 ? "" : `: names that only a run knows: ${templates.join(", ")}`) +
  Option.match(problem, { onNone: () => "", onSome: (text) => `: ${text}` })

const outcomes: Readonly<Record<string, string>> = {
  hit: "found on Docker Hub",
  miss: "not on Docker Hub",
  "no-dockerfile": "not looked for on Docker Hub: there is no Dockerfile",
  "not-found": "GitHub knows no such repository, or does not show it"
}

const nameLine = ({ outcome, repository }: RepositoryExplanation): string => {
  const answer = Option.match(outcome, { onNone: () => "not looked at yet", onSome: (text) => outcomes[text] ?? text })
  return `name: ${Option.getOrElse(hubCandidate(repository), () => "no image can have it")}, ${answer}`
}

const titled = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [`${title}: none`] : [`${title}:`, ...lines]

/** What is known of a repository's images and why, a line each. */
export const explanationLines = (explanation: RepositoryExplanation): ReadonlyArray<string> => [
  fullName(explanation.repository) +
  Option.match(explanation.formerName, { onNone: () => "", onSome: (name) => `, formerly ${name}` }),
  `checked: ${orDash(Option.map(explanation.checkedAt, at))}` +
  Option.match(explanation.headOid, { onNone: () => "", onSome: (oid) => `, HEAD ${oid}` }),
  ...Option.match(explanation.lastError, {
    onNone: () => [],
    onSome: (error) => [`last look without an answer: ${error}`]
  }),
  nameLine(explanation),
  `Dockerfiles: ${explanation.dockerfiles.join(", ") || "none"}`,
  ...Option.match(explanation.readAt, {
    onNone: () => ["workflows: not read yet"],
    onSome: (read) => titled(`workflows, ${at(read)}`, explanation.workflows.map(workflowLine))
  }),
  ...titled("claims", explanation.claims.flatMap(claimLines)),
  ...titled("links", explanation.links.flatMap(linkLines))
]
