import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc, Option } from "effect"
import * as Challenge from "../../src/domain/Challenge.js"
import * as Link from "../../src/domain/LinkHeader.js"
import { formatQuota, parseQuota, pullLimitOf } from "../../src/domain/RateLimitHeaders.js"
import { formatWarning, parseWarning } from "../../src/domain/WarningHeader.js"

const token = fc.string({ unit: fc.constantFrom(..."abcdefghij-_"), minLength: 1, maxLength: 8 })
const quote = (text: string) => `"${text.replace(/["\\]/g, (character) => `\\${character}`)}"`
const parameters = fc.dictionary(token, fc.string({ maxLength: 12 }), { maxKeys: 4 })
const written = (record: Readonly<Record<string, string>>) =>
  Object.entries(record).map(([name, value]) => `${name}=${quote(value)}`)

describe("Challenge", () => {
  const challenge = fc.record({ scheme: token, parameters, token68: fc.constant(Option.none<string>()) })

  it.prop("reads any list of challenges back", [fc.array(challenge, { maxLength: 4 })], ([challenges]) => {
    const header = challenges.map((one) => [one.scheme, written(one.parameters).join(", ")].join(" ").trim()).join(", ")
    assert.deepStrictEqual(Challenge.parse(header), Either.right(challenges))
  })

  it.prop("never throws, and what it reads before a break is what `read` gives", [fc.string()], ([header]) => {
    const parsed = Challenge.parse(header)
    if (Either.isRight(parsed)) assert.deepStrictEqual(Challenge.read(header), parsed.right)
    else assert.isBelow(parsed.left.at ?? Number.POSITIVE_INFINITY, header.length + 1)
  })

  it("reads what registries send", () => {
    const docker =
      "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\",scope=\"repository:a/b:pull,push\""
    assert.deepStrictEqual(
      Challenge.parse(`${docker}, BASIC Realm=https://x.example/y`),
      Either.right([
        {
          scheme: "bearer",
          parameters: {
            realm: "https://auth.docker.io/token",
            service: "registry.docker.io",
            scope: "repository:a/b:pull,push"
          },
          token68: Option.none()
        },
        { scheme: "basic", parameters: { realm: "https://x.example/y" }, token68: Option.none() }
      ])
    )
    assert.deepStrictEqual(
      Challenge.parse("Negotiate abc==, Basic  "),
      Either.right([
        { scheme: "negotiate", parameters: {}, token68: Option.some("abc==") },
        { scheme: "basic", parameters: {}, token68: Option.none() }
      ])
    )
  })

  it("says where a header breaks, and gives what stands before", () => {
    const broken = "Bearer realm=\"https://r.example\",service=\"registry"
    assert.strictEqual(Either.getOrThrow(Either.flip(Challenge.parse(broken))).at, 33)
    assert.deepStrictEqual(Challenge.read(broken).map(({ parameters }) => parameters), [{ realm: "https://r.example" }])
    assert.isTrue(Either.isLeft(Challenge.parse("realm=\"x\"")))
  })
})

describe("LinkHeader", () => {
  const target = fc.webUrl({ withQueryParameters: true })
  const link = fc.record({ target, relation: token, parameters })

  it.prop("reads any list of links back", [fc.array(link, { maxLength: 4 })], ([links]) => {
    const header = links.map((one) =>
      [`<${one.target}>`, `rel="${one.relation}"`, ...written({ ...one.parameters })].join("; ")
    ).join(", ")
    const read = Either.getOrThrow(Link.parse(header))
    assert.deepStrictEqual(
      read.map(({ relations, target }) => [target, ...relations]),
      links.map((one) => [one.target, one.relation])
    )
  })

  it.prop("never throws", [fc.string()], ([header]) => {
    assert.isBoolean(Either.isRight(Link.parse(header)))
  })

  it.prop("a next page is always on the origin that was asked", [target, target], ([asked, next]) => {
    const page = Link.nextPage(new URL(asked), `<${next}>; rel="next"`)
    const same = new URL(asked).origin === new URL(next).origin
    assert.strictEqual(Either.isRight(page), same)
    if (Either.isRight(page)) assert.strictEqual(Option.getOrThrow(page.right).href, new URL(next).href)
  })

  it("finds the next page as registries write it", () => {
    const asked = new URL("https://r.example/v2/a/tags/list?n=2")
    const next = (header: string) => Either.map(Link.nextPage(asked, header), Option.map((url) => url.href))
    const expected = Either.right(Option.some("https://r.example/v2/a/tags/list?last=b&n=2"))
    assert.deepStrictEqual(next("</v2/a/tags/list?last=b&n=2>; rel=\"next\""), expected)
    assert.deepStrictEqual(next("<?last=b&n=2>; rel=next"), expected)
    assert.deepStrictEqual(next("</first>; rel=first, </v2/a/tags/list?last=b&n=2>; rel=\"last NEXT\";"), expected)
    assert.deepStrictEqual(next("</v2/a/tags/list?last=b&n=2>"), expected)
    assert.deepStrictEqual(next("</first>; rel=first"), Either.right(Option.none()))
    assert.deepStrictEqual(next("<>"), Either.right(Option.none()))
    for (
      const header of [
        "/v2",
        "<a>; rel=\"next",
        "<http://r.example/x>; rel=next",
        "<https://u:p@r.example/x>; rel=next",
        "<\u007f>"
      ]
    ) {
      assert.isTrue(Either.isLeft(next(header)), header)
    }
  })
})

describe("RateLimitHeaders", () => {
  const quota = fc.record({ count: fc.nat(), windowSeconds: fc.option(fc.nat()).map(Option.fromNullable) })

  it.prop("reads back what it writes", [quota], ([given]) => {
    assert.deepStrictEqual(parseQuota(formatQuota(given)), Option.some(given))
  })

  it.prop("takes nothing else for a count", [fc.string()], ([text]) => {
    assert.strictEqual(Option.isSome(parseQuota(text)), /^\s*\d{1,15}\s*(;|$)/.test(text))
  })

  it("reads Docker Hub's headers", () => {
    const limit = pullLimitOf({
      "ratelimit-limit": "100;w=21600",
      "ratelimit-remaining": "20;w=21600",
      "docker-ratelimit-source": "192.0.2.1"
    })
    assert.deepStrictEqual(limit, {
      limit: Option.some({ count: 100, windowSeconds: Option.some(21_600) }),
      remaining: Option.some({ count: 20, windowSeconds: Option.some(21_600) }),
      resetSeconds: Option.none(),
      source: Option.some("192.0.2.1")
    })
    assert.deepStrictEqual(Option.isNone(pullLimitOf({}).limit), true)
    assert.deepStrictEqual(pullLimitOf({ "ratelimit-reset": "30" }).resetSeconds, Option.some(30))
  })
})

describe("WarningHeader", () => {
  // oxlint-disable-next-line no-control-regex -- these are the characters that must not come through
  const printable = fc.string({ minLength: 1 }).filter((text) => !/[\u0000-\u001f\u007f]/.test(text))

  it.prop("reads back what it writes", [printable], ([text]) => {
    assert.deepStrictEqual(parseWarning(formatWarning(text)), Option.some(text))
  })

  it.prop("lets no control character through", [fc.string()], ([text]) => {
    const read = parseWarning(`299 - "${text}"`)
    // oxlint-disable-next-line no-control-regex -- as above
    if (Option.isSome(read)) assert.notMatch(read.value, /[\u0000-\u0008\u000a-\u001f\u007f]/)
  })

  it("undoes the encodings and refuses other forms", () => {
    assert.deepStrictEqual(parseWarning("299 - \"caf%C3%A9 100%25 \\\"x\\\"\""), Option.some("café 100% \"x\""))
    for (
      const header of [
        "",
        "199 - \"x\"",
        "299 host \"x\"",
        "299 - \"x\" \"date\"",
        "299 - \"x%0a\"",
        "299 - \"x%22\"",
        "299 - \"\""
      ]
    ) {
      assert.deepStrictEqual(parseWarning(header), Option.none(), header)
    }
  })
})
