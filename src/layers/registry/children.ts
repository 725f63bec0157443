/**
 * What a manifest or an index names.
 */
import { Effect, Option, Schema } from "effect"
import { Digest } from "../../domain/Digest.js"
import type { Transient } from "../../domain/Errors.js"
import type { RegistryManifest } from "../../services/OciRegistry.js"
import { malformed } from "./failures.js"
import { isForeignLayer } from "./mediaTypes.js"

const Descriptor = Schema.Struct({
  mediaType: Schema.optionalWith(Schema.String, { default: () => "" }),
  digest: Digest,
  size: Schema.NonNegativeInt
})

const Document = Schema.parseJson(Schema.Struct({
  manifests: Schema.optional(Schema.NullOr(Schema.Array(Descriptor))),
  config: Schema.optional(Descriptor),
  layers: Schema.optional(Schema.NullOr(Schema.Array(Descriptor)))
}))

const decode = Schema.decodeUnknownOption(Document)

/** The children of a manifest, each once. */
export interface Children {
  readonly manifests: ReadonlyArray<Digest>
  /** Sizes are in bytes. */
  readonly blobs: ReadonlyArray<{ readonly digest: Digest; readonly size: number }>
  /** How many layers are not kept by registries. */
  readonly foreign: number
}

/** Reads the children of a manifest. TRANSIENT `malformed` where it cannot be read. */
export const childrenOf = (service: string, manifest: RegistryManifest): Effect.Effect<Children, Transient> =>
  Option.match(decode(Buffer.from(manifest.bytes).toString("utf8")), {
    onNone: () => Effect.fail(malformed(service, `the manifest ${manifest.digest} names its children in no known way`)),
    onSome: ({ config, layers, manifests }) => {
      const all = [...(config === undefined ? [] : [config]), ...(layers ?? [])]
      const kept = all.filter(({ mediaType }) => !isForeignLayer(mediaType))
      return Effect.succeed<Children>({
        manifests: [...new Set((manifests ?? []).map(({ digest }) => digest))],
        blobs: [...new Map(kept.map(({ digest, size }) => [digest, { digest, size }])).values()],
        foreign: all.length - kept.length
      })
    }
  })
