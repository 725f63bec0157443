import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { addressSecrets, argumentSecrets, authorizationSecrets, scrub, scrubbed } from "../../src/domain/scrub.js"

const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64")

// What stands in a secret's place is no secret.
const secret = fc.string({ minLength: 6, maxLength: 40 }).filter((text) =>
  !/[[\]]/.test(text) && !scrubbed.includes(text)
)

describe("what others say", () => {
  it.prop("holds no form of a secret", [secret, fc.string(), fc.string()], ([secret, before, after]) => {
    const forms = [secret, encodeURIComponent(secret), base64(secret), JSON.stringify({ secret })]
    for (const form of forms) {
      const told = scrub(`${before} ${form} ${after}`, [secret])
      assert.notInclude(told, secret)
      assert.notInclude(told, base64(secret).replace(/=+$/, ""))
    }
  })

  it.prop("is as it was where there is none", [fc.string(), fc.array(fc.string({ maxLength: 5 }))], ([text, short]) => {
    assert.strictEqual(scrub(text, short), text)
  })

  it("holds neither the header that was sent nor what is in it", () => {
    const header = `Basic ${base64("robot:pa55word")}`
    const echo = `${header}; ${base64("robot:pa55word")}; robot:pa55word; pa55word; ${
      encodeURIComponent("robot:pa55word")
    }`
    assert.notMatch(scrub(echo, authorizationSecrets(header)), /pa55word|cm9ib3Q/)
    assert.strictEqual(
      scrub("token abcdef123 is bad", authorizationSecrets("Bearer abcdef123")),
      `token ${scrubbed} is bad`
    )
    assert.strictEqual(scrub("nothing was sent", authorizationSecrets("")), "nothing was sent")
  })

  it("holds nothing of an address that a person gave but its host", () => {
    const address = "https://robot:pa55word@hooks.example/services/T0AAAAA/s%20cret9?token=q0ery1"
    const echo = `POST /services/T0AAAAA/s%20cret9?token=q0ery1 at hooks.example: T0AAAAA, "s cret9", q0ery1, pa55word`
    const told = scrub(echo, addressSecrets(address))
    assert.notMatch(told, /T0AAAAA|cret9|q0ery1|pa55word/)
    assert.include(told, "hooks.example")
  })

  it("holds no argument of a program", () => {
    const told = scrub("unknown option --token=hunter22, was: hunter22", argumentSecrets(["--token=hunter22"]))
    assert.notInclude(told, "hunter22")
  })
})
