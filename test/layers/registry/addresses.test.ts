import { assert, describe, it } from "@effect/vitest"
import { refusalOf } from "../../../src/layers/registry/addresses.js"

const goes = (from: string, to: string): boolean => refusalOf(new URL(from), new URL(to)) === undefined

describe("addresses", () => {
  it("goes where a registry may send us", () => {
    assert.isTrue(goes("https://r.example", "https://auth.example/token"))
    assert.isTrue(goes("http://127.0.0.1:5000", "http://127.0.0.1:5001/token"))
    assert.isTrue(goes("http://r.internal:5000", "http://r.internal:5000/token"))
  })

  it("goes neither to this machine, nor to a cloud's metadata, nor without TLS", () => {
    for (
      const to of [
        "http://auth.example/token",
        "https://127.0.0.1/token",
        "https://localhost/token",
        "https://[::1]/token",
        "https://[::ffff:127.0.0.1]/token",
        "https://2130706433/token",
        "https://0.0.0.0/token",
        "http://169.254.169.254/latest",
        "https://[fe80::1]/token",
        "https://metadata.google.internal/",
        "https://user:secret@auth.example/token",
        "file:///etc/passwd"
      ]
    ) assert.isFalse(goes("https://r.example", to), to)
  })

  it("does not leave TLS, not even on this machine", () => {
    assert.isFalse(goes("https://127.0.0.1:5000", "http://127.0.0.1:5000/auth"))
    assert.isFalse(goes("https://localhost:5000", "http://localhost:5001/auth"))
  })
})
