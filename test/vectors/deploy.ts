/**
 * What `deploy` reads (`oci_index`): references, sources and whole inputs, as meta-scripts makes them definite.
 */
import { Either, Option } from "effect"
import { type DeployInput, parse } from "../../src/domain/DeployInput.js"
import { familiar, type ImageReference } from "../../src/domain/ImageReference.js"
import { type Check, type Checks, part, type Row, same, text, texts } from "./row.js"

const some = <A>(name: string, value: Option.Option<A>, show: (value: A) => unknown = (value) => value) =>
  Option.isSome(value) ? { [name]: show(value.value) } : {}

const entries = (lookup: DeployInput["lookup"]) =>
  [...lookup].map(([digest, reference]) => [digest, familiar(reference)] as const)

// The order of keys does not count, and what is missing is left out, as in their form.
const normal = (input: DeployInput) => {
  const lookup = Object.fromEntries([
    ...Option.toArray(Option.map(input.fallback, (reference) => ["", familiar(reference)] as const)),
    ...entries(input.lookup)
  ])
  return {
    type: input.type,
    refs: input.refs.map(familiar),
    ...some("data", input.data, (bytes) => Buffer.from(bytes).toString("base64")),
    ...(input.mediaType === "" ? {} : { mediaType: input.mediaType }),
    ...(Object.keys(lookup).length === 0 ? {} : { lookup }),
    ...some("copyFrom", input.copyFrom, familiar)
  }
}

const whole: Check = (row) =>
  same(Either.match(parse(text(row, "raw")), { onLeft: ({ message }) => message, onRight: normal }), {
    ...JSON.parse(text(row, "normal"))
  })

const fields = ({ digest, registry, repository, tag }: ImageReference) => ({
  Host: registry,
  Repository: repository,
  ...some("Tag", tag),
  ...some("Digest", digest)
})

// Their function only reads the references; ours also gives the one digest to all of them.
const refs: Check = (row) => {
  const read = parse(JSON.stringify({ type: "manifest", refs: texts(row, "rawRefs"), lookup: { "": "example/image" } }))
  const wanted = row["wantRefs"]
  return Array.isArray(wanted)
    ? same(
      Either.match(read, { onLeft: ({ message }) => message, onRight: ({ refs }) => refs.map(fields) }),
      wanted.map((one: Row) => ({ ...one, Digest: row["wantDigest"] }))
    )
    : same(
      Either.match(read, {
        onLeft: ({ message }) => message.slice(0, text(row, "wantErr").length),
        onRight: () => "accepted"
      }),
      text(row, "wantErr")
    )
}

const lookup: Check = (row) => {
  const raw = part(row, "rawLookup")
  const single = Object.keys(raw).length === 1
  // Several sources do not say what the object itself is.
  const data = single ? {} : { data: {} }
  const read = parse(JSON.stringify({ type: "manifest", refs: ["localhost:5000/target:tag"], lookup: raw, ...data }))
  return same(
    Either.match(read, {
      onLeft: ({ message }) => message,
      onRight: ({ lookup, refs }) => [
        Object.fromEntries([...lookup].map(([digest, reference]) => [digest, fields(reference)])),
        single ? refs.map(({ digest }) => Option.getOrElse(digest, () => "nil")) : ["nil"]
      ]
    }),
    [part(row, "wantLookup"), [row["wantDigest"]]]
  )
}

export const deployChecks: Checks = {
  "docker-library/meta-scripts TestNormalizeInput": whole,
  "docker-library/meta-scripts TestNormalizeInputRefs": refs,
  "docker-library/meta-scripts TestNormalizeInputLookup": lookup
}
