import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { literalAddress, privateReason, refusedWithin } from "../../src/domain/PrivateAddress.js"

const refused = [
  "127.0.0.1",
  "127.255.255.254",
  "0.0.0.0",
  "10.1.2.3",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "169.254.169.254",
  "100.64.0.1",
  "198.18.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "::1",
  "::",
  "fe80::1",
  "fe80::1%eth0",
  "fc00::1",
  "fd12:3456::1",
  "ff02::1",
  "::ffff:127.0.0.1",
  "::ffff:a00:1",
  "::ffff:169.254.169.254",
  "::127.0.0.1",
  "::7f00:1",
  "64:ff9b::7f00:1",
  "64:ff9b::10.0.0.1",
  "64:ff9b:1::7f00:1",
  // 127.0.0.1 by the form for /48, 8.8.8.8 by the one for /96.
  "64:ff9b:1:7f00:0:100:808:808",
  "64:ff9b:1::808:808",
  "2002:7f00:1::",
  "2001:0:53aa:64c::",
  "localhost",
  ""
]

const allowed = [
  "8.8.8.8",
  "172.32.0.1",
  "172.15.0.1",
  "11.0.0.1",
  "2606:4700::1111",
  "::ffff:8.8.8.8",
  "64:ff9b::808:808"
]

const literal = (url: string) => literalAddress(new URL(url).hostname)

describe("addresses of webhooks", () => {
  for (const address of refused) {
    it(`${address || "nothing"} is refused`, () => assert.isDefined(privateReason(address)))
  }
  for (const address of allowed) it(`${address} is allowed`, () => assert.isUndefined(privateReason(address)))

  it.prop("an address of IPv4 is judged the same in each form of IPv6 that hides it", [fc.ipV4()], ([address]) => {
    assert.strictEqual(privateReason(`::ffff:${address}`), privateReason(address))
    assert.strictEqual(privateReason(`64:ff9b::${address}`), privateReason(address))
  })

  it("metadata services are in nobody's reach, also where they are in private networks", () => {
    const services = ["169.254.169.254", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe"]
    for (const address of [...services, "100.100.100.200", "168.63.129.16", "::ffff:168.63.129.16"]) {
      for (const reach of ["machine", "site", "public"] as const) {
        assert.isDefined(refusedWithin(reach, address), address)
      }
    }
    assert.isUndefined(refusedWithin("site", "fd00:ec2::1"))
  })

  it("the forms that a URL takes for addresses are addresses, names are not", () => {
    assert.deepStrictEqual(
      ["http://0x7f.1/", "http://2130706433/", "http://[::ffff:127.0.0.1]/", "http://127.1/", "https://example.org/"]
        .map(literal),
      ["127.0.0.1", "127.0.0.1", "::ffff:7f00:1", "127.0.0.1", undefined]
    )
  })
})
