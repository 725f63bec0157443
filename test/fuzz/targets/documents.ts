/** Manifests, indexes and configs: whatever stands in them, they are read or Malformed. */
import { FastCheck as fc, Option } from "effect"
import { parseImageConfig } from "../../../src/domain/ImageConfig.js"
import { labelsOf, originOf, spokesman } from "../../../src/domain/ImageOrigin.js"
import { rawMember, split } from "../../../src/domain/JsonDocuments.js"
import { childrenOf, ownType } from "../../../src/domain/ManifestShape.js"
import * as Documents from "../../../src/domain/OciDocuments.js"
import { linuxAmd64 } from "../../../src/domain/Platform.js"
import { configOf, configSuits, imagesIn, manifestFor } from "../../../src/domain/PlatformManifest.js"
import { baseOf, parseSource } from "../../../src/domain/ReleaseNotes.js"
import { spoiling, spoilt } from "../documents.js"
import { must, pure, target } from "../Target.js"

const sha = (letter: string): string => `sha256:${letter.repeat(64)}`

const config = {
  created: "2026-01-01T00:00:00Z",
  architecture: "amd64",
  os: "linux",
  config: {
    Labels: {
      "org.opencontainers.image.source": "https://github.com/acme/app",
      "org.opencontainers.image.base.name": "docker.io/library/alpine:3"
    }
  },
  rootfs: { type: "layers", diff_ids: [sha("a")] }
}

const manifest = {
  schemaVersion: 2,
  mediaType: Documents.ociManifestType,
  config: { mediaType: Documents.ociConfigType, digest: sha("b"), size: 100 },
  layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: sha("c"), size: 10 }],
  annotations: { "org.opencontainers.image.title": "app" }
}

const index = {
  schemaVersion: 2,
  mediaType: Documents.ociIndexType,
  manifests: [
    {
      mediaType: Documents.ociManifestType,
      digest: sha("d"),
      size: 500,
      platform: { architecture: "arm64", os: "linux", variant: "v8", "os.features": ["x"] },
      annotations: { "vnd.docker.reference.type": "attestation-manifest" }
    },
    {
      mediaType: Documents.ociManifestType,
      digest: sha("e"),
      size: 500,
      platform: { architecture: "amd64", os: "linux" }
    }
  ]
}

/** Documents that registries keep for strangers. */
export const documents = target({
  name: "documents",
  about: "manifests, indexes and configs with anything in them: read or Malformed, never a defect",
  brief: 400,
  input: () =>
    fc.tuple(fc.constantFrom<unknown>(config, manifest, index, { ...manifest, ...index }), spoiling).map(
      ([document, how]) => spoilt(document, how)
    ),
  check: pure((text: string) => {
    const bytes = new TextEncoder().encode(text)
    Documents.parseDescriptor(text)
    Documents.parseLayout(text)
    Documents.parseConfig(text)
    const one = Documents.parseManifest(text)
    const many = Documents.parseIndex(text)
    must(one._tag === "Left" || many._tag === "Left", "a document is a manifest and an index at once")
    if (many._tag === "Right") spokesman(many.right)
    const read = parseImageConfig(bytes)
    if (Option.isSome(read)) {
      for (const [name, value] of Object.entries(read.value.labels)) {
        must(typeof value === "string", `${name} is no text`)
      }
    }
    manifestFor(text, linuxAmd64)
    imagesIn(text)
    configOf(text)
    configSuits(text, linuxAmd64)
    childrenOf(bytes)
    const declared = ownType(bytes)
    must(declared._tag === "Left" || declared.right.shown.length < 1_000, "a media type is shown at length")
    const labels = Option.getOrElse(labelsOf(text), () => ({}))
    originOf({ labels, manifestAnnotations: labels, indexAnnotations: labels, baseLabels: {} })
    Option.map(baseOf(labels), parseSource)
    split(text)
    rawMember(text, "config")
  })
})
