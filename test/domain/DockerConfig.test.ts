import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc, Option, Redacted } from "effect"
import * as Docker from "../../src/domain/DockerConfig.js"

const base64 = (text: string) => Buffer.from(text, "utf8").toString("base64")

const shown = (found: ReturnType<typeof Docker.findAuth>): unknown =>
  Either.match(found, {
    onLeft: (problem) => problem.reason,
    onRight: Option.match({
      onNone: () => null,
      onSome: (credential) =>
        credential.kind === "basic"
          ? `${credential.username}:${Redacted.value(credential.password)}`
          : `${credential.kind} ${Redacted.value(credential.token)}`
    })
  })

const config = (text: unknown) => Either.getOrThrow(Docker.parse(JSON.stringify(text)))
const one = (entry: unknown) => shown(Docker.findAuth(config({ auths: { r: entry } }), "r"))
const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/[:\0]/.test(text))
const secret = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0"))

describe("DockerConfig", () => {
  it.prop("finds what was stored, in every way to write it", [name, secret], ([username, password]) => {
    const entries = [{ auth: base64(`${username}:${password}`) }, { username, password }]
    for (const entry of entries) {
      const found = Docker.findAuth(config({ auths: { "https://r.example/v2/": entry } }), "r.example", "a/b")
      assert.strictEqual(shown(found), `${username}:${password}`)
    }
  })

  it.prop("never shows a secret, whatever the file holds", [fc.string({ minLength: 8 })], ([secret]) => {
    const texts = [secret, JSON.stringify({ auths: secret }), JSON.stringify({ auths: { r: { auth: secret } } })]
    for (const text of texts) {
      const read = Docker.parse(text)
      const found = Either.flatMap(read, (config) => Docker.findAuth(config, "r"))
      if (Either.isLeft(found)) assert.notInclude(JSON.stringify(found.left), JSON.stringify(secret).slice(1, -1))
    }
  })

  it("takes the most specific entry, and not an empty one", () => {
    const auths = {
      "r.example": { auth: base64("host:1") },
      "r.example/team": { auth: base64("team:2") },
      "r.example/team/app": {},
      "http://r.example/other": { auth: base64("plain:3") },
      "https://r.example/other": { auth: base64("tls:4") }
    }
    const find = (repository?: string) => shown(Docker.findAuth(config({ auths }), "r.example", repository))
    assert.strictEqual(find("team/app"), "team:2")
    assert.strictEqual(find("teams/app"), "host:1")
    assert.strictEqual(find("other"), "tls:4")
    assert.strictEqual(find(), "host:1")
    assert.strictEqual(shown(Docker.findAuth(config({ auths }), "s.example", "team/app")), null)
  })

  it("knows Docker Hub by all its names", () => {
    for (
      const key of [
        "https://index.docker.io/v1/",
        "index.docker.io",
        "docker.io",
        "registry-1.docker.io",
        "https://docker.io/v2/"
      ]
    ) {
      const found = Docker.findAuth(config({ auths: { [key]: { auth: base64("a:b") } } }), "docker.io", "library/nginx")
      assert.strictEqual(shown(found), "a:b", key)
    }
    const other = { "https://index.docker.io/v1/access-token": { auth: base64("a:b") } }
    assert.strictEqual(shown(Docker.findAuth(config({ auths: other }), "docker.io", "library/nginx")), null)
  })

  it("takes a host for the same in any case", () => {
    const auths = { "https://Quay.IO/v2/": { auth: base64("a:b") }, "GHCR.io/Team": { auth: base64("c:d") } }
    assert.strictEqual(shown(Docker.findAuth(config({ auths }), "quay.io", "o/n")), "a:b")
    assert.strictEqual(shown(Docker.findAuth(config({ auths }), "QUAY.io", "o/n")), "a:b")
    assert.strictEqual(shown(Docker.findAuth(config({ auths }), "ghcr.io", "Team/n")), "c:d")
    assert.deepStrictEqual(
      Docker.helperFor(config({ credHelpers: { "Gcr.IO": "gcloud" } }), "gcr.io"),
      Option.some({ suffix: "gcloud", serverAddress: "gcr.io" })
    )
  })

  it("reads tokens, and says what cannot be read", () => {
    assert.strictEqual(one({ auth: base64("a:b"), identitytoken: "t" }), "identity t")
    assert.strictEqual(one({ registrytoken: "t" }), "registry t")
    assert.strictEqual(one({ auth: base64(":b") }), ":b")
    assert.strictEqual(one({ auth: base64("a:b:c\0\0") }), "a:b:c")
    assert.strictEqual(one({ auth: "YTpi", username: "x", password: "y" }), "a:b")
    assert.strictEqual(one({ auth: "%%%" }), "format")
    assert.strictEqual(one({ auth: base64("nocolon") }), "format")
    assert.strictEqual(one({ username: true }), "format")
    assert.strictEqual(Either.getOrThrow(Either.flip(Docker.parse("{"))).reason, "format")
  })

  it("chooses the helper", () => {
    const helpers = config({ credHelpers: { "ghcr.io": "gh", "index.docker.io": "hub" }, credsStore: "desktop" })
    assert.deepStrictEqual(
      Docker.helperFor(helpers, "ghcr.io"),
      Option.some({ suffix: "gh", serverAddress: "ghcr.io" })
    )
    assert.deepStrictEqual(
      Docker.helperFor(helpers, "docker.io"),
      Option.some({ suffix: "hub", serverAddress: "https://index.docker.io/v1/" })
    )
    assert.deepStrictEqual(
      Docker.helperFor(helpers, "quay.io"),
      Option.some({ suffix: "desktop", serverAddress: "quay.io" })
    )
    assert.deepStrictEqual(Docker.helperFor(config({ credHelpers: { "ghcr.io": "gh" } }), "quay.io"), Option.none())
  })

  it("reads what a helper prints", () => {
    const print = (answer: unknown) => shown(Docker.helperCredential(JSON.stringify(answer)))
    assert.strictEqual(print({ ServerURL: "x", Username: "a", Secret: "b" }), "a:b")
    assert.strictEqual(print({ Username: "<token>", Secret: "b" }), "identity b")
    assert.strictEqual(print({ Username: "", Secret: "" }), null)
    assert.strictEqual(shown(Docker.helperCredential("credentials not found")), "format")
  })

  it("brings addresses to host and port", () => {
    const cases: Record<string, string> = {
      "example.com": "example.com",
      "https://example.com:6555/v1/": "example.com:6555",
      "example.com/a": "example.com",
      "https://[::1]:6555/v2/": "[::1]:6555",
      "https://::1:6555/v2/": "[::1]:6555",
      "https://user@example.com": "example.com"
    }
    for (const [address, host] of Object.entries(cases)) assert.strictEqual(Docker.convertToHostname(address), host)
    assert.deepStrictEqual(Docker.lookupPlaces("quay.io", "a/b"), ["quay.io/a/b", "quay.io/a", "quay.io"])
  })
})
