/**
 * What a census of a sandbox came to, beside what is true there.
 */
import { key } from "../../src/domain/GitHubRepository.js"
import type { Simulation } from "./Simulation.js"
import type { Published } from "./world/World.js"

const familiar = ({ registry, repository }: Published): string =>
  registry === "docker.io" ? repository : `${registry}/${repository}`

export interface Comparison {
  /** For people. */
  readonly lines: ReadonlyArray<string>
  /** Everything that carries its repository's name was found, and nothing that is not true. */
  readonly right: boolean
}

/** Compares images that were found, and links that were verified, with the world. */
export const compared = (
  { expected, state: { world } }: Pick<Simulation, "expected" | "state">,
  found: ReadonlyArray<string>,
  verified: ReadonlyArray<{ readonly repository: string; readonly image: string }>
): Comparison => {
  const published = [...world.published.values()]
  const owners = new Map(published.map((one) => [familiar(one), key(one.of)]))
  const present = new Map(
    world.listed.flatMap(({ asked, now }) => now === undefined ? [] : [[key(asked), key(now.name)]])
  )
  const real = new Set([...expected.links.keys(), ...owners.keys()])
  const wrong = found.filter((image) => !real.has(image))
  const byName = [...expected.links.keys()]
  const missed = byName.filter((image) => !found.includes(image))
  const lies = verified.filter(({ image, repository }) => {
    const name = repository.toLowerCase()
    return owners.get(image) !== (present.get(name) ?? name)
  })
  return {
    lines: [
      `The truth: ${real.size} images are published, ${byName.length} of them on Docker Hub under their repository's name.`,
      `Found: ${found.length - wrong.length}, all ${
        byName.length - missed.length
      } of those among them; ${wrong.length} wrong ones.`,
      `Links that the images' own labels confirm: ${verified.length}, ${lies.length} wrong ones.`
    ],
    right: wrong.length === 0 && missed.length === 0 && lies.length === 0
  }
}
