/**
 * What `deploy` reads: objects to be pushed, and where to copy from what they name (docker-library/meta-scripts,
 * "deploy"). Reading makes every reference and every source definite.
 */
import { Either, Option, Schema } from "effect"
import { digestOf } from "./ContentDigest.js"
import { type Digest, parse as parseDigest } from "./Digest.js"
import { type ImageReference, parseNormalized } from "./ImageReference.js"
import { rawMember } from "./JsonDocuments.js"
import { jsonOf } from "./JsonText.js"
import { Malformed } from "./Malformed.js"
import { ownType } from "./ManifestShape.js"

const Input = jsonOf(Schema.Struct({
  type: Schema.Literal("manifest", "blob"),
  refs: Schema.Array(Schema.String),
  data: Schema.optional(
    Schema.NullOr(Schema.Union(Schema.String, Schema.Record({ key: Schema.String, value: Schema.Unknown })))
  ),
  lookup: Schema.optional(Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.String })))
}))

/** An object to be pushed, with everything decided. */
export interface DeployInput {
  readonly type: "manifest" | "blob"
  /** Each has a tag or a digest; those without a tag have the object's digest. */
  readonly refs: ReadonlyArray<ImageReference>
  /** The object itself; none where it is to be copied. */
  readonly data: Option.Option<Uint8Array>
  /** The media type that a manifest gives itself; empty for blobs and where there is none. */
  readonly mediaType: string
  /** Where to copy children from, by their digest. */
  readonly lookup: ReadonlyMap<Digest, ImageReference>
  /** Where to copy all other children from, by their digests. */
  readonly fallback: Option.Option<ImageReference>
  /** Where to copy the object itself from, where it has no data. */
  readonly copyFrom: Option.Option<ImageReference>
}

const refuse = (message: string, reason: Malformed["reason"] = "format") =>
  Either.left(new Malformed({ what: "deploy input", input: "", reason, message }))

const decode = Schema.decodeUnknownEither(Input)

const base64 = (text: string): Either.Either<Uint8Array, Malformed> =>
  /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0
    ? Either.right(Buffer.from(text, "base64"))
    : refuse("data is not base64")

const MediaType = jsonOf(Schema.Struct({ mediaType: Schema.String }))
const decodeType = Schema.decodeUnknownOption(MediaType)

const typeOf = (data: Option.Option<Uint8Array>): string =>
  Option.match(Option.flatMap(data, (bytes) => decodeType(Buffer.from(bytes).toString("utf8"))), {
    onNone: () => "",
    onSome: ({ mediaType }) => mediaType
  })

const readRef = (text: string): Either.Either<ImageReference, Malformed> =>
  Either.mapLeft(
    parseNormalized(text),
    (error) =>
      new Malformed({
        what: "deploy input",
        input: text,
        reason: error.reason,
        message: `failed to parse ref: ${error.message}`
      })
  )

const lookupOf = (raw: Readonly<Record<string, string>>) =>
  Either.gen(function*() {
    const lookup = new Map<Digest, ImageReference>()
    let fallback = Option.none<ImageReference>()
    for (const [key, text] of Object.entries(raw)) {
      const reference = yield* readRef(text)
      if (key === "") fallback = Option.some(reference)
      else {
        const digest = yield* parseDigest(key)
        const asked = reference.digest
        if (Option.isSome(asked) && asked.value !== digest) {
          return yield* refuse(`lookup of ${key} names another digest: ${asked.value}`)
        }
        lookup.set(digest, { ...reference, digest: Option.some(digest) })
      }
    }
    return { lookup, fallback }
  })

const dataOf = (text: string, data: unknown): Either.Either<Option.Option<Uint8Array>, Malformed> => {
  if (data === undefined || data === null) return Either.right(Option.none())
  return typeof data === "string"
    ? Either.map(base64(data), Option.some)
    : Either.right(Option.map(rawMember(text, "data"), (raw) => Buffer.from(raw, "utf8")))
}

// What nobody should read is pushed nowhere. What is no JSON at all is for the registry to refuse.
const askable = (manifest: Uint8Array): Either.Either<void, Malformed> =>
  Either.match(ownType(manifest), {
    onLeft: ({ message, reason }) =>
      reason === "unsupported" ? refuse(`the manifest in data ${message}`, reason) : Either.void,
    onRight: () => Either.void
  })

// Without data and without a digest of its own, the object is what the fallback names, or the only one looked up.
const onlyDigest = (
  lookup: ReadonlyMap<Digest, ImageReference>,
  fallback: Option.Option<ImageReference>
): Option.Option<Digest> => {
  const [first, ...more] = lookup.keys()
  return Option.orElse(
    Option.flatMap(fallback, ({ digest }) => digest),
    () => more.length === 0 && Option.isNone(fallback) ? Option.fromNullable(first) : Option.none()
  )
}

// The digest that references and data agree on; none where only tags were given.
const agreed = (refs: ReadonlyArray<ImageReference>, data: Option.Option<Uint8Array>) => {
  const said = [
    ...Option.toArray(Option.map(data, (bytes) => digestOf(bytes))),
    ...refs.flatMap(({ digest }) => Option.toArray(digest))
  ]
  const other = said.find((digest) => digest !== said[0])
  return other === undefined
    ? Either.right(Option.fromNullable(said[0]))
    : refuse(`refs digest mismatch in ${other}: expected ${said[0]}`)
}

/** Reads one object. Everything that is wrong about it is told before anything is pushed. */
export const parse = (text: string): Either.Either<DeployInput, Malformed> =>
  Either.gen(function*() {
    const raw = yield* Either.orElse(decode(text), () =>
      refuse(`expected {"type": "manifest"|"blob", "refs": [...], "data": …, "lookup": {…}}`))
    if (raw.refs.length === 0) {
      return yield* refuse("refs is empty: nothing says where to push to")
    }
    const data = yield* dataOf(text, raw.data)
    if (raw.type === "manifest" && Option.isSome(data)) {
      yield* askable(data.value)
    }
    const refs = yield* Either.all(raw.refs.map(readRef))
    const { fallback, lookup } = yield* lookupOf(raw.lookup ?? {})
    const given = yield* agreed(refs, data)
    const digest = Option.orElse(given, () =>
      Option.isSome(data) ? Option.none() : onlyDigest(lookup, fallback))
    const complete = refs.map((reference) => ({ ...reference, digest }))
    const lost = complete.find((reference) => Option.isNone(reference.tag) && Option.isNone(reference.digest))
    if (lost !== undefined) return yield* refuse(`${lost.repository} has neither tag nor digest, and there is no data`)
    if (raw.type === "blob" && Option.isNone(digest)) return yield* refuse("a blob needs data or a digest")
    const source = Option.orElse(Option.flatMapNullable(digest, (digest) => lookup.get(digest)), () => fallback)
    if (Option.isNone(data) && Option.isNone(source)) {
      return yield* refuse(`there is no data for ${raw.refs.join(", ")}, and lookup does not say where to copy it from`)
    }
    const copyFrom = Option.isSome(data)
      ? Option.none<ImageReference>()
      : Option.map(source, (reference) => ({ ...reference, digest: Option.orElse(digest, () => reference.digest) }))
    return {
      type: raw.type,
      refs: complete,
      data,
      mediaType: raw.type === "manifest" ? typeOf(data) : "",
      lookup,
      fallback: Option.map(fallback, (reference) => ({ ...reference, digest: Option.none() })),
      copyFrom
    }
  })
