/**
 * JSON from outside, nested deeper than anything that walks it can bear: refused where its text is read.
 */
import * as Headers from "@effect/platform/Headers"
import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck, Option, Schema } from "effect"
import { digestOf } from "../../src/domain/ContentDigest.js"
import * as DeployInput from "../../src/domain/DeployInput.js"
import * as DockerConfig from "../../src/domain/DockerConfig.js"
import * as GitHubAnswer from "../../src/domain/GitHubAnswer.js"
import { readGraphql } from "../../src/domain/GitHubGraphqlAnswer.js"
import { parseImageConfig } from "../../src/domain/ImageConfig.js"
import { labelsOf } from "../../src/domain/ImageOrigin.js"
import { jsonOf, maxDepth, parse, tooMuch } from "../../src/domain/JsonText.js"
import { childrenOf, ownType } from "../../src/domain/ManifestShape.js"
import * as Oci from "../../src/domain/OciDocuments.js"
import * as PlatformManifest from "../../src/domain/PlatformManifest.js"
import { readAnswer } from "../../src/layers/dockerhub/answers.js"
import * as Hub from "../../src/layers/dockerhub/wire.js"
import * as Quay from "../../src/layers/quay/wire.js"
import { complaintsOf, sayingOf } from "../../src/layers/registry/failures.js"
import { referrersIn } from "../../src/layers/registry/referrers.js"
import { issuedToken } from "../../src/layers/registry/tokens.js"

const naive = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map((member: unknown) => naive(member)))
    : 0

/** Values about as deep as the bound, by objects and arrays, beside others that are not. */
const around = FastCheck.tuple(
  FastCheck.array(FastCheck.tuple(FastCheck.boolean(), FastCheck.string()), {
    minLength: maxDepth - 4,
    maxLength: maxDepth + 2
  }),
  FastCheck.jsonValue({ maxDepth: 3 })
).map(([levels, inner]) =>
  levels.reduce<unknown>((value, [list, key]) => list ? [key, value, key] : { [`${key}{["`]: key, [key]: value }, inner)
)

/** The values in a value, itself included; an empty object or array counts twice. */
const valuesIn = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? Math.max(2, Object.values(value).reduce((sum: number, member: unknown) => sum + valuesIn(member), 1))
    : 1

const nested = (depth: number, open: string, close: string) => `${open.repeat(depth)}1${close.repeat(depth)}`
const lists = (depth: number) => nested(depth, "[", "]")
const objects = (depth: number) => nested(depth, "{\"a\":", "}")

const isRead = (text: string): boolean => Either.isRight(parse(text))

describe("the depth of JSON", () => {
  it.prop("is what a recursion counts, whatever stands in strings", [around], ([value]) => {
    const text = JSON.stringify(value)
    assert.strictEqual(tooMuch(text) !== undefined, naive(value) > maxDepth)
    assert.strictEqual(tooMuch(JSON.stringify(value, undefined, "\t")) !== undefined, naive(value) > maxDepth)
    assert.deepStrictEqual(Either.isRight(parse(text)), naive(value) <= maxDepth)
  })

  it.prop("keeps nothing from being read that is not too deep", [FastCheck.json()], ([text]) => {
    assert.deepStrictEqual(parse(text), Either.right<unknown>(JSON.parse(text)))
  })

  it("may be the bound, and no more; strings and wide documents do not count", () => {
    assert.deepStrictEqual([lists(maxDepth), objects(maxDepth)].map(isRead), [true, true])
    assert.deepStrictEqual([lists(maxDepth + 1), objects(maxDepth + 1)].map(isRead), [false, false])
    assert.isTrue(isRead(JSON.stringify({ text: "[{".repeat(10_000), "\"{[\\": "\\" })))
    assert.isTrue(isRead(`[${"[],{},".repeat(100_000)}0]`))
    assert.deepStrictEqual(
      Either.mapLeft(parse(objects(5_000)), ({ message, reason }) => [reason, message]),
      Either.left(["unsupported", "is nested more than 100 levels deep"])
    )
    assert.deepStrictEqual(
      Either.mapLeft(parse("{"), ({ message, reason }) => [reason, message]),
      Either.left(["format", "is no JSON"])
    )
  })

  it("is bounded before a schema looks into the text, and the message stays short", () => {
    const decode = Schema.decodeUnknownEither(jsonOf(Schema.Struct({ a: Schema.String })))
    for (const depth of [maxDepth, 5_000, 200_000]) {
      const read = decode(objects(depth))
      assert.isTrue(Either.isLeft(read))
    }
    const wide = Oci.parseDescriptor(JSON.stringify({ mediaType: { x: "y".repeat(1_000_000) } }))
    assert.isAtMost(Either.isLeft(wide) ? wide.left.message.length : Infinity, 400)
  })
})

const digest = digestOf(new Uint8Array())
const descriptor = { mediaType: Oci.ociConfigType, digest, size: 2 }
const mark = "\"here\""

/** Documents of every kind, with a place for something deep. */
const documents: ReadonlyArray<readonly [string, string]> = [
  ["annotations of an index", JSON.stringify({ schemaVersion: 2, annotations: "here", manifests: [descriptor] })],
  ["platform", JSON.stringify({ schemaVersion: 2, manifests: [{ ...descriptor, platform: "here" }] })],
  ["annotations of an entry", JSON.stringify({ manifests: [{ ...descriptor, annotations: { a: "here" } }] })],
  ["config of a manifest", JSON.stringify({ schemaVersion: 2, config: "here", layers: [] })],
  ["an unknown member", JSON.stringify({ schemaVersion: 2, config: descriptor, layers: [], other: "here" })],
  ["labels", JSON.stringify({ os: "linux", architecture: "amd64", config: { Labels: "here" } })],
  ["a label", JSON.stringify({ os: "linux", architecture: "amd64", config: { Labels: { a: "here" } } })],
  ["an error", JSON.stringify({ errors: [{ code: "UNKNOWN", message: "here", detail: "here" }] })],
  ["an error without a list", JSON.stringify({ errors: "here", message: "here", detail: "here" })],
  ["a token", JSON.stringify({ token: "here", access_token: "t", expires_in: "here" })],
  ["GitHub's data", JSON.stringify({ data: { r0: "here", rateLimit: "here" }, errors: [] })],
  [
    "GitHub's errors",
    JSON.stringify({ data: { r0: null }, errors: [{ type: "NOT_FOUND", path: ["r0"], message: "here" }] })
  ],
  [
    "a repository of the Hub",
    JSON.stringify({ name: "n", pull_count: 1, star_count: 1, categories: "here", detail: "here" })
  ],
  [
    "a repository of Quay",
    JSON.stringify({ namespace: "o", name: "n", is_public: true, tags: { a: "here" }, stats: "here" })
  ],
  ["an input of deploy", JSON.stringify({ type: "manifest", refs: ["reg.example/o/n:1"], data: { a: "here" } })],
  ["credentials", JSON.stringify({ auths: { "reg.example": "here" }, credHelpers: "here" })],
  ["nothing else", mark]
]

/** Whoever reads JSON from outside. A reader says what it read; what it may say of a deep text is nothing. */
const readers: ReadonlyArray<readonly [string, (text: string) => boolean]> = [
  ["parseDescriptor", (text) => Either.isRight(Oci.parseDescriptor(text))],
  ["parseManifest", (text) => Either.isRight(Oci.parseManifest(text))],
  ["parseIndex", (text) => Either.isRight(Oci.parseIndex(text))],
  ["parseConfig", (text) => Either.isRight(Oci.parseConfig(text))],
  ["parseLayout", (text) => Either.isRight(Oci.parseLayout(text))],
  ["ownType", (text) => Either.isRight(ownType(Buffer.from(text)))],
  ["childrenOf", (text) => Either.isRight(childrenOf(Buffer.from(text)))],
  ["imagesIn", (text) => Either.isRight(PlatformManifest.imagesIn(text))],
  ["configOf", (text) => Either.isRight(PlatformManifest.configOf(text))],
  ["parseImageConfig", (text) => Option.isSome(parseImageConfig(Buffer.from(text)))],
  ["labelsOf", (text) => Option.isSome(labelsOf(text))],
  ["referrersIn", (text) => Option.isSome(referrersIn(Buffer.from(text)))],
  ["complaintsOf", (text) => complaintsOf(text).length > 0],
  ["issuedToken", (text) => Option.isSome(issuedToken(text))],
  ["GitHub's JSON", (text) => Option.isSome(GitHubAnswer.parseJson(text))],
  ["readGraphql", (text) => readGraphql({ status: 200, headers: {}, body: text }, ["r0"], 0).aliases.size > 0],
  [
    "readRest",
    (text) => text.startsWith("{") && Option.isNone(GitHubAnswer.readRest({ status: 200, headers: {}, body: text }, 0))
  ],
  ["the Hub's JSON", (text) => Either.isRight(Hub.parseJson(text))],
  [
    "the Hub's answers",
    (text) =>
      readAnswer({ status: 200, headers: Headers.empty, bytes: Buffer.from(text), body: text })._tag === "Document"
  ],
  ["Quay's repositories", (text) => Option.isSome(Quay.readRepository("o", "n", text))],
  ["Quay's problems", (text) => Option.isSome(Quay.readProblem(text)) || Quay.saysMissing(text)],
  ["deploy", (text) => Either.isRight(DeployInput.parse(text))],
  ["Docker's settings", (text) => Either.isRight(DockerConfig.parse(text))]
]

const many = <A>(length: number, of: (index: number) => A) => Array.from({ length }, (_, index) => of(index))
const layers = (length: number) => many(length, () => descriptor)
const texts = (length: number) => Object.fromEntries(many(length, (index) => [`k${index}`, "v"]))
const documentsOf = (length: number) => ({
  manifest: JSON.stringify({ schemaVersion: 2, config: descriptor, layers: layers(length) }),
  index: JSON.stringify({ schemaVersion: 2, manifests: layers(length) }),
  annotated: JSON.stringify({ schemaVersion: 2, manifests: [], annotations: texts(3 * length) }),
  config: JSON.stringify({
    os: "linux",
    architecture: "amd64",
    rootfs: { type: "layers", diff_ids: [] },
    config: { Labels: texts(3 * length) }
  })
})
const read = ({ annotated, config, index, manifest }: ReturnType<typeof documentsOf>): Record<string, boolean> => ({
  parseManifest: Either.isRight(Oci.parseManifest(manifest)),
  parseIndex: Either.isRight(Oci.parseIndex(index)) && Either.isRight(Oci.parseIndex(annotated)),
  parseConfig: Either.isRight(Oci.parseConfig(config)),
  ownType: Either.isRight(ownType(Buffer.from(index))) && Either.isRight(ownType(Buffer.from(annotated))),
  childrenOf: Either.isRight(childrenOf(Buffer.from(manifest))),
  imagesIn: Either.isRight(PlatformManifest.imagesIn(index)),
  configOf: Either.isRight(PlatformManifest.configOf(manifest)),
  parseImageConfig: Option.isSome(parseImageConfig(Buffer.from(config))),
  labelsOf: Option.isSome(labelsOf(config))
})

describe("the number of values in JSON", () => {
  it.prop(
    "is what a recursion counts, whatever stands in strings",
    [FastCheck.jsonValue({ maxDepth: 5 })],
    ([value]) => {
      const text = JSON.stringify(value)
      const count = valuesIn(value)
      assert.isUndefined(tooMuch(text, count))
      if (count > 2) assert.strictEqual(tooMuch(text, count - 1), `holds more than ${count - 1} values`)
    }
  )

  it("is bounded in the documents of registries: a manifest of 4 MB kept the event loop for seconds", () => {
    const few = read(documentsOf(10_000))
    assert.deepStrictEqual(Object.entries(few).filter(([, isRead]) => !isRead), [])
    const lots = read(documentsOf(20_000))
    assert.deepStrictEqual(Object.entries(lots).filter(([, isRead]) => isRead), [])
    assert.deepStrictEqual(
      Either.mapLeft(ownType(Buffer.from(documentsOf(20_000).index)), ({ message, reason }) => [reason, message]),
      Either.left(["unsupported", `holds more than ${Oci.maxValues} values`])
    )
  })
})

describe("documents that are too deep", () => {
  it.each(readers)("are nothing to %s, and no defect", (_, read) => {
    for (const [what, document] of documents) {
      for (const deep of [objects, lists]) {
        for (const depth of [maxDepth + 1, 3_000, 50_000]) {
          assert.isFalse(read(document.replaceAll(mark, deep(depth))), `${what}, ${depth} deep`)
        }
      }
    }
  })

  it("are quoted to people as the text that they are", () => {
    assert.isAtMost(sayingOf(JSON.stringify({ errors: mark }).replace(mark, objects(50_000))).length, 201)
  })

  it("are a fault of one input where a person gives them", () => {
    const data = Buffer.from(objects(5_000)).toString("base64")
    const read = DeployInput.parse(JSON.stringify({ type: "manifest", refs: ["reg.example/o/n:1"], data }))
    assert.include(Either.isLeft(read) ? read.left.message : "", "the manifest in data is nested more than 100 levels")
  })
})

describe("the Hub's numbers", () => {
  it("keep their digits, beside strings of any length that have digits too", () => {
    const texts = ["\\\"12345678901234567", "12345678901234567", "x".repeat(16_000_000)]
    for (const text of texts) {
      const read = Hub.parseJson(
        JSON.stringify({ text, count: 1, [text]: [-1.5e3] }).replace("\"count\":1", "\"count\":12345678901234567")
      )
      assert.deepStrictEqual(read, Either.right<unknown>({ text, count: "12345678901234567", [text]: [-1500] }))
    }
  })
})
