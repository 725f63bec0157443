/**
 * What registries cost: requests, and the rate of digests beside a bare loop of the same HTTP library.
 */
import { Console, Duration, Effect, Either, Layer, Option } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Agent, request } from "undici"
import { type ImageReference, parse } from "../../src/domain/ImageReference.js"
import * as Budgets from "../../src/layers/budgets/RateBudgetsMemory.js"
import * as HttpClientUndici from "../../src/layers/http/HttpClientUndici.js"
import * as CacheMemory from "../../src/layers/registry/ContentCacheMemory.js"
import * as OciRegistryHttp from "../../src/layers/registry/OciRegistryHttp.js"
import * as CredentialsMemory from "../../src/layers/registry/RegistryCredentialsMemory.js"
import { lookup } from "../../src/programs/registry/Lookup.js"
import { ContentCache } from "../../src/services/ContentCache.js"
import { OciRegistry } from "../../src/services/OciRegistry.js"
import { makeImage } from "../layers/registry/images.js"
import { type RunningRegistry, startRegistry } from "../sandbox/registry/server.js"

const reference = (text: string): ImageReference => Either.getOrThrow(parse(text))

const client = (cache: typeof ContentCache.Service) =>
  OciRegistryHttp.layer({ concurrency: 32, longestWait: Duration.seconds(5) }).pipe(
    Layer.provide(Layer.mergeAll(
      HttpClientUndici.layer({ version: "0.0.0", address: "https://example.org" }),
      Budgets.layer,
      CredentialsMemory.layer()
    )),
    Layer.provideMerge(Layer.succeed(ContentCache, cache))
  )

const resolveAll = (references: ReadonlyArray<ImageReference>) =>
  Effect.gen(function*() {
    const registry = yield* OciRegistry
    yield* Effect.forEach(references, (one) => registry.resolve(one), { concurrency: 32, discard: true })
  })

const figures = ({ store }: RunningRegistry): string =>
  `${store.counts.requests} requests: ${store.counts.challenges} challenges, ${store.counts.tokens} tokens, ${store.counts.heads} HEADs, ` +
  `${store.counts.pulls} GETs of manifests, ${store.counts.other} others`

const image = makeImage("bench")

const fill = ({ store }: RunningRegistry, repository: string, tags: ReadonlyArray<string>): void => {
  for (const bytes of image.blobs) store.putBlob(repository, bytes)
  for (const manifest of image.manifests) {
    store.putManifest(repository, manifest.digest, manifest.bytes, manifest.mediaType)
  }
  for (const tag of tags) store.putManifest(repository, tag, image.index.bytes, image.index.mediaType)
}

/** N images over R registries, digests only: R challenges, a token for each repository, N HEADs, nothing else. */
const digestsOnly = Effect.scoped(Effect.gen(function*() {
  const registries = yield* Effect.all([
    startRegistry({ kind: "ghcr" }),
    startRegistry({ kind: "dockerhub" }),
    startRegistry({ kind: "ghcr" })
  ])
  const repositories = 20
  const images = registries.flatMap((registry) =>
    Array.from({ length: 100 }, (_, n) => ({ registry, repository: `o/n${n % repositories}`, tag: `t${n}` }))
  )
  for (const { registry, repository, tag } of images) fill(registry, repository, [tag])
  yield* resolveAll(images.map(({ registry, repository, tag }) => reference(`${registry.host}/${repository}:${tag}`)))
    .pipe(Effect.provide(client(CacheMemory.make())))
  const sum = (read: (registry: RunningRegistry) => number) => registries.reduce((all, one) => all + read(one), 0)
  const [challenges, tokens, heads, all] = [
    sum(({ store }) => store.counts.challenges),
    sum(({ store }) => store.counts.tokens),
    sum(({ store }) => store.counts.heads),
    sum(({ store }) => store.counts.requests)
  ]
  yield* Console.log(
    `registry: digests of ${images.length} images in ${repositories} repositories of each of ${registries.length} ` +
      `registries: ${challenges} challenges, ${tokens} tokens, ${heads} HEADs, ${all} requests in all`
  )
  return challenges === registries.length && tokens === registries.length * repositories && heads === images.length &&
    all === challenges + tokens + heads
}))

const heads = 20_000
const atOnce = 32

const server = Effect.acquireRelease(
  Effect.async<{ readonly child: ChildProcess; readonly host: string }>((resume) => {
    const child = fork(fileURLToPath(new URL("registryServer.ts", import.meta.url)), [], { execArgv: process.execArgv })
    child.once("message", (host) => resume(Effect.succeed({ child, host: String(host) })))
  }),
  ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
)

const timed = <E, R>(effect: Effect.Effect<void, E, R>) =>
  Effect.map(Effect.timed(effect), ([duration]) => heads / Duration.toSeconds(duration))

// `reset`: what undici does with a connection after a HEAD. It closes it unless it is told not to, as our client tells it.
const bareLoop = (host: string, reset: boolean) =>
  Effect.promise(async () => {
    const dispatcher = new Agent({ connections: atOnce })
    let next = 0
    const loop = async () => {
      while (next < heads) {
        const n = next++
        const { body, headers } = await request(`http://${host}/v2/o/n/manifests/t${n}`, {
          method: "HEAD",
          dispatcher,
          reset
        })
        await body.dump()
        if (headers["docker-content-digest"] === undefined) throw new Error("no digest")
      }
    }
    await Promise.all(Array.from({ length: atOnce }, loop))
    await dispatcher.destroy()
  })

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** Digests at concurrency 32 on loopback: at least 60 % of the rate of a bare loop over the same HEADs. */
const rate = Effect.scoped(Effect.gen(function*() {
  const { host } = yield* server
  const references = Array.from({ length: heads }, (_, n) => reference(`${host}/o/n:t${n}`))
  const ours = timed(resolveAll(references)).pipe(Effect.provide(client(CacheMemory.make())))
  const usual = timed(bareLoop(host, true))
  const keeping = timed(bareLoop(host, false))
  // Taken in turn, so that what else the machine does falls on all.
  const runs = yield* Effect.forEach(Array.from({ length: 3 }), () => Effect.all({ usual, keeping, ours }))
  const rate = (name: "usual" | "keeping" | "ours") => median(runs.map((run) => run[name]))
  const beside = (name: "usual" | "keeping") =>
    `${Math.round(rate(name))}/s, of which ours is ${Math.round(100 * rate("ours") / rate(name))} %`
  yield* Console.log(
    `registry: ${heads} HEADs at concurrency ${atOnce}: ${Math.round(rate("ours"))}/s; ` +
      `a bare undici loop ${beside("usual")} (bound: 60 %); one that is told to keep its connections, as ours is, ` +
      beside("keeping")
  )
  return rate("ours") >= 0.6 * rate("usual")
}))

/** 1,000 references through `index`, with an empty and with a full cache. */
const indexes = Effect.scoped(Effect.gen(function*() {
  const registry = yield* startRegistry({ kind: "ghcr" })
  const count = 1_000
  const repositories = 50
  for (let n = 0; n < repositories; n++) {
    fill(registry, `o/n${n}`, Array.from({ length: count / repositories }, (_, tag) => `t${tag}`))
  }
  const references = Array.from(
    { length: count },
    (_, n) => reference(`${registry.host}/o/n${n % repositories}:t${Math.floor(n / repositories)}`)
  )
  const cache = CacheMemory.make()
  const run = Effect.forEach(
    references,
    (one) => lookup(one, { type: Option.none(), head: false }),
    { concurrency: 32 }
  ).pipe(Effect.provide(client(cache)), Effect.timed)
  const [first, found] = yield* run
  yield* Console.log(
    `registry: ${count} references through index, empty cache: ${figures(registry)}, ${
      Duration.toMillis(first).toFixed(0)
    } ms`
  )
  const empty = registry.store.counts.requests
  registry.store.resetCounts()
  const [second] = yield* run
  yield* Console.log(
    `registry: the same, full cache: ${figures(registry)}, ${Duration.toMillis(second).toFixed(0)} ms`
  )
  const { challenges, pulls, requests, tokens } = registry.store.counts
  return found.every(Option.isSome) && pulls === 0 && requests === count + challenges + tokens && empty >= count
}))

/** All of them. False where a bound is broken. */
export const registryBench = Effect.map(
  Effect.all([digestsOnly, rate, indexes]),
  (held) => held.every((one) => one)
)
