/**
 * Newer versions of 58 images on three registries, 60 ms from each: requests and time, beside what cannot be undercut.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import { Console, Duration, Effect, Either, Layer } from "effect"
import { Option } from "effect"
import { parse } from "../../src/domain/ImageReference.js"
import { linuxAmd64 } from "../../src/domain/Platform.js"
import { defaultPolicy } from "../../src/domain/UpdatePolicy.js"
import * as Budgets from "../../src/layers/budgets/RateBudgetsMemory.js"
import * as DockerHubRegistryHttp from "../../src/layers/dockerhub/DockerHubRegistryHttp.js"
import * as HttpClientUndici from "../../src/layers/http/HttpClientUndici.js"
import * as FirstSightsMemory from "../../src/layers/memory/FirstSightsMemory.js"
import * as CacheMemory from "../../src/layers/registry/ContentCacheMemory.js"
import * as OciRegistryHttp from "../../src/layers/registry/OciRegistryHttp.js"
import * as CredentialsMemory from "../../src/layers/registry/RegistryCredentialsMemory.js"
import * as ReleaseProjectsHttp from "../../src/layers/releases/ReleaseProjectsHttp.js"
import * as UpdateFinderRegistries from "../../src/layers/updates/UpdateFinderRegistries.js"
import { lookUpAll } from "../../src/programs/updates/Batch.js"
import type { UpdateQuestion } from "../../src/services/UpdateFinder.js"
import { line } from "./table.js"
import { startUpdatesWorld } from "./updatesWorld.js"

const latency = 60
const counts = { "docker.io": 22, "ghcr.io": 20, "quay.io": 16 } as const
/** As the program's setting has it. */
const inFlight = 6

const widths = [12, 9] as const

/** Prints, and says whether every answer was right and no request was made twice. */
export const updatesBench = Effect.scoped(Effect.gen(function*() {
  const world = yield* startUpdatesWorld(counts, latency)
  const finder = UpdateFinderRegistries.layer({ egress: "bench" }).pipe(
    Layer.provide(Layer.mergeAll(
      OciRegistryHttp.layer({
        concurrency: inFlight,
        rememberTags: true,
        mirrors: Object.entries(world.registries).map(([registry, { host }]) => ({
          registry,
          address: new URL(`http://${host}`)
        }))
      }).pipe(Layer.provide(Layer.merge(CacheMemory.layer(), CredentialsMemory.layer()))),
      DockerHubRegistryHttp.layer({ egress: "bench", baseUrl: `${world.hubApi.url}/v2` }),
      ReleaseProjectsHttp.layer({ githubUrl: world.github.url }),
      FirstSightsMemory.layer
    )),
    Layer.provide(Layer.merge(
      Budgets.layer,
      HttpClientUndici.layer({ version: "0.0.0", address: "https://example.org" })
    )),
    Layer.provide(NodeContext.layer)
  )
  const questions = world.running.map(({ registry, repository, tag }): UpdateQuestion => ({
    reference: Either.getOrThrow(parse(`${registry}/${repository}:${tag}`)),
    platform: linuxAmd64,
    policy: defaultPolicy,
    minAge: Duration.zero,
    source: Option.none()
  }))
  const before = process.cpuUsage()
  const [took, answers] = yield* Effect.timed(lookUpAll(questions)).pipe(Effect.provide(finder))
  const { system, user } = process.cpuUsage(before)

  // Each image: a token where tokens are asked for, and a page of 1,000 tags. One with an update: the two images of which
  // the size is told and a config with the labels; on the Hub a page of its tags, elsewhere the indexes of the newest
  // minor, the newest patch and of what runs. And once for each registry, who gives tokens.
  const rows = (["docker.io", "ghcr.io", "quay.io"] as const).map((registry) => {
    const here = world.running.filter((one) => one.registry === registry)
    const newer = here.filter((one) => one.newer).length
    const tokens = registry === "quay.io" ? 0 : here.length + 1
    const perUpdate = registry === "docker.io" ? 3 : 6
    const { challenges, heads, other, pulls, requests, tokens: taken } = world.registries[registry].store.counts
    return {
      registry,
      images: here.length,
      newer,
      requests,
      least: here.length + tokens + newer * perUpdate,
      detail: `${challenges} challenges, ${taken} tokens, ${heads} HEADs, ${pulls} manifests, ${other} others`
    }
  })
  const hubPages = rows.find(({ registry }) => registry === "docker.io")?.newer ?? 0
  const projects = rows.reduce((sum, { newer }) => sum + newer, 0)
  const parts = [
    ...rows,
    {
      registry: "Hub's API",
      requests: world.hubApi.count(),
      least: hubPages,
      detail: "one at a time",
      images: 0,
      newer: 0
    },
    { registry: "GitHub", requests: world.github.count(), least: projects, detail: "releases", images: 0, newer: 0 }
  ]
  const total = parts.reduce((sum, { requests }) => sum + requests, 0)
  const least = parts.reduce((sum, { least }) => sum + least, 0)
  const seconds = Duration.toSeconds(took)
  // The Hub's API takes one call at a time, a registry so many; all of them side by side, and before the last call of
  // each the others of its image.
  const bound = Math.max(
    hubPages * latency,
    ...rows.map(({ least }) => Math.ceil(least / inFlight) * latency)
  ) / 1000
  yield* Console.log(line(widths, ["", "requests", "least", "images", "newer"]))
  for (const { detail, images, least, newer, registry, requests } of parts) {
    yield* Console.log(`${line(widths, [registry, requests, least, images || "", newer || ""])}  ${detail}`)
  }
  yield* Console.log(
    `updates: ${questions.length} images on 3 registries, ${latency} ms each: ${total} requests (at least ${least}), ` +
      `${seconds.toFixed(2)} s (at least ${bound.toFixed(2)} s), of which ${
        ((system + user) / 1e6).toFixed(2)
      } s of CPU with ` +
      "the servers'"
  )
  const right = answers.every((answer, index) =>
    Either.isRight(answer) && answer.right.candidates.length > 0 === world.running[index]?.newer &&
    (answer.right.candidates.length === 0 || answer.right.candidates[0]?.version.text === "1.9.9")
  )
  if (!right) yield* Console.log("updates: an answer was wrong")
  return right && total <= least
}))
