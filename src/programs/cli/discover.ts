/**
 * `discover`: now, for these repositories, with the evidence.
 */
import { Args, Command, Options } from "@effect/cli"
import { Array as Arr, Effect, Option, Stream } from "effect"
import type { DiscoveryFinding } from "../../domain/Finding.js"
import { fullName, key, parse, type RepositoryName } from "../../domain/GitHubRepository.js"
import type { ImageClaim } from "../../domain/ImageClaim.js"
import { LinkStore, type StoredLink } from "../../services/LinkStore.js"
import { Settings } from "../settings/Settings.js"
import { candidateOf, discover as runDiscover, discoverDry } from "../sync/Discover.js"
import { discoverOptions } from "../sync/fromSettings.js"
import type { CommandLayers } from "./CommandLayers.js"
import { failingForDefects } from "./defects.js"
import { Failure, UsageError } from "./errors.js"
import { linkRecord } from "./linksText.js"
import * as Output from "./output.js"
import { argument, described, withSettings } from "./run.js"
import { requireGitHub } from "./sync.js"
import { counted, grouped, iso, jsonNumber } from "./text.js"

const repositories = argument("owner/name", "A repository on GitHub.").pipe(Args.atLeast(1))

const parsed = (texts: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(texts, (text) => Effect.mapError(parse(text), (message) => new UsageError({ message }))),
    (repositories) => Arr.dedupeWith(repositories, (first, second) => key(first) === key(second))
  )

const outcomes = {
  NotFound: "not-found",
  NoDockerfile: "no-dockerfile",
  Miss: "miss",
  Hit: "hit",
  Deferred: "deferred"
} as const

const probeOf = ({ result }: DiscoveryFinding) => "probe" in result ? Option.some(result.probe) : Option.none()

const renamed = (finding: DiscoveryFinding): Option.Option<RepositoryName> =>
  Option.map(probeOf(finding), ({ repository }) => repository).pipe(
    Option.filter((repository) => key(repository) !== key(finding.claim.repository))
  )

const headline = (finding: DiscoveryFinding): string => {
  const { result } = finding
  switch (result._tag) {
    case "Hit":
      return `publishes ${result.facts.image}`
    case "Miss":
      return Option.match(result.candidate, {
        onNone: () => "has a Dockerfile, but its name cannot be an image's",
        onSome: (image) => `has a Dockerfile, but Docker Hub knows no ${image}`
      })
    case "NoDockerfile":
      return "has no Dockerfile where it is looked for"
    case "NotFound":
      return "is not known to GitHub, or not visible"
    case "Deferred":
      return `no definite answer: ${result.reason}`
  }
}

const claimLine = ({ detail, evidence, image, path, pattern }: ImageClaim): string =>
  `claims ${image} (${evidence}): ${evidence === "workflow" ? `${path}, ` : ""}${detail}${
    Option.match(pattern, { onNone: () => "", onSome: (template) => `; a guess at ${template}` })
  }`

const evidence = (finding: DiscoveryFinding): ReadonlyArray<string> => [
  ...Option.match(renamed(finding), { onNone: () => [], onSome: (name) => [`is called ${fullName(name)} now`] }),
  ...Option.match(probeOf(finding), {
    onNone: () => [],
    onSome: ({ dockerfiles, headOid }) => [
      ...(dockerfiles.length === 0 ? [] : [dockerfiles.join(", ")]),
      Option.match(headOid, { onNone: () => "no commit", onSome: (oid) => `HEAD ${oid}` })
    ]
  }),
  ...(finding.result._tag === "Hit"
    ? [`${grouped(finding.result.facts.pulls)} pulls, ${counted(finding.result.facts.stars, "star")}`]
    : []),
  ...(finding.reading?.claims ?? []).map(claimLine)
]

const record = (finding: DiscoveryFinding) => {
  const { result } = finding
  const probe = probeOf(finding)
  return {
    repository: fullName(finding.claim.repository),
    currentName: Option.getOrNull(Option.map(probe, ({ repository }) => fullName(repository))),
    outcome: outcomes[result._tag],
    headOid: Option.getOrNull(Option.flatMap(probe, ({ headOid }) => headOid)),
    dockerfiles: Option.match(probe, { onNone: () => [], onSome: ({ dockerfiles }) => dockerfiles }),
    candidate: Option.getOrNull(candidateOf(finding)),
    image: result._tag === "Hit"
      ? {
        name: result.facts.image,
        pulls: jsonNumber(result.facts.pulls),
        stars: result.facts.stars,
        lastUpdated: Option.getOrNull(Option.map(result.facts.lastUpdated, iso))
      }
      : null,
    claims: (finding.reading?.claims ?? []).map((claim) => ({ ...claim, pattern: Option.getOrNull(claim.pattern) })),
    reason: result._tag === "Deferred" ? result.reason : null
  }
}

const linkLine = ({ confidence, evidence, image, verification }: StoredLink): string =>
  `linked to ${image}: ${evidence.map(({ kind }) => kind).join(", ")}; ${verification.state}, confidence ${
    confidence.toFixed(2)
  }`

// The image of the repository's name stands in the headline already.
const isNews = ({ result }: DiscoveryFinding) => ({ evidence, image }: StoredLink): boolean =>
  result._tag !== "Hit" || image !== result.facts.image || evidence.some(({ kind }) => kind !== "name")

const noLinks: ReadonlyMap<string, ReadonlyArray<StoredLink>> = new Map()

/** The links of the repositories that were looked at, as they stand now; by the repositories' ids. */
const linksOf = (findings: ReadonlyArray<DiscoveryFinding>) =>
  Effect.gen(function*() {
    const store = yield* LinkStore
    const found = yield* Effect.forEach(findings, (finding) => {
      const repository = Option.match(probeOf(finding), {
        onNone: () => finding.claim.repository,
        onSome: ({ repository }) => repository
      })
      return Effect.map(
        Stream.runCollect(store.links({ repository })),
        (links): readonly [string, ReadonlyArray<StoredLink>] => [finding.claim.id, [...links]]
      )
    })
    return new Map(found)
  })

/** `discover`. */
export const discover = (layers: CommandLayers) =>
  Command.make("discover", {
    repositories,
    dryRun: Options.boolean("dry-run").pipe(Options.withDescription("Look only; nothing is stored.")),
    json: Output.json
  }, ({ dryRun, json, repositories }) =>
    failingForDefects(Effect.gen(function*() {
      const wanted = yield* parsed(repositories)
      yield* requireGitHub
      const settings = yield* Settings
      const options = discoverOptions(settings)
      const { findings, links } = yield* (dryRun
        ? Effect.provide(
          Effect.map(discoverDry(wanted, options.registries), (findings) => ({ findings, links: noLinks })),
          layers.world
        )
        : Effect.provide(
          Effect.bindTo(runDiscover(wanted, settings.store.lease, options), "findings").pipe(
            Effect.bind("links", ({ findings }) => linksOf(findings))
          ),
          layers.all
        ))
      const ofFinding = ({ claim: { id } }: DiscoveryFinding) => links.get(id) ?? []
      if (json) {
        yield* Output.printJson(
          findings.map((finding) => ({ ...record(finding), links: ofFinding(finding).map(linkRecord) }))
        )
      } else {
        yield* Output.printLines(findings.flatMap((finding) => [
          `${fullName(finding.claim.repository)} ${headline(finding)}`,
          ...evidence(finding).map((line) => `  ${line}`),
          ...ofFinding(finding).filter(isNews(finding)).map((link) => `  ${linkLine(link)}`)
        ]))
      }
      const missing = wanted.length - findings.length
      if (missing > 0) {
        yield* Output.tell(
          `${counted(missing, "repository", "repositories")} left to another process that looks at it now`
        )
      }
      const deferred = findings.filter(({ result }) => result._tag === "Deferred").length
      if (deferred > 0 && deferred === findings.length) {
        return yield* new Failure({ message: "no definite answer was had" })
      }
    })).pipe(withSettings)).pipe(
      Command.withDescription(described(
        "Looks at repositories now, due or not, and prints what was found and why. They are added if they are new.",
        [
          ["image-census discover ollama/ollama", "one repository"],
          ["image-census discover ollama/ollama traefik/traefik --dry-run --json", "two, and nothing is stored"]
        ]
      ))
    )
