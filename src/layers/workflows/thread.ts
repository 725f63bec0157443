/**
 * The thread in which workflows are read: does what it is asked, in order, until it is ended from outside.
 */
import { Option } from "effect"
import { parentPort } from "node:worker_threads"
import type { WorkflowEvidence, WorkflowFindings } from "../../domain/workflow/Findings.js"
import type { RepositoryFile } from "../../domain/WorkflowImages.js"
import { evaluated, traceOf } from "../../domain/WorkflowReading.js"
import type { Reply, Request } from "./messages.js"

const plainEvidence = (evidence: WorkflowEvidence) => ({ ...evidence, source: Option.getOrNull(evidence.source) })

const plain = (
  { external, images, patterns, problem, ...others }: WorkflowFindings
): Extract<typeof Reply.Encoded, { _tag: "Found" }>["findings"] => ({
  ...others,
  images: images.map((image) => ({ ...image, evidence: image.evidence.map(plainEvidence) })),
  patterns: patterns.map((pattern) => ({
    ...pattern,
    registry: Option.getOrNull(pattern.registry),
    name: Option.getOrNull(pattern.name),
    evidence: pattern.evidence.map(plainEvidence)
  })),
  external: external.map((one) => ({ ...one, evidence: plainEvidence(one.evidence) })),
  problem: Option.getOrNull(problem)
})

const sessions = new Map<number, Map<string, RepositoryFile>>()

const reply = (path: string, request: Request, files: ReadonlyMap<string, RepositoryFile>): typeof Reply.Encoded => {
  try {
    const repository = { ...request, defaultBranch: Option.fromNullable(request.defaultBranch) }
    const answer = evaluated(path, files, repository, request.namespaces)
    return answer._tag === "Unread" ? answer : { _tag: "Found", findings: plain(answer.findings) }
  } catch (error) {
    return { _tag: "Failed", trace: traceOf(error) }
  }
}

const say = (message: typeof Reply.Encoded | "ready"): void => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(message)
}

say("ready")
parentPort?.on("message", (request: Request) => {
  for (const session of request.forget) sessions.delete(session)
  const files = sessions.get(request.session) ?? new Map<string, RepositoryFile>()
  sessions.set(request.session, files)
  for (const file of request.given) files.set(file.path, file)
  for (const path of request.paths) say(reply(path, request, files))
})
