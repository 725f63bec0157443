/**
 * What refers to a digest (distribution-spec, "Listing Referrers" and "Referrers Tag Schema").
 */
import { Effect, Option, Schema } from "effect"
import { Digest, referrersTag } from "../../domain/Digest.js"
import type { CensusError } from "../../domain/Errors.js"
import type { ImageReference } from "../../domain/ImageReference.js"
import { jsonOf } from "../../domain/JsonText.js"
import type { Referrer } from "../../services/OciRegistry.js"
import { type Calls, wordsFor } from "./calls.js"
import type { Core } from "./core.js"
import { malformed } from "./failures.js"
import type { Manifests } from "./manifests.js"
import { maxDocumentBytes, type Settled } from "./options.js"
import { advance } from "./tags.js"
import type { Call } from "./transport.js"

const ReferrersIndex = jsonOf(Schema.Struct({
  manifests: Schema.NullOr(Schema.Array(Schema.Struct({
    mediaType: Schema.String,
    digest: Digest,
    size: Schema.NonNegativeInt,
    artifactType: Schema.optional(Schema.String),
    annotations: Schema.optional(Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.String })))
  })))
}))

const decode = Schema.decodeUnknownOption(ReferrersIndex)

/** Reads an index of referrers. */
export const referrersIn = (bytes: Uint8Array): Option.Option<ReadonlyArray<Referrer>> =>
  Option.map(
    decode(Buffer.from(bytes).toString("utf8")),
    ({ manifests }) =>
      (manifests ?? []).map(({ annotations, artifactType, digest, mediaType, size }) => ({
        digest,
        mediaType,
        size,
        artifactType: Option.fromNullable(artifactType),
        annotations: annotations ?? {}
      }))
  )

// 404: no such API here (or nothing by that name), 400 and 405 are met at registries that never heard of it.
const answers: ReadonlySet<number> = new Set([200, 404, 400, 405])

const unreadable = (reference: ImageReference) =>
  malformed(reference.registry, `the referrers of ${wordsFor(reference)}: the answer is no image index`)

/** `referrers`. */
export const makeReferrers = (core: Core, calls: Calls, manifests: Manifests, options: Settled) => {
  const fallback = (reference: ImageReference, digest: Digest) =>
    manifests.manifest({ ...reference, tag: Option.some(referrersTag(digest)), digest: Option.none() }).pipe(
      Effect.flatMap(({ bytes }) =>
        Option.match(referrersIn(bytes), {
          onNone: () => Effect.fail<CensusError>(unreadable(reference)),
          onSome: (found) => Effect.succeed(found)
        })
      ),
      Effect.catchTag("NOT_FOUND", () => Effect.succeed<ReadonlyArray<Referrer>>([]))
    )

  const pages = (reference: ImageReference, digest: Digest, first: Call) =>
    Effect.gen(function*() {
      const found: Array<Referrer> = []
      const seen = new Set<string>()
      let call = first
      while (true) {
        if (seen.has(call.url.href) || seen.size >= options.maxTagPages) {
          return yield* malformed(reference.registry, `${call.what}: the listing does not end`)
        }
        seen.add(call.url.href)
        const { bytes, reply } = yield* core.whole(call, answers, maxDocumentBytes)
        if (reply.status !== 200) return yield* fallback(reference, digest)
        const page = referrersIn(bytes)
        if (Option.isNone(page)) return yield* unreadable(reference)
        for (const one of page.value) found.push(one)
        const next = yield* advance(call, reply)
        if (Option.isNone(next)) return found
        call = next.value
      }
    })

  return Effect.fn("OciRegistry.referrers")(
    function*(reference: ImageReference, { artifactType }: { readonly artifactType?: string } = {}) {
      const digest = Option.isSome(reference.digest)
        ? reference.digest.value
        : (yield* manifests.resolve(reference)).digest
      const query = artifactType === undefined ? "" : `?${new URLSearchParams({ artifactType }).toString()}`
      const found = yield* pages(
        reference,
        digest,
        calls.reading(reference, {
          method: "GET",
          path: `referrers/${digest}${query}`,
          what: `the referrers of ${wordsFor(reference)}`
        })
      )
      // A registry may leave the filtering to us (`OCI-Filters-Applied`); doing it twice changes nothing.
      return artifactType === undefined
        ? found
        : found.filter((one) => Option.contains(one.artifactType, artifactType))
    }
  )
}
