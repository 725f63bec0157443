import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc } from "effect"
import * as DeployInput from "../../src/domain/DeployInput.js"
import type { Malformed } from "../../src/domain/Malformed.js"
import { childrenOf, ownType } from "../../src/domain/ManifestShape.js"
import * as Oci from "../../src/domain/OciDocuments.js"
import * as Platform from "../../src/domain/Platform.js"
import { configOf, imagesIn, manifestFor } from "../../src/domain/PlatformManifest.js"

const digest = `sha256:${"a".repeat(64)}`
const descriptor = { mediaType: Oci.ociConfigType, digest, size: 2 }
const manifest = { schemaVersion: 2, mediaType: Oci.ociManifestType, config: descriptor, layers: [descriptor] }
const index = { schemaVersion: 2, manifests: [{ ...descriptor, platform: { os: "linux", architecture: "amd64" } }] }
const config = { os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: [digest] } }

const accepts = <A>(parse: (text: string) => Either.Either<A, unknown>, document: unknown) =>
  Either.isRight(parse(JSON.stringify(document)))

describe("OciDocuments", () => {
  it.prop("never throws, whatever a registry sends", [fc.oneof(fc.string(), fc.json())], ([text]) => {
    for (const parse of [Oci.parseDescriptor, Oci.parseManifest, Oci.parseIndex, Oci.parseConfig, Oci.parseLayout]) {
      assert.isBoolean(Either.isRight<unknown, unknown>(parse(text)))
    }
  })

  it("accepts what the specification shows", () => {
    assert.isTrue(accepts(Oci.parseDescriptor, { ...descriptor, urls: ["https://x.example/y"], data: "e30=", more: 1 }))
    assert.isTrue(accepts(Oci.parseDescriptor, { ...descriptor, digest: "sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7" }))
    assert.isTrue(accepts(Oci.parseManifest, { ...manifest, subject: descriptor, annotations: { a: "b" } }))
    assert.isTrue(accepts(Oci.parseManifest, { ...manifest, layers: [] }))
    assert.isTrue(accepts(Oci.parseIndex, index))
    assert.isTrue(
      accepts(Oci.parseConfig, { ...config, created: "2015-10-31T22:22:56.015925234Z", config: { Cmd: null } })
    )
    assert.isTrue(accepts(Oci.parseLayout, { imageLayoutVersion: "1.0.0" }))
  })

  it("refuses what the specification forbids", () => {
    for (
      const wrong of [
        { mediaType: "application" },
        { mediaType: ".a/b" },
        { size: "2" },
        { size: -1 },
        { size: 1.5 },
        { size: 1e20 },
        { digest: "sha256" },
        { digest: digest.toUpperCase() },
        { digest: "sha256:abc" },
        { digest: undefined },
        { urls: ["no uri"] },
        { data: "e30" }
      ]
    ) assert.isFalse(accepts(Oci.parseDescriptor, { ...descriptor, ...wrong }), JSON.stringify(wrong))
    assert.isFalse(accepts(Oci.parseManifest, { ...manifest, schemaVersion: 3 }))
    assert.isFalse(accepts(Oci.parseManifest, { ...manifest, config: undefined }))
    assert.isFalse(accepts(Oci.parseManifest, { ...manifest, annotations: { a: 1 } }))
    assert.isFalse(accepts(Oci.parseIndex, { ...index, subject: "no" }))
    assert.isFalse(
      accepts(Oci.parseIndex, { schemaVersion: 2, manifests: [{ ...descriptor, platform: { os: "linux" } }] })
    )
    assert.isFalse(accepts(Oci.parseConfig, { ...config, config: { User: 1 } }))
    assert.isFalse(accepts(Oci.parseConfig, { ...config, created: "yesterday" }))
    assert.isFalse(accepts(Oci.parseConfig, { ...config, rootfs: { type: "other", diff_ids: [] } }))
    assert.isFalse(accepts(Oci.parseLayout, { imageLayoutVersion: "2" }))
  })

  it("says where, and that schema 1 is over", () => {
    const wrong = Either.getOrThrow(
      Either.flip(Oci.parseIndex(JSON.stringify({ ...index, manifests: [{ ...descriptor, size: "2" }] })))
    )
    assert.include(wrong.message, "manifests.0.size")
    const old = Either.getOrThrow(Either.flip(Oci.parseManifest("{\"schemaVersion\": 1, \"fsLayers\": []}")))
    assert.strictEqual(old.reason, "unsupported")
    assert.include(old.message, "schema 1")
    assert.strictEqual(Oci.kindOf("application/vnd.docker.distribution.manifest.v1+prettyjws"), "schema1")
    assert.strictEqual(Oci.kindOf(Oci.dockerListType), "index")
  })

  // CVE-2021-41190: one client takes the document for an image, another for an index, under the same digest.
  it("refuses in every reader what is an index and an image at once, and says so", () => {
    for (const part of [{ layers: [] }, { layers: [descriptor] }, { config: descriptor }, { config: {}, layers: "" }]) {
      const text = JSON.stringify({ ...index, ...part })
      const read: ReadonlyArray<Either.Either<unknown, Malformed>> = [
        Oci.parseIndex(text),
        Oci.parseManifest(JSON.stringify({ ...manifest, ...part, manifests: [] })),
        ownType(Buffer.from(text)),
        childrenOf(Buffer.from(text)),
        manifestFor(text, Either.getOrThrow(Platform.parse("linux/amd64"))),
        imagesIn(text),
        configOf(text),
        DeployInput.parse(`{"type": "manifest", "refs": ["reg.example/o/n:1"], "data": ${text}}`)
      ]
      assert.deepStrictEqual(
        read.map((one) => Either.isLeft(one) && one.left.message.includes("CVE-2021-41190")),
        read.map(() => true),
        text
      )
    }
  })

  it("takes what is null for what is not there", () => {
    assert.isTrue(accepts(Oci.parseIndex, { ...index, layers: null, config: null }))
    assert.isTrue(accepts(Oci.parseManifest, { ...manifest, manifests: null }))
  })
})
