/**
 * The registries that everybody knows: where a name may be asked for although a stranger wrote it, and which of them
 * are front ends of others.
 */
import { networkOfHost } from "./PrivateAddress.js"
import { addressProblem } from "./ReferenceGrammar.js"

/** Registries that anybody may read, run by those who are known for it. */
const wellKnown: ReadonlySet<string> = new Set([
  "docker.io",
  "ghcr.io",
  "quay.io",
  "gcr.io",
  "us.gcr.io",
  "eu.gcr.io",
  "asia.gcr.io",
  "mirror.gcr.io",
  "registry.k8s.io",
  "k8s.gcr.io",
  "mcr.microsoft.com",
  "public.ecr.aws",
  "registry.gitlab.com",
  "codeberg.org",
  "lscr.io",
  "cgr.dev",
  "dhi.io",
  "docker.elastic.co",
  "nvcr.io",
  "icr.io",
  "registry.access.redhat.com",
  "registry.redhat.io",
  "registry.fedoraproject.org",
  "registry.opensuse.org",
  "registry.suse.com",
  "container-registry.oracle.com"
])

// Google's Artifact Registry has a host for each region: `us-docker.pkg.dev`, `europe-west4-docker.pkg.dev`. What only looks
// like one is none: each name has a guard, a lane and a budget here, and a stranger could write any number of them.
const regions = "(?:africa|asia|australia|europe|me|northamerica|southamerica|us)" +
  "-(?:central|(?:north|south)(?:east|west)?|east|west)[1-9][0-9]?"
const artifactRegistry = new RegExp(`^(?:asia|europe|us|${regions})-docker\\.pkg\\.dev$`)

/** Whether everybody knows a registry. */
export const isWellKnown = (registry: string): boolean => wellKnown.has(registry) || artifactRegistry.test(registry)

/**
 * Why a registry that a label names is not asked; undefined where it may be. Strangers write labels, so what is asked
 * is a registry that everybody knows, or one that a person has configured, and never one that its own name places on
 * this machine or in a private network.
 */
export const labelRefusal = (registry: string, configured: ReadonlySet<string>): string | undefined => {
  const problem = addressProblem(registry)
  if (problem !== undefined) return problem
  const network = networkOfHost(new URL(`https://${registry}`).hostname) ?? "public"
  if (network !== "public") return `${registry}, which a label names, is not on the public internet`
  return isWellKnown(registry) || configured.has(registry)
    ? undefined
    : `${registry}, which a label names, is neither a well-known public registry nor configured here`
}

/**
 * Front ends: registries that answer by sending readers to another of the same keepers, or of the keepers' choice, so
 * that images keep their names when they move. Pulling through them is meant to count as pulling there, which is why
 * the credential for the second is used. Every other redirect is followed as a stranger.
 */
const frontEnds: ReadonlyMap<string, (registry: string) => boolean> = new Map<string, (registry: string) => boolean>([
  // LinuxServer.io counts downloads at its own name and keeps its images at GitHub.
  ["lscr.io", (registry) => registry === "ghcr.io"],
  // n8n does the same with Docker Hub.
  ["docker.n8n.io", (registry) => registry === "docker.io"],
  // Kubernetes sends to the region of Artifact Registry that is nearest.
  ["registry.k8s.io", (registry) => artifactRegistry.test(registry)],
  // The former name of the one before.
  ["k8s.gcr.io", (registry) => registry === "registry.k8s.io" || artifactRegistry.test(registry)]
])

/** Whether a registry is a public front end of another. */
export const isFrontEndOf = (front: string, registry: string): boolean => frontEnds.get(front)?.(registry) ?? false
