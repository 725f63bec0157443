/**
 * Sandboxes that are used in several places.
 */
import type { SandboxOptions } from "./Sandbox.js"

/** As slow as the real services, roughly: GitHub 120 ms and 3 ms for each object, Docker Hub 60 ms. */
export const realistic = {
  github: { latency: "120 millis", perObject: "3 millis" },
  dockerhub: { latency: "60 millis" }
} as const satisfies SandboxOptions

/** An App with this many installations, and one that is suspended. */
export const installations = (count: number) => [
  ...Array.from({ length: count }, (_, i) => ({ id: 101 + i, account: `census-${i + 1}` })),
  { id: 900, account: "census-suspended", suspended: true }
]
