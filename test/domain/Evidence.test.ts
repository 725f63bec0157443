import { describe, it } from "@effect/vitest"
import { FastCheck, Option } from "effect"
import { assert } from "vitest"
import {
  confidence,
  type Evidence,
  type EvidenceKind,
  halfLife,
  remaining,
  weightOf
} from "../../src/domain/Evidence.js"

const now = Date.parse("2026-11-21T00:00:00Z")
const kinds: ReadonlyArray<EvidenceKind> = ["name", "workflow", "official", "label", "manual"]

const piece = (kind: EvidenceKind, ageInDays?: number): Evidence => ({
  kind,
  firstSeen: 0,
  lastSeen: ageInDays === undefined ? now : now - ageInDays * 86_400_000,
  unseenSince: ageInDays === undefined ? Option.none() : Option.some(now),
  places: []
})

const after = (days: number) =>
  confidence({ registry: "docker.io", evidence: [piece("workflow", days)], state: "silent" }, now)

const anyEvidence = FastCheck.record({
  kind: FastCheck.constantFrom(...kinds),
  age: FastCheck.option(FastCheck.integer({ min: -10, max: 5000 }), { nil: undefined })
}).map(({ age, kind }) => piece(kind, age))

const registry = FastCheck.constantFrom("docker.io", "ghcr.io", "quay.io")
const state = FastCheck.constantFrom(
  "verified" as const,
  "contradicted" as const,
  "silent" as const,
  "not-looked-at" as const
)

describe("confidence", () => {
  it.each(
    [
      ["name", "docker.io", 0.6],
      ["name", "quay.io", 0.6],
      ["name", "ghcr.io", 0.9],
      ["workflow", "docker.io", 0.8],
      ["official", "docker.io", 0.95],
      ["label", "ghcr.io", 0.98],
      ["manual", "docker.io", 1]
    ] as const
  )("of %s alone at %s is %d", (kind, registry, expected) => {
    assert.strictEqual(confidence({ registry, evidence: [piece(kind)], state: "silent" }, now), expected)
  })

  it("of several pieces is what remains when all of them would have to be wrong", () => {
    const evidence = [piece("name"), piece("workflow")]
    assert.strictEqual(confidence({ registry: "docker.io", evidence, state: "not-looked-at" }, now), 0.92)
  })

  it("halves every 90 days after evidence was last seen", () => {
    assert.deepStrictEqual([0, 90, 180, 360].map(after), [0.8, 0.4, 0.2, 0.05])
  })

  it("is nothing where the image names another repository, unless a person knows better", () => {
    const link = { registry: "ghcr.io", state: "contradicted" } as const
    assert.strictEqual(confidence({ ...link, evidence: [piece("name"), piece("workflow")] }, now), 0)
    assert.strictEqual(confidence({ ...link, evidence: [piece("name"), piece("manual")] }, now), 1)
  })

  it.prop("is between 0 and 1 with two digits", { evidence: FastCheck.array(anyEvidence), registry, state }, (link) => {
    const value = confidence(link, now)
    return value >= 0 && value <= 1 && Math.round(value * 100) / 100 === value
  })

  it.prop(
    "never falls when evidence is added",
    { evidence: FastCheck.array(anyEvidence), more: anyEvidence, registry },
    ({ evidence, more, registry }) =>
      confidence({ registry, evidence: [...evidence, more], state: "silent" }, now) >=
        confidence({ registry, evidence, state: "silent" }, now)
  )

  it.prop(
    "never rises while time passes",
    { evidence: FastCheck.array(anyEvidence), later: FastCheck.nat(10 * halfLife), registry, state },
    ({ later, ...link }) => confidence(link, now + later) <= confidence(link, now)
  )

  it.prop(
    "loses no weight while evidence is there",
    { kind: FastCheck.constantFrom(...kinds), registry },
    (given) =>
      remaining(piece(given.kind), given.registry, now + 10 * halfLife) === weightOf(given.kind, given.registry)
  )
})
