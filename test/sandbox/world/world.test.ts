import { assert, describe, it } from "@effect/vitest"
import { FastCheck, Option } from "effect"
import { hubCandidate } from "../../../src/domain/Candidates.js"
import { key } from "../../../src/domain/GitHubRepository.js"
import { crowdedSize } from "./hub.js"
import { expectedOf, makeWorld } from "./make.js"
import { realNames } from "./names.js"
import type { World } from "./World.js"

const outcomes = (world: World) =>
  Object.fromEntries(
    (["hit", "miss", "none", "unknown"] as const).map((outcome) => [
      outcome,
      world.listed.filter((one) => one.outcome === outcome).length
    ])
  )

describe("the sandbox's world", () => {
  it("has the measured proportions for each 1,000 repositories", () => {
    assert.deepStrictEqual(outcomes(makeWorld({ repositories: 1_000 })), { hit: 26, miss: 102, none: 869, unknown: 3 })
  })

  it("publishes from Actions as the census found", () => {
    const { github, published, publishers } = makeWorld({ repositories: 1_000 })
    const images = publishers.flatMap(({ images }) => images)
    const count = (registry: string) => images.filter((image) => image.registry === registry).length
    assert.strictEqual(publishers.filter(({ images }) => images.length > 0).length, 66)
    assert.deepStrictEqual(["ghcr.io", "docker.io", "quay.io"].map(count), [41, 35, 8])
    for (const { images, repository } of publishers) {
      const files = [...github.get(key(repository))?.files.keys() ?? []]
      assert.isTrue(files.some((path) => path.startsWith(".github/workflows/")), key(repository))
      images.forEach((image) => assert.isTrue(published.has(`${image.registry}/${image.repository}`)))
    }
  })

  it("knows 1,013 real names", () => {
    const names = realNames()
    assert.strictEqual(names.length, 1_013)
    assert.strictEqual(new Set(names.map(key)).size, 1_013)
    assert.strictEqual(expectedOf(makeWorld({ repositories: names })).checked, 1_013)
  })

  it.prop(
    "is the same for the same seed, and another for another",
    { seed: FastCheck.string(), repositories: FastCheck.integer({ min: 20, max: 60 }) },
    ({ repositories, seed }) => {
      const world = makeWorld({ seed, repositories })
      assert.deepStrictEqual(world, makeWorld({ seed, repositories }))
      assert.notDeepEqual(world.listed, makeWorld({ seed: `${seed}-`, repositories }).listed)
    },
    { fastCheck: { numRuns: 20 } }
  )

  it.prop(
    "means what it says of every repository",
    { seed: FastCheck.string(), repositories: FastCheck.integer({ min: 1, max: 300 }) },
    ({ repositories, seed }) => {
      const world = makeWorld({ seed, repositories })
      for (const { asked, image, now, outcome } of world.listed) {
        const dockerfile = ["Dockerfile", "docker/Dockerfile", "build/Dockerfile"].some((path) => now?.files.has(path))
        const candidate = now === undefined ? Option.none() : hubCandidate(now.name)
        const there = Option.match(candidate, { onNone: () => false, onSome: (id) => world.images.has(id) })
        assert.strictEqual(now === undefined, outcome === "unknown")
        assert.strictEqual(dockerfile, outcome === "hit" || outcome === "miss", key(asked))
        if (dockerfile) assert.strictEqual(there, outcome === "hit", key(asked))
        assert.strictEqual(image, outcome === "hit" ? Option.getOrThrow(candidate) : undefined)
      }
    },
    { fastCheck: { numRuns: 50 } }
  )

  it("holds the cases that fool a census", () => {
    const world = makeWorld({ repositories: 1_000 })
    const { links } = expectedOf(world)
    const some = (holds: (one: World["listed"][number]) => boolean) => assert.isTrue(world.listed.some(holds))
    some(({ now, outcome }) => outcome === "none" && (now?.files.has("Dockerfile/alpine.dockerfile") ?? false))
    some(({ now }) => now !== undefined && now.headOid === undefined)
    some(({ asked, now, outcome }) => outcome === "hit" && now !== undefined && key(now.name) !== key(asked))
    some(({ now, outcome }) =>
      outcome === "hit" && now !== undefined && !now.files.has("Dockerfile") && now.files.has("docker/Dockerfile")
    )
    some(({ now, outcome }) =>
      outcome === "none" && now !== undefined &&
      Option.exists(hubCandidate(now.name), (id) => world.images.has(id))
    )
    some(({ now, outcome }) => outcome === "miss" && now !== undefined && Option.isNone(hubCandidate(now.name)))
    assert.isTrue(Array.from(links.values()).some((repositories) => repositories.length > 1))
    const crowd = Array.from(world.images.values()).filter(({ namespace }) => namespace === world.crowded)
    assert.strictEqual(crowd.length, crowdedSize)
  })
})
