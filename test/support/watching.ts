/**
 * Watching in a small world: registries whose tags a test moves, actions that a test decides on, a store in memory.
 */
import { Clock, DateTime, Duration, Effect, Either, Layer, Option, Ref } from "effect"
import { digestOf } from "../../src/domain/ContentDigest.js"
import type { Digest } from "../../src/domain/Digest.js"
import { type CensusError, NotFound, RateLimit, Transient } from "../../src/domain/Errors.js"
import { canonical, type ImageReference, parse } from "../../src/domain/ImageReference.js"
import { ociIndexType } from "../../src/domain/OciDocuments.js"
import type { WatchAction } from "../../src/domain/Watch.js"
import type { WatchEvent } from "../../src/domain/WatchEvent.js"
import * as RateBudgetsMemory from "../../src/layers/budgets/RateBudgetsMemory.js"
import * as ProcessBoardMemory from "../../src/layers/memory/ProcessBoardMemory.js"
import { emptyWatchTables } from "../../src/layers/memory/watches/tables.js"
import * as WatchStoreMemory from "../../src/layers/memory/WatchStoreMemory.js"
import * as OciRegistryMemory from "../../src/layers/registry/OciRegistryMemory.js"
import * as DigestWatcherRegistry from "../../src/layers/watch/DigestWatcherRegistry.js"
import { watch } from "../../src/programs/watch/Watch.js"
import { nothingYet, type WatchOptions } from "../../src/programs/watch/WatchOptions.js"
import { OciRegistry } from "../../src/services/OciRegistry.js"
import { type ActionResult, WatchActions } from "../../src/services/WatchActions.js"
import { WatchStore } from "../../src/services/WatchStore.js"
import { testProcess } from "./databases.js"

export const taken: ActionResult = { ok: true, result: "HTTP 204", output: Option.none(), retryAt: Option.none() }
export const refused: ActionResult = { ...taken, ok: false, result: "HTTP 500" }

/** What a receiver got. */
export interface Delivered {
  readonly id: string
  readonly reference: string
  readonly at: number
  readonly action: WatchAction
  readonly event: WatchEvent
}

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

/** An index with an image for each of two platforms and an attestation, by a version each. */
export const indexOf = (
  name: string,
  versions: { readonly amd64: number; readonly arm64: number; readonly attestation: number }
) => {
  const digest = (what: string) => digestOf(bytesOf(`${name} ${what}`))
  const image = (architecture: "amd64" | "arm64") => ({
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    size: 10,
    digest: digest(`${architecture} ${versions[architecture]}`),
    platform: { os: "linux", architecture }
  })
  const bytes = bytesOf({
    schemaVersion: 2,
    mediaType: ociIndexType,
    manifests: [image("amd64"), image("arm64"), {
      ...image("amd64"),
      digest: digest(`attestation ${versions.attestation}`),
      platform: { os: "unknown", architecture: "unknown" },
      annotations: { "vnd.docker.reference.type": "attestation-manifest" }
    }]
  })
  return { bytes, digest: digestOf(bytes), amd64: image("amd64").digest, arm64: image("arm64").digest }
}

/** A world with a store of its own. */
export const makeWatching = () => {
  const tables = emptyWatchTables()
  const tags = new Map<string, ReturnType<typeof indexOf>>()
  const contents = new Map<Digest, Uint8Array>()
  const failures = new Map<string, Effect.Effect<never, CensusError>>()
  const requests = { head: 0, get: 0, byRegistry: new Map<string, number>() }
  const received = new Array<Delivered>()
  const behaviour: { deliver: (event: WatchEvent, action: WatchAction) => Effect.Effect<ActionResult> } = {
    deliver: () => Effect.succeed(taken)
  }

  const asked = (reference: ImageReference, kind: "head" | "get") =>
    Effect.suspend(() => {
      const { registry } = reference
      requests[kind] += 1
      requests.byRegistry.set(registry, (requests.byRegistry.get(registry) ?? 0) + 1)
      return failures.get(canonical(reference)) ?? failures.get(registry) ?? Effect.void
    })

  const registry = {
    ...OciRegistryMemory.make(),
    resolve: (reference: ImageReference) =>
      Effect.gen(function*() {
        yield* asked(reference, "head")
        const found = tags.get(canonical(reference))
        if (found === undefined) return yield* new NotFound({ service: reference.registry, what: canonical(reference) })
        return { digest: found.digest, mediaType: ociIndexType, size: Option.none() }
      }),
    manifest: (reference: ImageReference) =>
      Effect.gen(function*() {
        yield* asked(reference, "get")
        const digest = Option.getOrUndefined(reference.digest)
        const bytes = digest === undefined ? undefined : contents.get(digest)
        if (digest === undefined || bytes === undefined) {
          return yield* new NotFound({ service: reference.registry, what: canonical(reference) })
        }
        return { digest, mediaType: ociIndexType, bytes }
      })
  }

  /** Points a tag to an index of these versions. */
  const point = (text: string, amd64: number, arm64 = amd64, attestation = 0) => {
    const name = canonical(Either.getOrThrow(parse(text)))
    const index = indexOf(name, { amd64, arm64, attestation })
    tags.set(name, index)
    contents.set(index.digest, index.bytes)
    return index
  }

  const actions = WatchActions.of({
    problemOf: () => Effect.succeedNone,
    deliver: (event, action) =>
      Effect.gen(function*() {
        const at = yield* Clock.currentTimeMillis
        received.push({ id: event.id, reference: canonical(event.reference), at, action, event })
        return yield* behaviour.deliver(event, action)
      })
  })

  /** The store as a process sees it. */
  const storeOf = (holder: string) => WatchStoreMemory.make(holder, tables)

  const run = (options: Partial<WatchOptions> = {}, holder = "one") =>
    Effect.flatMap(Ref.make(nothingYet), (done) =>
      watch({ ...defaults, ...options }, done).pipe(
        Effect.provide(
          Layer.mergeAll(
            Layer.succeed(WatchStore, storeOf(holder)),
            Layer.succeed(WatchActions, actions),
            Layer.provide(DigestWatcherRegistry.layer, Layer.succeed(OciRegistry, registry)),
            Layer.provide(ProcessBoardMemory.layer(testProcess), RateBudgetsMemory.layer)
          )
        )
      ))

  return { store: storeOf("test"), storeOf, run, point, tags, failures, requests, received, behaviour }
}

const defaults: WatchOptions = {
  once: false,
  lease: Duration.minutes(10),
  jitter: 0,
  looksPerRegistry: 12,
  concurrency: 8,
  attempts: 5,
  deliveryLease: Duration.minutes(6),
  poll: Duration.minutes(1)
}

/** A registry that asks to wait. */
export const asksToWait = (registry: string, until: number): Effect.Effect<never, CensusError> =>
  Effect.fail(
    new RateLimit({
      budget: { service: registry, payer: "anonymous" },
      until: DateTime.unsafeMake(until),
      reason: "HTTP 429"
    })
  )

/** A registry that does not answer. */
export const down = (registry: string): Effect.Effect<never, CensusError> =>
  Effect.fail(new Transient({ service: registry, reason: "server", message: `${registry}: HTTP 503` }))
