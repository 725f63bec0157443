/** Small images, made here: what is pushed, copied and read in the tests of registries. */
import { gzipSync } from "node:zlib"
import { digestOf } from "../../../src/domain/ContentDigest.js"
import { indexType, manifestType } from "./stub.js"

export interface Made {
  readonly bytes: Uint8Array
  readonly mediaType: string
  readonly digest: string
}

export interface MadeImage {
  readonly index: Made
  readonly manifests: ReadonlyArray<Made>
  readonly blobs: ReadonlyArray<Uint8Array>
}

const encode = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value), "utf8")

const made = (value: unknown, mediaType: string): Made => {
  const bytes = encode(value)
  return { bytes, mediaType, digest: digestOf(bytes) }
}

const descriptor = (bytes: Uint8Array, mediaType: string) => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.byteLength
})

// A tar of one file: 512 bytes of header, its content, two empty blocks.
const tar = (content: string): Uint8Array => {
  const header = Buffer.alloc(512)
  header.write("file", 0)
  header.write("0000644\0", 100)
  header.write("0000000\0", 108)
  header.write("0000000\0", 116)
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124)
  header.write("00000000000\0", 136)
  header.write("        ", 148)
  header.write("0", 156)
  header.write("ustar\0", 257)
  header.write("00", 263)
  const sum = header.reduce((sum, byte) => sum + byte, 0)
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148)
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512)
  body.write(content)
  return Buffer.concat([header, body, Buffer.alloc(1024)])
}

/** An image for these architectures, with an attestation for each. `mark` makes it another image. */
export const makeImage = (mark: string, architectures: ReadonlyArray<string> = ["amd64", "arm64"]): MadeImage => {
  const blobs: Array<Uint8Array> = []
  const manifests: Array<Made> = []
  const entries: Array<unknown> = []
  for (const architecture of architectures) {
    const raw = tar(`${mark} on ${architecture}`)
    const layer = gzipSync(raw)
    const config = encode({
      architecture,
      os: "linux",
      created: "2024-05-06T07:08:09Z",
      config: { Labels: { "org.opencontainers.image.source": "https://github.com/acme/app" } },
      rootfs: { type: "layers", diff_ids: [digestOf(raw)] }
    })
    const manifest = made({
      schemaVersion: 2,
      mediaType: manifestType,
      config: descriptor(config, "application/vnd.oci.image.config.v1+json"),
      layers: [descriptor(layer, "application/vnd.oci.image.layer.v1.tar+gzip")]
    }, manifestType)
    const statement = encode({ statement: mark, architecture })
    const emptyConfig = encode({
      architecture: "unknown",
      os: "unknown",
      config: {},
      rootfs: { type: "layers", diff_ids: [digestOf(statement)] }
    })
    const attestation = made({
      schemaVersion: 2,
      mediaType: manifestType,
      config: descriptor(emptyConfig, "application/vnd.oci.image.config.v1+json"),
      layers: [descriptor(statement, "application/vnd.in-toto+json")]
    }, manifestType)
    blobs.push(config, layer, emptyConfig, statement)
    manifests.push(manifest, attestation)
    entries.push(
      { ...descriptor(manifest.bytes, manifestType), platform: { architecture, os: "linux" } },
      {
        ...descriptor(attestation.bytes, manifestType),
        annotations: {
          "vnd.docker.reference.type": "attestation-manifest",
          "vnd.docker.reference.digest": manifest.digest
        },
        platform: { architecture: "unknown", os: "unknown" }
      }
    )
  }
  return { index: made({ schemaVersion: 2, mediaType: indexType, manifests: entries }, indexType), manifests, blobs }
}
