/**
 * Which repositories the world is asked about: real names, or as many made-up ones as wanted.
 */
import { Either } from "effect"
import { readFileSync } from "node:fs"
import type { RepositoryName } from "../../../src/domain/GitHubRepository.js"
import { parse } from "../../../src/domain/GitHubRepository.js"
import { between, fraction } from "./seed.js"

/** The file with the names of 1,013 real repositories, one `owner/name` a line. */
export const realNamesFile = new URL("../data/repositories.txt", import.meta.url)

const lines = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line.trim() !== "")

/** The 1,013 real names (what the sandbox says about them is made up). */
export const realNames = (): ReadonlyArray<RepositoryName> =>
  lines(readFileSync(realNamesFile, "utf8")).flatMap((line) =>
    Either.match(parse(line), { onLeft: () => [], onRight: (name) => [name] })
  )

const adjectives = ["amber", "brisk", "calm", "dusty", "eager", "fuzzy", "grand", "hollow", "idle", "jolly", "keen"]
const nouns = ["acorn", "badger", "canal", "delta", "ember", "falcon", "glacier", "harbor", "iris", "juniper", "kiln"]
const things = ["api", "bot", "cache", "dash", "exporter", "gateway", "operator", "proxy", "server", "sync", "worker"]

const pick = (from: ReadonlyArray<string>, seed: string, ...purpose: ReadonlyArray<string>): string =>
  from[between(0, from.length - 1, seed, ...purpose)] ?? ""

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

// One in fifty is a name that GitHub takes and Docker Hub does not.
const repositoryName = (seed: string, i: number): string => {
  const n = String(i)
  const base = `${pick(adjectives, seed, "adjective", n)}-${pick(things, seed, "thing", n)}-${i}`
  const odd = fraction(seed, "odd", n)
  if (odd < 0.01) return `_${base}`
  if (odd < 0.02) return `${base}.`
  return odd < 0.2 ? base.split("-").map(capital).join("") : base
}

/**
 * `count` different names. One owner in eight has several repositories, and the first has one in a hundred of them
 * (at least ten, where there are a hundred).
 */
export const syntheticNames = (count: number, seed: string): ReadonlyArray<RepositoryName> => {
  const crowd = count >= 100 ? Math.max(10, Math.floor(count / 100)) : 0
  const names = new Array<RepositoryName>()
  for (let i = 0, owner = 0, left = crowd; i < count; i++) {
    if (left === 0) {
      owner++
      left = fraction(seed, "several", String(owner)) < 0.125 ? between(2, 6, seed, "how-many", String(owner)) : 1
    }
    const n = String(owner)
    const login = `${pick(adjectives, seed, "owner-a", n)}-${pick(nouns, seed, "owner-n", n)}-${owner}`
    names.push({
      owner: fraction(seed, "owner-case", n) < 0.2 ? login.split("-").map(capital).join("") : login,
      name: repositoryName(seed, i)
    })
    left--
  }
  return names
}
