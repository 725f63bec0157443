/** Claims, answers of registries and labels for tests of links. */
import { Duration, Effect, Option } from "effect"
import type { ClaimedRepository, DiscoveryFinding } from "../../src/domain/Finding.js"
import type { ImageClaim, WorkflowReading } from "../../src/domain/ImageClaim.js"
import type {
  CheckFinding,
  CheckResult,
  ClaimedCheck,
  ClaimedSource,
  SourceFinding
} from "../../src/domain/RegistryCheck.js"
import { sourceLabelOf } from "../../src/domain/Verification.js"
import type { RepoDockerStore } from "../../src/services/RepoDockerStore.js"
import { repository } from "./findings.js"

export const head = "0123456789abcdef0123456789abcdef01234567"
export const release = ".github/workflows/release.yml"

/** A claim out of a workflow, unless it is said otherwise. */
export const claimed = (image: string, over: Partial<ImageClaim> = {}): ImageClaim => ({
  image,
  registry: /^[^/]*[.:][^/]*\//.test(image) ? image.slice(0, image.indexOf("/")) : "docker.io",
  evidence: "workflow",
  path: release,
  detail: "job build: docker/build-push-action",
  pattern: Option.none(),
  ...over
})

export const workflow = (over: Partial<WorkflowReading> = {}): WorkflowReading => ({
  path: release,
  oid: "1111111111111111111111111111111111111111",
  state: "read",
  uses: [],
  templates: [],
  problem: Option.none(),
  ...over
})

/** A repository with a Dockerfile and no image of its name, whose files claim these images. */
export const reads = (
  claim: ClaimedRepository,
  at: number,
  claims: ReadonlyArray<ImageClaim>,
  workflows: ReadonlyArray<WorkflowReading> = [workflow()],
  current = claim.repository
): DiscoveryFinding => {
  const probe = { repository: current, headOid: Option.some(head), dockerfiles: ["Dockerfile"] }
  return {
    claim,
    at,
    result: { _tag: "Miss", probe, candidate: Option.none() },
    reading: { probe, workflows, claims }
  }
}

/** Claims a repository by its name, adding it. */
export const claimOne = (store: RepoDockerStore["Type"], name: string) =>
  Effect.flatMap(
    store.claimNamed([repository(name)], Duration.minutes(1)),
    ([claimed]) => claimed === undefined ? Effect.dieMessage("nothing was claimed") : Effect.succeed(claimed)
  )

export const lane = (registry: string, limit = 100) => ({ registry, limit, lease: Duration.minutes(10) })

export const thereAt = (over: Partial<Extract<CheckResult, { readonly _tag: "Found" }>> = {}): CheckResult => ({
  _tag: "Found",
  facts: Option.none(),
  lastUpdated: Option.none(),
  activity: [],
  ...over
})

export const answers = (claim: ClaimedCheck, at: number, result: CheckFinding["result"]): CheckFinding => ({
  claim,
  at,
  dueAt: at + 14 * 86_400_000,
  result
})

export const digest = `sha256:${"a".repeat(64)}`

/** What an image says of itself; `undefined` for nothing. */
export const says = (claim: ClaimedSource, at: number, source: string | undefined): SourceFinding => {
  const label = sourceLabelOf(source === undefined ? {} : { "org.opencontainers.image.source": source })
  return {
    claim,
    at,
    dueAt: at + 30 * 86_400_000,
    pulls: 2,
    result: Option.match(label, {
      onNone: () => ({ _tag: "Silent", tag: "latest", digest }),
      onSome: (label) => ({ _tag: "Says", tag: "latest", digest, label })
    })
  }
}
