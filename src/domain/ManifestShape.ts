/**
 * What can be seen of a manifest or an index without holding it to its whole schema: its type, and what it names.
 */
import { Either, Option, Schema } from "effect"
import { Digest } from "./Digest.js"
import { Malformed } from "./Malformed.js"
import { ociIndexType, ociManifestType } from "./OciDocuments.js"

const Shape = Schema.parseJson(Schema.Struct({
  mediaType: Schema.optional(Schema.Unknown),
  manifests: Schema.optional(Schema.Unknown),
  layers: Schema.optional(Schema.Unknown),
  config: Schema.optional(Schema.Unknown)
}))

const decodeShape = Schema.decodeUnknownOption(Shape)

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** The type that a body gives itself, or shows by its form; none where it is no JSON object. Empty: it shows nothing. */
export const ownType = (bytes: Uint8Array): Option.Option<{ readonly declared: string; readonly shown: string }> =>
  Option.map(decodeShape(textOf(bytes)), (shape) => ({
    declared: typeof shape.mediaType === "string" ? shape.mediaType : "",
    shown: Array.isArray(shape.manifests)
      ? ociIndexType
      : shape.config !== undefined && Array.isArray(shape.layers)
      ? ociManifestType
      : ""
  }))

/** Layers that no registry has to keep: they are fetched from the addresses in their descriptors. */
export const isForeignLayer = (mediaType: string): boolean =>
  mediaType.includes(".foreign.") || mediaType.includes(".nondistributable.")

const Named = Schema.Struct({
  mediaType: Schema.optionalWith(Schema.String, { default: () => "" }),
  digest: Digest,
  size: Schema.NonNegativeInt
})

const Document = Schema.parseJson(Schema.Struct({
  manifests: Schema.optional(Schema.NullOr(Schema.Array(Named))),
  config: Schema.optional(Named),
  layers: Schema.optional(Schema.NullOr(Schema.Array(Named)))
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

/** Reads the children of a manifest or an index. */
export const childrenOf = (bytes: Uint8Array): Either.Either<Children, Malformed> =>
  Option.match(decode(textOf(bytes)), {
    onNone: () =>
      Either.left(
        new Malformed({
          what: "manifest",
          input: "",
          reason: "format",
          message: "the manifest names its children in no known way"
        })
      ),
    onSome: ({ config, layers, manifests }) => {
      const all = [...(config === undefined ? [] : [config]), ...(layers ?? [])]
      const kept = all.filter(({ mediaType }) => !isForeignLayer(mediaType))
      return Either.right({
        manifests: [...new Set((manifests ?? []).map(({ digest }) => digest))],
        blobs: [...new Map(kept.map(({ digest, size }) => [digest, { digest, size }])).values()],
        foreign: all.length - kept.length
      })
    }
  })
