/**
 * Which repositories publish images from GitHub Actions, in the proportions of the census: 66 of 1,000, to ghcr.io (41),
 * docker.io (35) and quay.io (8), often under another name than their own; and what is fishy about some of them.
 */
import { key, type RepositoryName } from "../../../src/domain/GitHubRepository.js"
import { between, fraction, shuffled } from "./seed.js"
import type { Listed, Published, Publisher } from "./World.js"

/** How a workflow comes to its names; each is a kind of file in `workflows.ts`. */
export const manners = [
  "build-push",
  "metadata",
  "docker-push",
  "matrix",
  "reusable",
  "goreleaser",
  "bake",
  "skopeo",
  "buildah",
  "env",
  "secret"
] as const

type Target = "docker.io" | "ghcr.io" | "quay.io"

interface Plan {
  /** Repositories of 1,000. */
  readonly share: number
  readonly from: ReadonlyArray<Listed["outcome"]>
  readonly targets: ReadonlyArray<Target>
  readonly name: "own" | "other"
}

// 66 repositories; by registry 35, 41 and 8.
const plans: ReadonlyArray<Plan> = [
  { share: 12, from: ["hit"], targets: ["docker.io"], name: "own" },
  { share: 6, from: ["hit"], targets: ["docker.io", "ghcr.io"], name: "own" },
  { share: 9, from: ["miss", "none"], targets: ["docker.io"], name: "other" },
  { share: 6, from: ["miss"], targets: ["docker.io", "ghcr.io"], name: "other" },
  { share: 2, from: ["none"], targets: ["docker.io", "quay.io"], name: "other" },
  { share: 12, from: ["miss"], targets: ["ghcr.io"], name: "own" },
  { share: 13, from: ["miss", "none"], targets: ["ghcr.io"], name: "other" },
  { share: 2, from: ["none"], targets: ["ghcr.io", "quay.io"], name: "other" },
  { share: 2, from: ["miss"], targets: ["ghcr.io", "quay.io"], name: "own" },
  { share: 2, from: ["miss", "none"], targets: ["quay.io"], name: "other" }
]

const suffixes = ["server", "agent", "image", "cli", "operator"]

const pathOf = (seed: string, name: RepositoryName, target: Target, kind: Plan["name"]): string => {
  const owner = name.owner.toLowerCase()
  const own = name.name.toLowerCase()
  if (kind === "own") return `${owner}/${own}`
  const suffix = suffixes[between(0, suffixes.length - 1, seed, "suffix", key(name))] ?? "image"
  if (target === "ghcr.io" && fraction(seed, "deeper", key(name)) < 0.4) return `${owner}/${own}/${suffix}`
  const elsewhere = target !== "ghcr.io" && fraction(seed, "namespace", key(name)) < 0.4
  return `${elsewhere ? `${owner.replaceAll(/[^a-z0-9]/g, "")}hq` : owner}/${own}-${suffix}`
}

const labelOf = (seed: string, image: string): Published["label"] => {
  const chance = fraction(seed, "label", image)
  return chance < 0.7 ? "own" : chance < 0.85 ? "silent" : chance < 0.95 ? "old" : "other"
}

const possible = ({ now }: Listed): boolean =>
  now !== undefined && now.headOid !== undefined && /^[a-z0-9]+(?:[-._][a-z0-9]+)*$/i.test(now.name.name)

const published = (seed: string, of: RepositoryName, registry: Target, repository: string): Published => {
  const image = `${registry}/${repository}`
  const versions = between(1, 6, seed, "published-tags", image)
  return {
    registry,
    repository,
    of,
    label: labelOf(seed, image),
    tags: [...Array.from({ length: versions }, (_, i) => `1.${i}.0`), "latest"],
    daily: between(1, 400, seed, "actions", image)
  }
}

/** The image of a hit's own name on Docker Hub. */
export const namedImage = (seed: string, of: RepositoryName, id: string): Published =>
  published(seed, of, "docker.io", id)

/**
 * The repositories of the list that publish from Actions. Besides: for each 500 repositories one that pushes under a
 * name that belongs to another (`claims` without `images`), and one whose image nobody may see.
 */
export const publishersOf = (listed: ReadonlyArray<Listed>, seed: string): ReadonlyArray<Publisher> => {
  const order = shuffled(listed.filter(possible), ({ asked }) => key(asked), seed, "publishes")
  const taken = new Set<string>()
  const next = (from: ReadonlyArray<Listed["outcome"]>): RepositoryName | undefined => {
    const found = order.find((one) =>
      from.includes(one.outcome) && one.now !== undefined && !taken.has(key(one.now.name))
    )?.now?.name
    if (found !== undefined) taken.add(key(found))
    return found
  }
  const publishers = new Array<Publisher>()
  for (const [at, { from, name, share, targets }] of plans.entries()) {
    const count = Math.round(share * listed.length / 1_000)
    for (let i = 0; i < count; i++) {
      // In turn, so that repositories without a Dockerfile publish too: they build with something else.
      const of = next(from.slice(i % from.length, i % from.length + 1)) ?? next(from)
      if (of === undefined) continue
      const images = targets.map((target) => published(seed, of, target, pathOf(seed, of, target, name)))
      const manner = manners[(at * 5 + i) % manners.length] ?? "build-push"
      // Whoever hides the user behind a secret uses the owner's name: that is what can be guessed.
      const guessable = images.every(({ repository }) => repository.startsWith(`${of.owner.toLowerCase()}/`))
      publishers.push({
        repository: of,
        manner: manner === "secret" && !guessable ? "env" : manner,
        images,
        claims: images.map(({ registry, repository }) => `${registry}/${repository}`)
      })
    }
  }
  const victims = publishers.flatMap(({ images }) => images.filter(({ label }) => label === "own"))
  for (let i = 0; i < Math.floor(listed.length / 500); i++) {
    const thief = next(["none"])
    const victim = victims[i * 7 % Math.max(1, victims.length)]
    if (thief !== undefined && victim !== undefined) {
      const claims = [`${victim.registry}/${victim.repository}`]
      publishers.push({ repository: thief, manner: "build-push", images: [], claims })
    }
    const hidden = next(["none"])
    if (hidden !== undefined) {
      const claims = [`ghcr.io/${hidden.owner.toLowerCase()}/${hidden.name.toLowerCase()}`]
      publishers.push({ repository: hidden, manner: "metadata", images: [], claims })
    }
  }
  return publishers
}
