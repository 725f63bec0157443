/**
 * Images whose manifests, configs and labels are not what they should be.
 */
import { Effect } from "effect"
import { sha256 } from "../registry/store.js"
import type { Answer, Request } from "../service/Exchange.js"
import { always, badAnswers, deep } from "./answers.js"
import { type Before, ownRegistry, type Stranger } from "./Stranger.js"

const manifestType = "application/vnd.oci.image.manifest.v1+json"
const indexType = "application/vnd.oci.image.index.v1+json"
const configType = "application/vnd.oci.image.config.v1+json"

const bytesOf = (text: string): Uint8Array => Buffer.from(text, "utf8")

const sent = (bytes: Uint8Array, mediaType: string, digest = sha256(bytes)): Answer => ({
  _tag: "Answer",
  status: 200,
  headers: { "content-type": mediaType, "docker-content-digest": digest },
  body: bytes
})

interface Documents {
  readonly manifest: string
  readonly type?: string
  /** What the header says of the manifest; default: the truth. */
  readonly digest?: string
  /** What can be had by its digest besides. */
  readonly others?: ReadonlyArray<string>
}

/** A registry that keeps these documents for the image, under every tag. */
const keeping = ({ digest, manifest, others = [], type = manifestType }: Documents): Before => {
  const kept = new Map(others.map((text) => [sha256(bytesOf(text)), bytesOf(text)]))
  return (request: Request, usual) => {
    const [, kind = "", reference = ""] = /\/(manifests|blobs)\/([^/]+)$/.exec(request.path) ?? []
    const other = kept.get(reference)
    if (other !== undefined) {
      return Effect.succeed(sent(other, kind === "blobs" ? "application/octet-stream" : manifestType))
    }
    if (kind !== "manifests" || request.headers["authorization"] === undefined) return usual
    return Effect.succeed(sent(bytesOf(manifest), type, digest))
  }
}

const manifestOf = (config: string, more = ""): string =>
  `{"schemaVersion":2,"mediaType":"${manifestType}","config":{"mediaType":"${configType}","digest":"${
    sha256(bytesOf(config))
  }","size":${bytesOf(config).length}},"layers":[]${more}}`

const withConfig = (config: string): Before => keeping({ manifest: manifestOf(config), others: [config] })

const labelled = (labels: Readonly<Record<string, unknown>>): Before =>
  withConfig(JSON.stringify({ architecture: "amd64", os: "linux", config: { Labels: labels } }))

/** Hosts at which nothing may be asked because of a label. */
export const hostsOfLabels = [
  "256.256.256.256",
  "foo.bar:99999",
  "1.2.3.4.5",
  "xn--a.example",
  "0x7f.1",
  "127.0.0.1:1",
  "localhost:5000",
  "localhost",
  "[::1]:5000",
  "[::ffff:127.0.0.1]:80",
  "10.0.0.1",
  "172.16.0.1:443",
  "192.168.1.1",
  "169.254.169.254",
  "[fe80::1]",
  "[fd00:ec2::254]",
  "metadata.google.internal",
  "0.0.0.0:80",
  "2130706433",
  "registry.stranger.example",
  "internal.corp.example:8443"
]

/** An image that names a base, and a source, at a host. */
export const basedAt = (name: string, host: string): Stranger => ({
  name,
  atRegistry: labelled({
    "org.opencontainers.image.base.name": `${host}/library/base:1`,
    "org.opencontainers.image.base.digest": "sha256:nonsense",
    "org.opencontainers.image.source": `https://${host}/stranger/base`
  })
})

const bases = hostsOfLabels.map((host, n) => basedAt(`base ${n} at ${host}`, host))

const sources: ReadonlyArray<Stranger> = [
  "javascript:alert(1)",
  "https://user:password@github.com/a/b",
  "https://github.com/../../etc/passwd",
  "https://github.com/%00/%2e%2e",
  "git@github.com:a/b\u0000.git",
  "https://github.com/\ud800/x",
  "https://gitlab.com/\u001b[2J\u202e",
  "http://127.0.0.1:1/a/b",
  "https://github.com/".repeat(5_000),
  "=HYPERLINK(\"http://evil.example\")",
  "\u0000"
].map((source, n) => ({
  name: `source ${n}`,
  atRegistry: labelled({
    "org.opencontainers.image.source": source,
    "org.opencontainers.image.url": source,
    "org.label-schema.vcs-url": source,
    "org.opencontainers.image.version": source
  })
}))

const config = JSON.stringify({ architecture: "amd64", os: "linux", config: { Labels: {} } })
const child = manifestOf(config)
const childDigest = sha256(bytesOf(child))
const entry = (platform: string): string =>
  `{"mediaType":"${manifestType}","digest":"${childDigest}","size":${child.length},"platform":${platform}}`
const indexOf = (manifests: string, more = ""): string =>
  `{"schemaVersion":2,"mediaType":"${indexType}","manifests":${manifests}${more}}`

const manifests: ReadonlyArray<readonly [string, Documents]> = [
  ["annotations nested deep", { manifest: manifestOf(config, `,"annotations":{"a":${deep(6_000)}}`) }],
  ["a platform nested deep", {
    manifest: indexOf(`[${entry(deep(6_000))}]`),
    type: indexType,
    others: [child, config]
  }],
  ["an index of indexes nested deep", { manifest: indexOf(deep(6_000, "[", "]")), type: indexType }],
  ["layers and manifests at once", {
    manifest: manifestOf(config, `,"manifests":[${entry("{\"os\":\"linux\",\"architecture\":\"amd64\"}")}]`),
    others: [child, config]
  }],
  ["layers and manifests at once as an index", {
    manifest: manifestOf(config, `,"manifests":[${entry("{\"os\":\"linux\",\"architecture\":\"amd64\"}")}]`),
    type: indexType,
    others: [child, config]
  }],
  ["a manifest of six megabytes", { manifest: manifestOf(config, `,"annotations":{"a":"${"a".repeat(6_000_000)}"}`) }],
  ["a digest that is another", { manifest: child, digest: `sha256:${"0".repeat(64)}`, others: [config] }],
  ["a digest that is none", { manifest: child, digest: "sha256:../../etc/passwd", others: [config] }],
  ["a media type that is another", { manifest: child, type: indexType, others: [config] }],
  ["a media type that is none", { manifest: child, type: "text/html; charset=\"", others: [config] }],
  ["nulls everywhere", {
    manifest: `{"schemaVersion":null,"mediaType":null,"config":null,"layers":null,"annotations":null,"subject":null}`
  }],
  ["wrong types everywhere", {
    manifest: `{"schemaVersion":"2","config":{"mediaType":5,"digest":[],"size":"x"},"layers":{},"annotations":[1]}`
  }],
  ["an index that is empty", { manifest: indexOf("[]"), type: indexType }],
  ["an index of nulls", { manifest: indexOf("[null,{},{\"digest\":null}]"), type: indexType }],
  ["an index of itself", { manifest: indexOf(`[${entry("null")}]`), type: indexType, others: [] }],
  ["odd platforms", {
    manifest: indexOf(
      `[${
        [
          "{\"os\":\"\\u0000\",\"architecture\":\"\\ud800\"}",
          "{\"os\":5}",
          "\"linux/amd64\"",
          "{\"os.features\":[[[]]]}"
        ].map(entry)
          .join(",")
      }]`
    ),
    type: indexType,
    others: [child, config]
  }],
  ["twelve thousand platforms", {
    manifest: indexOf(
      `[${Array.from({ length: 12_000 }, () => entry("{\"os\":\"linux\",\"architecture\":\"amd64\"}")).join(",")}]`
    ),
    type: indexType,
    others: [child, config]
  }],
  ["a size below nothing", { manifest: child.replace(/"size":\d+/, "\"size\":-1"), others: [config] }]
]

const configs: ReadonlyArray<readonly [string, string]> = [
  ["a config nested deep", `{"architecture":"amd64","os":"linux","config":{"Labels":{"a":"b"}},"x":${deep(6_000)}}`],
  ["labels nested deep", `{"config":{"Labels":{"org.opencontainers.image.source":${deep(6_000)}}}}`],
  ["labels that are a list", "{\"config\":{\"Labels\":[\"a\"]}}"],
  ["labels that are null", "{\"config\":{\"Labels\":{\"org.opencontainers.image.source\":null}}}"],
  ["labels of a prototype", "{\"config\":{\"Labels\":{\"__proto__\":\"x\",\"constructor\":\"y\"}}}"],
  ["a config that is none", "<html></html>"],
  ["a config of null", "null"],
  [
    "a config of half surrogates",
    "{\"config\":{\"Labels\":{\"org.opencontainers.image.source\":\"https://github.com/\\ud800/\\udc00\"}}}"
  ]
]

// A registry that refuses once, and then shows the image.
const refusedOnce = (): Before => {
  const state = { refused: false }
  return (request, usual) => {
    if (state.refused || !request.path.includes("/manifests/")) return usual
    state.refused = true
    return Effect.succeed({ _tag: "Answer", status: 401, headers: {}, body: "" })
  }
}

const onManifests = (answer: Answer): Before => (request, usual) =>
  request.path.includes("/manifests/") && request.headers["authorization"] !== undefined
    ? Effect.succeed(answer)
    : usual

/** Images whose documents are wrong. */
export const strangeImages: ReadonlyArray<Stranger> = [
  ...bases,
  ...sources,
  ...manifests.map(([name, documents]) => ({ name, atRegistry: keeping(documents) })),
  ...configs.map(([name, config]) => ({ name, atRegistry: withConfig(config) })),
  { name: "refused once", registry: ownRegistry, atRegistry: refusedOnce() },
  ...badAnswers.map(([name, answer]) => ({
    name: `manifest ${name}`,
    registry: ownRegistry,
    atRegistry: onManifests(answer)
  })),
  ...badAnswers.map(([name, answer]) => ({
    name: `registry ${name}`,
    registry: ownRegistry,
    atRegistry: always(answer)
  }))
]
