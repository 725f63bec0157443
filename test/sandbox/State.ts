/**
 * What has changed in the world since it was made, and which day it is there.
 */
import { Clock, Effect, Option } from "effect"
import { hubCandidate } from "../../src/domain/Candidates.js"
import { key, type RepositoryName } from "../../src/domain/GitHubRepository.js"
import { oid } from "./world/seed.js"
import { iso } from "./world/time.js"
import { type GitHubFacts, type HubFacts, type HubTagFacts, pullsAt, type World } from "./world/World.js"

// What a tag is until it is moved; every tag is an hour older than the one above it.
const tagsOf = (facts: HubFacts): ReadonlyArray<HubTagFacts> =>
  facts.tags.map((name, i) => ({
    name,
    pushed: facts.lastUpdated === null ? null : iso(Date.parse(facts.lastUpdated) - i * 3_600_000),
    revision: 0,
    architectures: ["amd64", "arm64/v8"]
  }))

const idOf = (facts: HubFacts): string => `${facts.namespace}/${facts.name}`

/** The world as it is now. Names are compared without case. */
export const makeState = (world: World) => {
  const goneRepositories = new Set<string>()
  const goneImages = new Set<string>()
  const added = new Map<string, HubFacts>()
  const rewritten = new Map<string, GitHubFacts>()
  const present = (name: RepositoryName): GitHubFacts | undefined => {
    const facts = world.github.get(key(name))
    return facts === undefined ? undefined : rewritten.get(key(facts.name)) ?? facts
  }
  const changed = new Map<string, Partial<HubFacts>>()
  const tags = new Map<string, ReadonlyArray<HubTagFacts>>()
  const days = { ahead: 0 }
  const images = (): ReadonlyArray<HubFacts> => [...world.images.values(), ...added.values()]
  const byNamespace = new Map<string, Array<HubFacts>>()
  const file = (facts: HubFacts): void => {
    const of = byNamespace.get(facts.namespace)
    if (of === undefined) byNamespace.set(facts.namespace, [facts])
    else of.push(facts)
  }
  images().forEach(file)
  const isThere = (facts: HubFacts): boolean => !goneImages.has(idOf(facts))
  const current = (facts: HubFacts): HubFacts => ({ ...facts, ...changed.get(idOf(facts)) })
  const image = (id: string): HubFacts | undefined => {
    const facts = world.images.get(id) ?? added.get(id)
    return facts !== undefined && isThere(facts) ? current(facts) : undefined
  }
  const imageTags = (facts: HubFacts): ReadonlyArray<HubTagFacts> => tags.get(idOf(facts)) ?? tagsOf(facts)
  const now = Effect.map(Clock.currentTimeMillis, (now) => now + days.ahead * 86_400_000)
  const change = (id: string, facts: Partial<HubFacts>): void => void changed.set(id, { ...changed.get(id), ...facts })
  return {
    world,
    /** A repository under its current or a former name. */
    repository: (name: RepositoryName): GitHubFacts | undefined => {
      const facts = present(name)
      return facts === undefined || goneRepositories.has(key(facts.name)) ? undefined : facts
    },
    /** An image by `namespace/name`. */
    image,
    /** Newest first. */
    tags: imageTags,
    namespace: (namespace: string): ReadonlyArray<HubFacts> =>
      (byNamespace.get(namespace) ?? []).filter(isThere).map(current),
    /** Changes what the Hub says of an image: its description, its stars. */
    changeImage: (id: string, facts: Partial<HubFacts>): Effect.Effect<void> => Effect.sync(() => change(id, facts)),
    /** Pushes a tag, new or moved, now: it becomes the newest one, and the image's date that of the push. */
    pushTag: (id: string, name: string, architectures = ["amd64", "arm64/v8"]): Effect.Effect<void> =>
      Effect.map(now, (now) => {
        const facts = image(id)
        if (facts === undefined) return
        const before = imageTags(facts)
        const revision = (before.find((tag) => tag.name === name)?.revision ?? -1) + 1
        const others = before.filter((tag) => tag.name !== name)
        tags.set(id, [{ name, pushed: iso(now), revision, architectures }, ...others])
        change(id, { lastUpdated: iso(now) })
      }),
    /** Deletes a tag, which the Hub counts as an update of the image. */
    deleteTag: (id: string, name: string): Effect.Effect<void> =>
      Effect.map(now, (now) => {
        const facts = image(id)
        if (facts === undefined) return
        tags.set(id, imageTags(facts).filter((tag) => tag.name !== name))
        change(id, { lastUpdated: iso(now) })
      }),
    /** Now, in epoch milliseconds, as the world's calendar has it. */
    now,
    pulls: (facts: HubFacts): Effect.Effect<number> =>
      Effect.map(Clock.currentTimeMillis, (now) => pullsAt(facts, now + days.ahead * 86_400_000)),
    /** Lets days pass for the pull counts, and for nothing else. */
    advanceDays: (count: number): Effect.Effect<void> => Effect.sync(() => void (days.ahead += count)),
    removeRepository: (name: RepositoryName): Effect.Effect<void> =>
      Effect.sync(() => {
        const facts = world.github.get(key(name))
        if (facts !== undefined) goneRepositories.add(key(facts.name))
      }),
    restoreRepository: (name: RepositoryName): Effect.Effect<void> =>
      Effect.sync(() => {
        const facts = world.github.get(key(name))
        if (facts !== undefined) goneRepositories.delete(key(facts.name))
      }),
    /** Commits a file, or takes it away where there is no text: HEAD moves on. */
    commitFile: (name: RepositoryName, path: string, text: string | undefined): Effect.Effect<void> =>
      Effect.sync(() => {
        const facts = present(name)
        if (facts === undefined) return
        const files = new Map(facts.files)
        if (text === undefined) files.delete(path)
        else files.set(path, text)
        const headOid = oid(world.seed, "head", facts.headOid ?? "", path, text ?? "")
        rewritten.set(key(facts.name), { ...facts, files, headOid })
      }),
    deleteImage: (id: string): Effect.Effect<void> => Effect.sync(() => void goneImages.add(id)),
    restoreImage: (id: string): Effect.Effect<void> => Effect.sync(() => void goneImages.delete(id)),
    /** A repository begins to publish an image of its own name. */
    publishImage: (name: RepositoryName): Effect.Effect<Option.Option<string>> =>
      Effect.sync(() =>
        Option.map(hubCandidate(name), (id) => {
          goneImages.delete(id)
          const [namespace = "", image = ""] = id.split("/")
          const facts: HubFacts = {
            namespace,
            name: image,
            description: "",
            stars: 0,
            pullsAtStart: 0,
            daily: 100,
            lastUpdated: "2026-01-01T00:00:00Z",
            registered: "2026-01-01T00:00:00Z",
            tags: ["latest"]
          }
          if (world.images.has(id) || added.has(id)) return id
          added.set(id, facts)
          file(facts)
          return id
        })
      )
  }
}

export type State = ReturnType<typeof makeState>
