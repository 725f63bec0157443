import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc, Option } from "effect"
import { deliveryDelay, lookDelay } from "../../src/domain/Backoff.js"
import { cloudEvent, eventEnvironment } from "../../src/domain/CloudEvent.js"
import * as DayWindow from "../../src/domain/DayWindow.js"
import * as Platform from "../../src/domain/Platform.js"
import { configSuits, manifestFor } from "../../src/domain/PlatformManifest.js"
import { describeAction } from "../../src/domain/Watch.js"
import * as WatchActionText from "../../src/domain/WatchActionText.js"
import { sign, verify } from "../../src/domain/WebhookSignature.js"
import { amd64, digest, movedEvent } from "../support/watches.js"

const timeOf = (text: string) => Date.parse(`2026-11-21T${text}:00Z`)

describe("parts of a day", () => {
  const minute = fc.integer({ min: 0, max: 1439 })

  it.prop("are read back as they were written", [minute, minute], ([from, to]) => {
    fc.pre(from !== to)
    assert.deepStrictEqual(DayWindow.parse(DayWindow.format({ from, to })), Either.right({ from, to }))
  })

  it.prop("and the rest of the day hold every instant once", [minute, minute, fc.nat()], ([from, to, instant]) => {
    fc.pre(from !== to)
    assert.notStrictEqual(
      DayWindow.contains({ from, to }, instant),
      DayWindow.contains({ from: to, to: from }, instant)
    )
  })

  it.prop("never surprise by a text", [fc.string()], ([text]) => {
    assert.isTrue(Either.isEither(DayWindow.parse(text)))
  })

  it("end before their last minute, also across midnight", () => {
    const night = Either.getOrThrow(DayWindow.parse("22:00-04:00"))
    assert.deepStrictEqual(
      ["21:59", "22:00", "03:59", "04:00"].map((text) => DayWindow.contains(night, timeOf(text))),
      [
        false,
        true,
        true,
        false
      ]
    )
    for (const wrong of ["", "2-5", "25:00-03:00", "02:60-03:00", "02:00-02:00", "02:00"]) {
      assert.isTrue(Either.isLeft(DayWindow.parse(wrong)), wrong)
    }
    assert.isTrue(Either.isRight(DayWindow.parse("20:00-24:00")))
  })
})

const parse = (text: string) => WatchActionText.parse(text, true)

const shown = (url: string) => describeAction({ _tag: "Webhook", url, allowPrivate: false })

describe("actions as people write them", () => {
  it("are webhooks and commands", () => {
    const hook = { _tag: "Webhook", url: "https://example.org/x", allowPrivate: true } as const
    assert.deepStrictEqual(parse("webhook:https://example.org/x"), Either.right(hook))
    assert.deepStrictEqual(parse("https://example.org/x"), Either.right(hook))
    assert.deepStrictEqual(parse("command:[\"a b\",\"$c\"]"), Either.right({ _tag: "Command", argv: ["a b", "$c"] }))
    assert.deepStrictEqual(
      parse("command:docker  pull nginx"),
      Either.right({
        _tag: "Command",
        argv: ["docker", "pull", "nginx"]
      })
    )
  })

  it("are refused where a shell would be needed, or nothing is named", () => {
    for (
      const wrong of [
        "",
        "nginx",
        "mail:me@example.org",
        "webhook:",
        "webhook:ftp://example.org",
        "command:",
        "command:echo $HOME",
        "command:a | b",
        "command:[]",
        "command:[\"\"]",
        "command:[1]"
      ]
    ) assert.isTrue(Either.isLeft(parse(wrong)), wrong)
  })

  it.prop("never surprise by a text, and never repeat an address that cannot be read", [fc.string()], ([text]) => {
    assert.isTrue(Either.isEither(parse(text)))
    const read = parse(`webhook:ht tp://me:${text}@x`)
    if (text.length > 9 && Either.isLeft(read)) assert.notInclude(read.left.message, text)
  })

  it("are shown without what may be secret", () => {
    assert.strictEqual(shown("https://me:hunter2@example.org/x?token=hunter2"), "webhook https://example.org/…")
    assert.strictEqual(shown("http://example.org:8080/services/hunter2"), "webhook http://example.org:8080/…")
    assert.strictEqual(shown("http://example.org"), "webhook http://example.org/")
    assert.strictEqual(shown("no address"), "webhook …")
    assert.strictEqual(
      describeAction({ _tag: "Command", argv: ["/bin/deploy", "--key", "hunter2"] }),
      "command /bin/deploy …"
    )
    assert.strictEqual(describeAction({ _tag: "Command", argv: ["/bin/deploy"] }), "command /bin/deploy")
  })

  it("do not come back in what is wrong with them", () => {
    for (const wrong of ["command:[\"deploy\",hunter2]", "command:deploy hunter2 | tee", "command:[1,\"hunter2\"]"]) {
      const { input, message } = Either.getOrThrow(Either.flip(parse(wrong)))
      assert.notInclude(`${input} ${message}`, "hunter2")
    }
  })
})

describe("signatures of webhooks", () => {
  const at = Date.parse("2026-11-21T12:00:00Z")

  it.prop("are verified, for five minutes", [fc.string(), fc.string()], ([secret, body]) => {
    const header = sign(secret, at, body)
    assert.isTrue(verify(secret, header, body, at + 300_000))
    assert.isFalse(verify(secret, header, body, at + 301_000))
    assert.isFalse(verify(`${secret}x`, header, body, at))
    assert.isFalse(verify(secret, header, `${body} `, at))
    assert.isFalse(verify(secret, header.replace("t=1", "t=2"), body, at))
  })

  it.prop("no other text is one", [fc.string()], ([header]) => assert.isFalse(verify("secret", header, "", at)))

  it("are HMAC-SHA256 over the seconds, a dot and the body", () => {
    // printf '1763726400.{}' | openssl dgst -sha256 -hmac secret
    assert.strictEqual(
      sign("secret", 1_763_726_400_999, "{}"),
      "t=1763726400,v1=41e7236a841fb70b5d09b435d9cf73be3bf174c383152feb3f24dfc13e9b6af9"
    )
  })
})

const event = movedEvent(amd64, { tagFrom: digest("c"), tagTo: digest("d") })

describe("an event", () => {
  it("is a CloudEvent with all that version 1.0 asks for", () => {
    assert.deepStrictEqual<unknown>(cloudEvent(event), {
      specversion: "1.0",
      id: event.id,
      source: "/image-census/watches/3",
      type: "image-census.tag.moved",
      subject: "docker.io/library/nginx:1.27",
      time: "2026-11-21T12:00:00.000Z",
      datacontenttype: "application/json",
      sequence: "7",
      data: {
        watch: "3",
        reference: "docker.io/library/nginx:1.27",
        image: "docker.io/library/nginx",
        tag: "1.27",
        platform: "linux/amd64",
        digest: digest("b"),
        previousDigest: digest("a"),
        tagDigest: digest("d"),
        previousTagDigest: digest("c")
      }
    })
  })

  it("is in a program's environment part by part", () => {
    const { IMAGE_CENSUS_EVENT, ...rest } = eventEnvironment(event)
    assert.strictEqual(IMAGE_CENSUS_EVENT, JSON.stringify(cloudEvent(event)))
    assert.deepStrictEqual(rest, {
      IMAGE_CENSUS_EVENT_ID: event.id,
      IMAGE_CENSUS_EVENT_TYPE: "image-census.tag.moved",
      IMAGE_CENSUS_EVENT_TIME: "2026-11-21T12:00:00.000Z",
      IMAGE_CENSUS_REFERENCE: "docker.io/library/nginx:1.27",
      IMAGE_CENSUS_IMAGE: "docker.io/library/nginx",
      IMAGE_CENSUS_TAG: "1.27",
      IMAGE_CENSUS_PLATFORM: "linux/amd64",
      IMAGE_CENSUS_DIGEST: digest("b"),
      IMAGE_CENSUS_PREVIOUS_DIGEST: digest("a")
    })
  })
})

const arm = Platform.make({ os: "linux", architecture: "arm", variant: "v7" })

const entry = (name: string, architecture: string, variant?: string) => ({
  digest: digest(name),
  platform: { os: "linux", architecture, ...(variant === undefined ? {} : { variant }) }
})

const found = (...manifests: ReadonlyArray<unknown>) =>
  Either.getOrThrow(manifestFor(JSON.stringify({ manifests }), arm))

describe("the manifest of a platform", () => {
  it("is the best of those that run there, and never an attestation", () => {
    const attestation = {
      ...entry("attestation", "arm", "v7"),
      annotations: { "vnd.docker.reference.type": "attestation-manifest" }
    }
    assert.deepStrictEqual(
      found(attestation, entry("amd", "amd64"), entry("six", "arm", "v6"), entry("seven", "arm")),
      Option.some(digest("seven"))
    )
    assert.deepStrictEqual(found(attestation, entry("six", "arm", "v6")), Option.some(digest("six")))
    assert.deepStrictEqual(found(attestation, entry("amd", "amd64"), { digest: digest("x") }), Option.none())
  })

  it("is what a config says, and any where it says nothing", () => {
    assert.deepStrictEqual(configSuits("{\"os\":\"linux\",\"architecture\":\"amd64\"}", arm), Either.right(false))
    assert.deepStrictEqual(configSuits("{\"os\":\"linux\",\"architecture\":\"arm\"}", arm), Either.right(true))
    assert.deepStrictEqual(configSuits("{}", arm), Either.right(true))
  })

  it.prop("never surprises by a text", [fc.string(), fc.json()], ([text, json]) => {
    for (const input of [text, json]) assert.isTrue(Either.isEither(manifestFor(input, arm)))
  })
})

describe("delays", () => {
  it.prop("grow with the attempts, within their bounds", [
    fc.integer({ min: 1, max: 1000 }),
    fc.double({ min: 0, max: 1, noNaN: true })
  ], ([attempts, jitter]) => {
    for (const delay of [(n: number) => deliveryDelay(n, jitter), (n: number) => lookDelay(300_000, n, jitter)]) {
      assert.isAtLeast(delay(attempts + 1), delay(attempts))
      assert.isAtLeast(delay(attempts), 1_500)
      assert.isAtMost(delay(attempts), 3_600_000)
    }
  })

  it("never exceed what is looked at seldom anyway", () => {
    assert.deepStrictEqual([1, 2, 20].map((attempts) => lookDelay(86_400_000, attempts, 0)), [
      30_000,
      60_000,
      86_400_000
    ])
    assert.deepStrictEqual([1, 2, 20].map((attempts) => lookDelay(1_000, attempts, 0)), [1_000, 2_000, 3_600_000])
  })
})
