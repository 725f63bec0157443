/** References: whatever is read can be written, read again, and asked for at the host that was written. */
import { Either, FastCheck as fc } from "effect"
import {
  apiHost,
  canonical,
  familiar,
  formatStrict,
  imageName,
  type ImageReference,
  parse,
  parseAny,
  parseNormalized,
  parseStrict
} from "../../../src/domain/ImageReference.js"
import { must, pure, target } from "../Target.js"
import { anyText, editedOf, wordsOf } from "../texts.js"

const digest = `@sha256:${"0123456789abcdef".repeat(4)}`

const host = fc.oneof(
  fc.constantFrom("", "docker.io/", "index.docker.io/", "ghcr.io/", "localhost/", "localhost:5000/", "Acme/", "[::1]/"),
  fc.array(fc.constantFrom("a", "b-c", "xn--a", "0x7f", "256", "1", "0", "my_org", "9a", "A", "x--y", "example"), {
    minLength: 1,
    maxLength: 6
  }).chain((labels) =>
    fc.constantFrom("/", ":1/", ":0/", ":65535/", ":65536/", ":99999/", ":080/", "./").map((end) =>
      labels.join(".") + end
    )
  ),
  fc.ipV4Extended().map((address) => `${address}/`),
  fc.ipV6().map((address) => `[${address}]/`)
)

const path = fc.array(fc.constantFrom("a", "app", "library", "my_org.x", "a__b", "a--b", "a.b", "0", "_", "-", "A"), {
  minLength: 1,
  maxLength: 4
}).map((parts) => parts.join("/"))

const tail = fc.constantFrom("", ":latest", ":1.0", `:${"t".repeat(128)}`, `:${"t".repeat(129)}`, digest, `:1${digest}`)

const grammatical = fc.tuple(host, path, tail).map((parts) => parts.join(""))

const pieces = ["/", ":", "@", ".", "-", "_", "[", "]", "a", "A", "1", "sha256:", "library", "docker.io", "localhost"]

const same = (one: ImageReference, other: Either.Either<ImageReference, unknown>, text: string): void => {
  must(Either.isRight(other), `${text} cannot be read, but it was written for ${canonical(one)}`)
  if (Either.isRight(other)) {
    must(
      canonical(other.right) === canonical(one),
      `${text} is read as ${canonical(other.right)}, not ${canonical(one)}`
    )
  }
}

/** References as strangers write them in labels, lists and requests. */
export const references = target({
  name: "references",
  about: "texts as references: what is read is written, read again and asked for as the same",
  brief: 1000,
  input: () =>
    fc.oneof(
      { weight: 6, arbitrary: grammatical },
      { weight: 2, arbitrary: editedOf(["ghcr.io/o/n:1.2", `localhost:5000/a/b${digest}`, "nginx", "[fe80::1]:80/a"]) },
      { weight: 1, arbitrary: wordsOf(pieces, 14) },
      { weight: 1, arbitrary: anyText }
    ),
  check: pure((text: string) => {
    const strict = parseStrict(text)
    if (Either.isRight(strict)) {
      must(formatStrict(strict.right) === text, `${text} is written ${formatStrict(strict.right)}`)
    }
    parseAny(text)
    const read = parse(text)
    must(Either.isRight(parseNormalized(text)) === Either.isRight(read), "parse and parseNormalized disagree")
    if (Either.isLeft(read)) {
      must(read.left.message.length < text.length * 6 + 400, "a message has the size of its subject")
      return
    }
    const reference = read.right
    same(reference, parseNormalized(canonical(reference)), canonical(reference))
    same(reference, parse(familiar(reference)), familiar(reference))
    must(Either.isRight(parseNormalized(imageName(reference))), `${imageName(reference)} cannot be read`)
    const asked = apiHost(reference.registry)
    const address = `https://${asked}/v2/${reference.repository}/manifests/latest`
    must(URL.canParse(address), `${address} cannot be asked`)
    const url = new URL(address)
    const written = asked.toLowerCase().replace(/:0*443$/, "")
    must(url.host === written || written.startsWith("["), `${asked} is asked at ${url.host}`)
    must(url.pathname === `/v2/${reference.repository}/manifests/latest`, `${address} is asked as ${url.href}`)
  })
})
