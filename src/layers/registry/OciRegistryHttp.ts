/**
 * `OciRegistry` over HTTP.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import { Duration, Effect, Layer, Stream } from "effect"
import type { Digest } from "../../domain/Digest.js"
import type { CensusError } from "../../domain/Errors.js"
import type { ImageReference } from "../../domain/ImageReference.js"
import { ContentCache } from "../../services/ContentCache.js"
import { OciRegistry, type RegistryRepository } from "../../services/OciRegistry.js"
import { RateBudgets } from "../../services/RateBudgets.js"
import { RegistryCredentials } from "../../services/RegistryCredentials.js"
import { Connections } from "../http/Connections.js"
import { askable } from "./askable.js"
import { makeBlobs } from "./blobs.js"
import { makeCalls } from "./calls.js"
import { at, makeCopy } from "./copy.js"
import { makeCore } from "./core.js"
import { makeDeadlines } from "./deadlines.js"
import { makeManifests } from "./manifests.js"
import { makeNamedBy } from "./namedBy.js"
import { type OciRegistryOptions, settle } from "./options.js"
import { makePush } from "./push.js"
import { makeReferrers } from "./referrers.js"
import { makeTags } from "./tags.js"
import { makeUploads } from "./uploads.js"
import { makeWays } from "./ways.js"

/** A client with its own tokens, lanes and memory of tags; cache, budgets and credentials are the services'. */
export const make = Effect.fnUntraced(function*(given: OciRegistryOptions = {}) {
  const options = settle(given)
  const cache = yield* ContentCache
  const ways = makeWays(yield* HttpClient.HttpClient, yield* Effect.serviceOption(Connections))
  const deadlines = yield* makeDeadlines(Duration.toMillis(options.timeout))
  const core = makeCore(ways, yield* RateBudgets, yield* RegistryCredentials, options, deadlines)
  const calls = makeCalls(options.mirrors)
  const manifests = makeManifests(core, calls, cache, options)
  const blobs = makeBlobs(core, calls, cache, options)
  const listing = makeTags(core, calls, options)
  const uploads = makeUploads(core, ways, calls, options)
  // What labels name is read in the same lanes and with the same tokens and cache, but no further than the internet.
  const publicCalls = makeCalls(options.mirrors, "public")
  const elsewhere = {
    manifest: makeManifests(core, publicCalls, cache, options).manifest,
    document: makeBlobs(core, publicCalls, cache, options).document
  }
  const push = makePush(core, calls, uploads, manifests.forget)

  const transfer = (
    source: RegistryRepository,
    target: RegistryRepository,
    digest: Digest,
    size: number
  ): Effect.Effect<"mounted" | "uploaded", CensusError> =>
    Effect.gen(function*() {
      const offered = source.registry === target.registry && source.repository !== target.repository
        ? yield* uploads.mountOrOpen(target, digest, source.repository)
        : undefined
      if (offered === "mounted") return "mounted"
      const bytes = Stream.unwrap(Effect.map(blobs.blob(at(source, digest)), (blob) => blob.bytes))
      yield* uploads.upload(target, { digest, size, bytes }, undefined, offered)
      return "uploaded"
    })

  const { copy, copyBlob } = makeCopy({
    manifest: manifests.manifest,
    has: push.has,
    pushManifest: push.pushManifest,
    transfer
  })

  const service: typeof OciRegistry.Service = {
    resolve: (reference, kind = "manifest") =>
      kind === "blob"
        ? blobs.resolve(reference)
        : Effect.withSpan(manifests.resolve(reference), "OciRegistry.resolve", { captureStackTrace: false }),
    manifest: (reference: ImageReference) => Effect.withSpan(manifests.manifest(reference), "OciRegistry.manifest"),
    blob: blobs.blob,
    document: blobs.document,
    tags: listing.tags,
    referrers: makeReferrers(core, calls, manifests, options),
    namedBy: makeNamedBy({ manifest: manifests.manifest, document: blobs.document }, elsewhere, [
      ...options.configured,
      ...options.mirrors.map(({ registry }) => registry)
    ]),
    has: push.has,
    pushManifest: push.pushManifest,
    pushBlob: push.pushBlob,
    mount: (repository, digest, from) =>
      Effect.map(uploads.mountOrOpen(repository, digest, from), (how) => how === "mounted"),
    copy,
    copyBlob
  }
  return askable(service)
})

/** The client as a layer. */
export const layer = (
  options: OciRegistryOptions = {}
): Layer.Layer<OciRegistry, never, HttpClient.HttpClient | RateBudgets | RegistryCredentials | ContentCache> =>
  Layer.scoped(OciRegistry, make(options))
