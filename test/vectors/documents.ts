/**
 * `oci_documents` and `oci_index`.
 */
import { Either } from "effect"
import { sortManifests } from "../../src/domain/IndexOrder.js"
import * as Oci from "../../src/domain/OciDocuments.js"
import { type Check, type Checks, leftOut, parts, same, skip, text } from "./row.js"

const readers: Readonly<Record<string, (text: string) => Either.Either<unknown, unknown>>> = {
  manifest: Oci.parseManifest,
  imageIndex: Oci.parseIndex,
  descriptor: Oci.parseDescriptor,
  config: Oci.parseConfig,
  imageLayout: Oci.parseLayout,
  [Oci.ociManifestType]: Oci.parseManifest,
  [Oci.ociIndexType]: Oci.parseIndex,
  [Oci.ociConfigType]: Oci.parseConfig,
  "application/vnd.oci.descriptor.v1+json": Oci.parseDescriptor,
  "application/vnd.oci.layout.header.v1+json": Oci.parseLayout
}

const validated: Check = (row) => {
  const reader = readers[text(row, "kind")]
  return reader === undefined
    ? leftOut(`no such document: ${text(row, "kind")}`)
    : same(Either.isRight(reader(text(row, "document"))), row["fail"] !== true)
}

const example: Check = (row) => {
  const mediaType = decodeURIComponent(/mediatype=([^&]+)/.exec(text(row, "title"))?.[1] ?? "")
  const reader = readers[mediaType]
  return reader === undefined
    ? leftOut("an example whose media type the text does not tell")
    : same(Either.isRight(reader(text(row, "document"))), true)
}

export const documentChecks: Checks = {
  "opencontainers/image-spec TestManifest": validated,
  "opencontainers/image-spec TestImageIndex": validated,
  "opencontainers/image-spec TestDescriptor": validated,
  "opencontainers/image-spec TestConfig": validated,
  "opencontainers/image-spec TestImageLayout": validated,
  "opencontainers/image-spec spec examples": example,
  "containers/image TestGuessMIMEType": skip("the documents that it guesses at are not part of the vectors")
}

// As text, so that the order of keys counts where it is ours to choose; here the entries keep the order they came in.
const sorted: Check = (row) => {
  const digests = (name: string) => parts(row, name).map((one) => text(one, "digest"))
  const given = parts(row, "input").map((one) => ({ ...one, digest: text(one, "digest") }))
  return same(sortManifests(given).map(({ digest }) => digest), digests("expected"))
}

export const indexChecks: Checks = {
  "docker-library/meta-scripts oci-sort-manifests": sorted,
  "docker-library/meta-scripts lookup-test": skip(
    "recorded against Docker Hub: what was looked up is not part of the vectors"
  )
}
