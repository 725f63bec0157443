import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc, Option } from "effect"
import * as Digest from "../../src/domain/Digest.js"
import * as Reference from "../../src/domain/ImageReference.js"

const text = (alphabet: string, min: number, max: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength: min, maxLength: max })

const lower = "abcdefghijklmnopqrstuvwxyz0123456789"
const word = text(lower, 1, 6)
const component = fc.array(fc.tuple(word, fc.constantFrom(".", "_", "__", "-", "---")), { minLength: 1, maxLength: 3 })
  .map((pairs) => pairs.map(([part, separator], index) => index === 0 ? part : separator + part).join(""))
const path = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"))
const registry = fc.oneof(
  fc.constantFrom(
    "docker.io",
    "ghcr.io",
    "localhost",
    "localhost:5000",
    "[::1]:5000",
    "[fc00:1::2]",
    "127.0.0.1:80",
    "UPPER"
  ),
  fc.tuple(word, word).map(([left, right]) => `${left}.${right}`)
)
const tag = fc.tuple(text(`${lower}_ABC`, 1, 1), text(`${lower}_ABC.-`, 0, 20)).map((parts) => parts.join(""))
const digest = text("0123456789abcdef", 64, 64).map((hex) => Either.getOrThrow(Digest.parse(`sha256:${hex}`)))

const reference = fc.record({
  registry,
  repository: path,
  tag: fc.option(tag).map(Option.fromNullable),
  digest: fc.option(digest).map(Option.fromNullable)
}).map((made): Reference.ImageReference =>
  made.registry === "docker.io" && !made.repository.includes("/")
    ? { ...made, repository: `library/${made.repository}` }
    : made
)

const canonicalOf = (input: string) => Either.map(Reference.parse(input), Reference.canonical)
const nameOf = (input: string) => Either.map(Reference.parse(input), Reference.imageName)
const errorOf = (input: string) => Either.getOrThrow(Either.flip(Reference.parse(input)))

describe("ImageReference", () => {
  it.prop("reads back what it writes in full", [reference], ([given]) => {
    assert.deepStrictEqual(Reference.parseNormalized(Reference.canonical(given)), Either.right(given))
  })

  it.prop("reads back what it writes for people", [reference], ([given]) => {
    assert.deepStrictEqual(Reference.parseNormalized(Reference.familiar(given)), Either.right(given))
  })

  it.prop("gives different images different names", [reference, reference], ([left, right]) => {
    assert.strictEqual(
      Reference.imageName(left) === Reference.imageName(right),
      Reference.canonicalName(left) === Reference.canonicalName(right)
    )
  })

  it.prop(
    "the strict form says again what it read",
    [fc.oneof(reference.map(Reference.canonical), fc.string())],
    ([input]) => {
      const read = Reference.parseStrict(input)
      if (Either.isRight(read)) assert.strictEqual(Reference.formatStrict(read.right), input)
      else assert.strictEqual(read.left.what === "reference" ? read.left.input : input, input)
    }
  )

  it.prop("an upper-case letter in a path is refused, and its place is told", [
    reference,
    fc.nat(),
    fc.constantFrom(..."ABCXYZ")
  ], ([given, where, letter]) => {
    const start = given.registry.length + 1
    const at = start + where % given.repository.length
    const whole = Reference.canonical(given)
    const error = errorOf(whole.slice(0, at) + letter + whole.slice(at))
    assert.strictEqual(error.reason, "uppercase")
    assert.strictEqual(error.at, at)
    assert.include(error.message, `character ${at + 1}`)
  })

  it("understands what Docker understands", () => {
    const cases: Record<string, string> = {
      "nginx": "docker.io/library/nginx:latest",
      "nginx:1.27": "docker.io/library/nginx:1.27",
      "ollama/ollama": "docker.io/ollama/ollama:latest",
      "index.docker.io/nginx": "docker.io/library/nginx:latest",
      "registry-1.docker.io/ollama/ollama:1": "docker.io/ollama/ollama:1",
      "localhost/x": "localhost/x:latest",
      "localhost:5000/x": "localhost:5000/x:latest",
      "[::1]:5000/x:y": "[::1]:5000/x:y",
      "test_com/foo": "docker.io/test_com/foo:latest",
      "192.168.0.1:80": "docker.io/library/192.168.0.1:80",
      [`nginx:1@sha256:${"a".repeat(64)}`]: `docker.io/library/nginx:1@sha256:${"a".repeat(64)}`,
      [`ghcr.io/o/n@sha256:${"b".repeat(64)}`]: `ghcr.io/o/n@sha256:${"b".repeat(64)}`
    }
    for (const [input, expected] of Object.entries(cases)) {
      assert.deepStrictEqual(canonicalOf(input), Either.right(expected), input)
    }
  })

  it("names images as the store does", () => {
    assert.deepStrictEqual(nameOf("docker.io/library/nginx:1"), Either.right("nginx"))
    assert.deepStrictEqual(nameOf("docker.io/ollama/ollama"), Either.right("ollama/ollama"))
    assert.deepStrictEqual(nameOf("ghcr.io/o/n:1"), Either.right("ghcr.io/o/n"))
    assert.deepStrictEqual(nameOf("docker.io/library/foo/bar"), Either.right("library/foo/bar"))
    assert.deepStrictEqual(nameOf("docker.io/localhost/x"), Either.right("docker.io/localhost/x"))
  })

  it("tells why a reference is none", () => {
    assert.strictEqual(errorOf("").reason, "empty")
    assert.strictEqual(errorOf("a".repeat(64)).reason, "identifier")
    assert.strictEqual(errorOf(`domain.example/${"a".repeat(256)}`).reason, "too-long")
    assert.strictEqual(errorOf("nginx@sha256:abc").reason, "format")
    assert.strictEqual(errorOf(`nginx@sha999:${"a".repeat(64)}`).reason, "unsupported")
    assert.strictEqual(errorOf("nginx:la test").at, 8)
    assert.include(errorOf("ghcr.io/Owner/name").message, "\"O\" at character 9")
    assert.strictEqual(Reference.apiHost("docker.io"), "registry-1.docker.io")
  })

  it("takes ids and digests where a bare digest may stand", () => {
    const id = "d".repeat(64)
    const expected = Either.right({ kind: "digest" as const, digest: Either.getOrThrow(Digest.parse(`sha256:${id}`)) })
    assert.deepStrictEqual(Reference.parseAny(id), expected)
    assert.deepStrictEqual(Reference.parseAny(`sha256:${id}`), expected)
    assert.strictEqual(Either.getOrThrow(Reference.parseAny("redis")).kind, "image")
  })

  it.prop("is built from parts as from text", [reference], ([given]) => {
    const made = Reference.make({
      registry: given.registry,
      repository: given.repository,
      tag: Option.getOrUndefined(given.tag),
      digest: Option.getOrUndefined(given.digest)
    })
    assert.deepStrictEqual(made, Either.right(given))
  })

  it("does not build what could be read as something else", () => {
    for (
      const parts of [
        { registry: "ghcr.io", repository: "a:b" },
        { registry: "library", repository: "nginx" },
        { registry: "ghcr.io", repository: "a", tag: "b@c" },
        { registry: "ghcr.io/x", repository: "a" }
      ]
    ) assert.isTrue(Either.isLeft(Reference.make(parts)), JSON.stringify(parts))
  })
})
