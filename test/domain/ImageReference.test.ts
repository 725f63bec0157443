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
  fc.tuple(word, word).map(([left, right]) => `${left}.a${right}`)
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

// Hosts of the grammar, most of which no URL can name, or names otherwise.
const anyHost = fc.oneof(
  fc.array(text(`${lower}XY-`, 1, 8).filter((label) => !/^-|-$/.test(label)), { minLength: 1, maxLength: 5 })
    .map((labels) => labels.join(".")),
  fc.array(fc.constantFrom("0", "1", "08", "0x7f", "256", "xn--a", "xn--n3h", "example", "4294967296"), {
    minLength: 1,
    maxLength: 5
  }).map((labels) => labels.join(".")),
  text("0123456789abcdef:", 1, 20).map((address) => `[${address}]`)
)
const anyDomain = fc.tuple(anyHost, fc.option(fc.nat(120_000).map(String)))
  .map(([host, port]) => port === null ? host : `${host}:${port}`)
const anyName = fc.oneof(
  fc.tuple(anyDomain, path).map(([domain, path]) => `${domain}/${path}`),
  fc.tuple(text(`${lower}._-`, 1, 8), path).map(([first, path]) => `${first}/${path}`),
  path
)

describe("ImageReference", () => {
  it.prop("whatever is read can be asked for at the host that was written, and reads back", [
    anyName,
    fc.option(tag)
  ], ([name, tag]) => {
    const read = Reference.parse(tag === null ? name : `${name}:${tag}`)
    if (Either.isLeft(read)) return
    const { registry } = read.right
    const url = new URL(`https://${registry}/v2/${read.right.repository}/tags/list`)
    const port = /:(\d+)$/.exec(registry)?.[1]
    assert.strictEqual(url.port === "" ? "443" : url.port, port ?? "443")
    if (!registry.startsWith("[")) {
      assert.strictEqual(url.hostname, registry.replace(/:\d+$/, "").toLowerCase())
    }
    assert.deepStrictEqual(Reference.parse(Reference.canonical(read.right)), read)
    assert.deepStrictEqual(Reference.parse(Reference.familiar(read.right)), read)
    assert.deepStrictEqual(
      Either.map(Reference.parseNormalized(Reference.imageName(read.right)), Reference.canonicalName),
      Either.right(Reference.canonicalName(read.right))
    )
  }, { fastCheck: { numRuns: 2000 } })

  it("refuses registries that no URL can name, and says why", () => {
    const cases: Record<string, string> = {
      "256.256.256.256/library/base:1": "\"256.256.256.256\" is no host",
      "1.2.3.4.5/x": "\"1.2.3.4.5\" is no host",
      "xn--a.example/x": "\"xn--a.example\" is no host",
      "[::::]/x": "\"[::::]\" is no host",
      "foo.bar:99999/x": "\"99999\" is no port",
      "foo.bar:0/x": "\"0\" is no port",
      "foo.bar:080/x": "\"080\" is no port",
      "0x7f.1/x": "another way to write 127.0.0.1",
      "127.1/x": "another way to write 127.0.0.1",
      "123:5000/x": "another way to write 0.0.0.123"
    }
    for (const [input, problem] of Object.entries(cases)) {
      const error = errorOf(input)
      assert.deepStrictEqual([error.what, error.reason], ["reference", "format"], input)
      assert.include(error.message, problem)
      assert.isTrue(Either.isLeft(Reference.parseNormalized(input)))
      assert.isTrue(Either.isRight(Reference.parseStrict(input)), "the grammar itself is distribution's")
      const stored = Either.getOrThrow(Reference.parseStored(input))
      assert.strictEqual(Reference.canonical(stored), input, "what is stored can be shown and taken out")
    }
    assert.isTrue(Either.isRight(Reference.parse("ghcr.io:443/owner/name")))
    assert.isTrue(Either.isRight(Reference.parse("[0:0:0:0:0:0:0:1]:5000/x")))
  })

  it("reads a first component with an underscore as a path, as the grammar does", () => {
    assert.deepStrictEqual(canonicalOf("my_org.x/app"), Either.right("docker.io/my_org.x/app:latest"))
    assert.deepStrictEqual(nameOf("my_org.x/app"), Either.right("my_org.x/app"))
    assert.deepStrictEqual(nameOf("docker.io/my_org.x/app:1"), Either.right("my_org.x/app"))
    assert.strictEqual(errorOf("my_org:5000/app").reason, "format")
  })

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

  it("refuses what is far longer than a reference can be, and quotes its beginning alone", () => {
    const longest = `a.example/${"b".repeat(255)}:${"c".repeat(128)}@sha512:${"d".repeat(128)}`
    assert.isTrue(Either.isRight(Reference.parse(longest)))
    const host = `${"a.".repeat(Reference.maxLength / 2)}example/b`
    const texts = [host, "a-".repeat(5_000), `${"a/".repeat(5_000)}!`, "A".repeat(10_000)]
    for (const text of texts) {
      for (const parse of [Reference.parse, Reference.parseStored, Reference.parseStrict, Reference.parseAny]) {
        const { message, reason } = Either.getOrThrow(Either.flip(Either.map(parse(text), String)))
        assert.strictEqual(reason, "too-long", text.slice(0, 20))
        assert.isBelow(message.length, 200)
      }
    }
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
