import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { networkOfHost } from "../../../src/domain/PrivateAddress.js"
import { isLoopback, refusalOf } from "../../../src/layers/registry/addresses.js"
import { readEndpoint, registryEndpoint, urlOf } from "../../../src/layers/registry/endpoints.js"

const octet = FastCheck.integer({ min: 0, max: 255 })

describe("addresses", () => {
  it.prop("in 127/8 are this machine, in whatever form a URL writes them", [octet, octet, octet], ([a, b, c]) => {
    for (
      const host of [`127.${a}.${b}.${c}`, `${((127 * 256 + a) * 256 + b) * 256 + c}`, `[::ffff:127.${a}.${b}.${c}]`]
    ) {
      assert.isTrue(isLoopback(new URL(`http://${host}/`).hostname))
    }
  })

  it.prop("in 169.254/16 are link-local, in whatever form a URL writes them", [octet, octet], ([a, b]) => {
    for (
      const host of [
        `169.254.${a}.${b}`,
        `0xa9fe${((a << 8) | b).toString(16).padStart(4, "0")}`,
        `[::ffff:169.254.${a}.${b}]`
      ]
    ) {
      const to = new URL(`https://${host}/token`)
      assert.strictEqual(networkOfHost(to.hostname), "linkLocal")
      assert.isString(refusalOf(new URL("https://reg.example"), to))
      assert.isString(refusalOf(new URL("http://127.0.0.1:5000"), to))
    }
  })

  it("elsewhere may be gone to with TLS only", () => {
    const from = new URL("https://reg.example")
    assert.isUndefined(refusalOf(from, new URL("https://cdn.example/x")))
    assert.isString(refusalOf(from, new URL("http://cdn.example/x")))
    assert.isString(refusalOf(from, new URL("http://reg.example/x")))
    assert.isString(refusalOf(from, new URL("https://user:x@cdn.example/x")))
    assert.isString(refusalOf(from, new URL("https://localhost./x")))
    assert.isUndefined(refusalOf(new URL("http://127.0.0.1:1"), new URL("http://localhost:2/x")))
    assert.isString(refusalOf(new URL("http://127.0.0.1:1"), new URL("http://reg.example/x")))
  })
})

const at = (registry: string, address: string) => [{ registry, address: new URL(address) }]

describe("endpoints", () => {
  it("of mirrors have their own credentials; one here that stands in for a registry elsewhere has its too", () => {
    assert.deepStrictEqual(readEndpoint("ghcr.io", at("ghcr.io", "https://mirror.example")).credentialsOf, [
      "mirror.example"
    ])
    assert.deepStrictEqual(readEndpoint("ghcr.io", at("ghcr.io", "http://127.0.0.1:5001")).credentialsOf, [
      "127.0.0.1:5001",
      "ghcr.io"
    ])
    assert.deepStrictEqual(
      readEndpoint("localhost:5000", at("localhost:5000", "http://127.0.0.1:5001")).credentialsOf,
      [
        "127.0.0.1:5001"
      ]
    )
    assert.deepStrictEqual(readEndpoint("quay.io", at("ghcr.io", "https://mirror.example")).credentialsOf, ["quay.io"])
  })

  it("are reached without TLS here, and where a setting says so", () => {
    assert.strictEqual(registryEndpoint("localhost:5000", []).base.href, "http://localhost:5000/")
    assert.strictEqual(registryEndpoint("reg.example:5000", []).base.href, "https://reg.example:5000/")
    const plain = [{ registry: "reg.example:5000", address: new URL("http://reg.example:5000") }]
    assert.strictEqual(registryEndpoint("reg.example:5000", plain).base.href, "http://reg.example:5000/")
    assert.strictEqual(registryEndpoint("docker.io", []).base.href, "https://registry-1.docker.io/")
    const path = readEndpoint("docker.io", [{ registry: "docker.io", address: new URL("https://m.example/hub/") }])
    assert.strictEqual(urlOf(path, "library/x/tags/list").href, "https://m.example/hub/v2/library/x/tags/list")
  })
})
