/**
 * What can be seen of a manifest or an index without holding it to its whole schema: its type, and what it names.
 */
import { Either, Schema } from "effect"
import { Digest } from "./Digest.js"
import { parse, problemIn } from "./JsonText.js"
import { Malformed } from "./Malformed.js"
import { ambiguousText, documentOf, isAmbiguous, maxValues, ociIndexType, ociManifestType } from "./OciDocuments.js"

const Shape = Schema.Struct({
  mediaType: Schema.optional(Schema.Unknown),
  manifests: Schema.optional(Schema.Unknown),
  layers: Schema.optional(Schema.Unknown),
  config: Schema.optional(Schema.Unknown)
})

const decodeShape = Schema.decodeUnknownOption(Shape)

const refuse = (reason: Malformed["reason"], message: string) =>
  new Malformed({ what: "manifest", input: "", reason, message })

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** What a document says or shows of its type; empty where it does not. */
export interface OwnType {
  /** Its `mediaType`. */
  readonly declared: string
  /** The OCI's type for its form. */
  readonly shown: string
}

/**
 * The type that a body gives itself, or shows by its form. Fails with reason `format` for what is no JSON object, and with
 * `unsupported` for what is too deep or has too many values, or an index and an image at once; the message is the end of a sentence that begins
 * with the body's name.
 */
export const ownType = (bytes: Uint8Array): Either.Either<OwnType, Malformed> =>
  Either.gen(function*() {
    const document = yield* parse(textOf(bytes), maxValues)
    if (isAmbiguous(document)) return yield* Either.left(refuse("unsupported", ambiguousText))
    const { config, layers, manifests, mediaType } = yield* Either.fromOption(
      decodeShape(document),
      () => refuse("format", "is no JSON object")
    )
    return {
      declared: typeof mediaType === "string" ? mediaType : "",
      shown: Array.isArray(manifests)
        ? ociIndexType
        : config !== undefined && Array.isArray(layers)
        ? ociManifestType
        : ""
    }
  })

/** Layers that no registry has to keep: they are fetched from the addresses in their descriptors. */
export const isForeignLayer = (mediaType: string): boolean =>
  mediaType.includes(".foreign.") || mediaType.includes(".nondistributable.")

const Named = Schema.Struct({
  mediaType: Schema.optionalWith(Schema.String, { default: () => "" }),
  digest: Digest,
  size: Schema.NonNegativeInt
})

const Document = documentOf(Schema.Struct({
  manifests: Schema.optional(Schema.NullOr(Schema.Array(Named))),
  config: Schema.optional(Named),
  layers: Schema.optional(Schema.NullOr(Schema.Array(Named)))
}))

const decode = Schema.decodeUnknownEither(Document)

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
  Either.mapBoth(decode(textOf(bytes)), {
    onLeft: (error) => refuse("format", `the manifest names its children in no known way: ${problemIn(error)}`),
    onRight: ({ config, layers, manifests }) => {
      const all = [...(config === undefined ? [] : [config]), ...(layers ?? [])]
      const kept = all.filter(({ mediaType }) => !isForeignLayer(mediaType))
      return {
        manifests: [...new Set((manifests ?? []).map(({ digest }) => digest))],
        blobs: [...new Map(kept.map(({ digest, size }) => [digest, { digest, size }])).values()],
        foreign: all.length - kept.length
      }
    }
  })
