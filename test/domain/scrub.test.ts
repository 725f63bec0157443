import { assert, describe, it } from "@effect/vitest"
import { Cause, FastCheck as fc } from "effect"
import { defectReason, reasonOf, traceOf } from "../../src/domain/Defect.js"
import {
  addressSecrets,
  argumentSecrets,
  authorizationSecrets,
  scrub,
  scrubbed,
  withoutSecrets
} from "../../src/domain/scrub.js"

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

describe("a defect", () => {
  const hidden = "s3cr3tS3cr3tS3cr3tS3cr3t"
  const quotes = [
    `fetch failed: https://robot:${hidden}@hooks.example:8443/services/${hidden}?token=${hidden}#${hidden}`,
    `Invalid header value: Basic ${base64(`robot:${hidden}`)}`,
    `Invalid header value: "Bearer ${hidden}"`,
    `Unexpected token 'x', "{"token": "${hidden.slice(0, 9)}"... is not valid JSON`,
    `password=${hidden}&x=1`,
    `{"token": "${hidden}"}`,
    `cannot read ghp_${hidden}`,
    `cannot read ${"0123456789abcdef".repeat(2)}`,
    `postgres://census:${hidden}@db.example/census refused`
  ]
  it.each(quotes)("tells no secret that it quotes: %s", (text) => {
    for (const secret of [hidden, base64(`robot:${hidden}`), hidden.slice(0, 9), "0123456789abcdef"]) {
      assert.notInclude(defectReason(text), secret)
      const trace = traceOf(Cause.die(new Error(`${text}\n    at ${text}`)))
      assert.notInclude(Cause.pretty(trace), secret)
    }
  })

  it("says what went wrong, and where", () => {
    const plain = [
      "Cannot read properties of undefined (reading 'layers')",
      "nobody foresaw ghcr.io/acme/my-image-2024:1.27",
      `the digest sha256:${"0123456789abcdef".repeat(4)} was not expected`,
      "Maximum call stack size exceeded"
    ]
    for (const text of plain) assert.strictEqual(reasonOf(Cause.die(new Error(text))), `internal error: ${text}`)
    assert.include(withoutSecrets("fetch failed: https://hooks.example:8443/a/b?c"), "https://hooks.example:8443/…")
    assert.match(
      Cause.pretty(traceOf(Cause.die(new Error("boom")))),
      /^Error: internal error: boom\n +at .*scrub\.test/m
    )
  })

  it.prop("is told in one short line, whatever it quotes", [fc.string({ maxLength: 2_000 })], ([text]) => {
    assert.isAtMost(defectReason(text).length, 320)
    assert.notInclude(defectReason(text), "\n")
  })
})
