import { assert, describe, it } from "@effect/vitest"
import { FastCheck, Option } from "effect"
import { countedAs, type RawAnswer, readRest } from "../../src/domain/GitHubAnswer.js"
import { type AliasAnswer, readGraphql } from "../../src/domain/GitHubGraphqlAnswer.js"

const now = Date.UTC(2026, 10, 21, 4, 0, 0)
const second = now / 1000
const reset = { "x-ratelimit-reset": String(second + 100) }

const raw = (status: number, body: unknown, headers: Record<string, string> = {}): RawAnswer => ({
  status,
  headers,
  body: typeof body === "string" ? body : JSON.stringify(body)
})

const errors = (...list: ReadonlyArray<object>) => ({ errors: list })

/** `[tag, kind or reason, seconds until]` of the problem, for tables. */
const problemOf = (answer: RawAnswer): ReadonlyArray<unknown> =>
  Option.match(readGraphql(answer, ["r0", "r1"], now).problem, {
    onNone: () => [],
    onSome: (problem) =>
      problem._tag === "Limited"
        ? [problem._tag, problem.kind, Option.getOrNull(Option.map(problem.until, (until) => (until - now) / 1000))]
        : problem._tag === "Failed"
        ? [problem._tag, problem.reason]
        : [problem._tag]
  })

const secondaryText = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
/** A refusal in GitHub's own form. */
const own = (message: string) => ({ message, documentation_url: "https://docs.github.com/rest" })

const ipText = "Although you appear to have the correct authorization credentials, the `org` organization has an IP " +
  "allow list enabled, and your IP address is not permitted to access this resource."
const samlText = "Resource protected by organization SAML enforcement. You must grant your token access."

describe("GitHub's forms of no", () => {
  const forms: ReadonlyArray<readonly [string, RawAnswer, ReadonlyArray<unknown>]> = [
    [
      "200 of type RATE_LIMITED, with a reset",
      raw(200, errors({ type: "RATE_LIMITED", message: "API rate limit exceeded for user ID 1." }), {
        ...reset,
        "x-ratelimit-remaining": "0"
      }),
      ["Limited", "primary", 101]
    ],
    [
      "200 of type RATE_LIMITED, with data: null and no time",
      raw(200, { data: null, ...errors({ type: "RATE_LIMITED", message: "API rate limit exceeded" }) }),
      ["Limited", "primary", null]
    ],
    [
      "200 of type RATE_LIMIT with code graphql_rate_limit",
      raw(200, errors({ type: "RATE_LIMIT", code: "graphql_rate_limit", message: "API rate limit already exceeded" })),
      ["Limited", "primary", null]
    ],
    [
      "200 with nothing but the code",
      raw(200, errors({ extensions: { code: "graphql_rate_limit" }, message: "slow down" }), { "retry-after": "7" }),
      ["Limited", "primary", 7]
    ],
    ["200 with a message about limits", raw(200, errors({ message: "API rate limit exceeded" })), [
      "Limited",
      "primary",
      null
    ]],
    [
      "200 with a secondary limit among the errors",
      raw(200, errors({ message: secondaryText }), { "retry-after": "30" }),
      ["Limited", "secondary", 30]
    ],
    ["200 with a secondary limit in place of GraphQL", raw(200, { message: secondaryText }), [
      "Limited",
      "secondary",
      null
    ]],
    ["403 with nothing remaining", raw(403, { message: "no" }, { ...reset, "x-ratelimit-remaining": "0" }), [
      "Limited",
      "primary",
      101
    ]],
    ["403 with the message of the primary limit", raw(403, { message: "API rate limit exceeded for installation" }), [
      "Limited",
      "primary",
      null
    ]],
    ["403 with a secondary limit", raw(403, { message: secondaryText }, { "retry-after": "60" }), [
      "Limited",
      "secondary",
      60
    ]],
    [
      "403 with a secondary limit, points remaining: the reset is not its time",
      raw(403, { message: secondaryText }, { ...reset, "x-ratelimit-remaining": "4000" }),
      ["Limited", "secondary", null]
    ],
    ["403 with the older words", raw(403, { message: "You have triggered an abuse detection mechanism." }), [
      "Limited",
      "secondary",
      null
    ]],
    ["403 as a page with Retry-After", raw(403, "<html>Forbidden</html>", { "retry-after": "9" }), [
      "Limited",
      "secondary",
      9
    ]],
    ["429 without a word", raw(429, ""), ["Limited", "secondary", null]],
    ["429 with nothing remaining", raw(429, "{}", { ...reset, "x-ratelimit-remaining": "0" }), [
      "Limited",
      "primary",
      101
    ]],
    ["429 with an HTTP date", raw(429, "slow", { "retry-after": "Sat, 21 Nov 2026 04:00:20 GMT" }), [
      "Limited",
      "secondary",
      20
    ]],
    ["429 with an epoch second", raw(429, "slow", { "retry-after": String(second + 33) }), [
      "Limited",
      "secondary",
      33
    ]],
    ["401", raw(401, { message: "Bad credentials", documentation_url: "https://docs.github.com" }), ["Refused"]],
    [
      "403 without a User-Agent",
      raw(403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header"),
      ["Refused"]
    ],
    ["401 of a GitHub of one's own that names no page", raw(401, { message: "Bad credentials" }), ["Refused"]],
    ["401 of a gateway in between, in JSON", raw(401, { message: "Unauthorized" }), ["Failed", "server"]],
    ["401 of an identity provider", raw(401, { error: "invalid_token" }), ["Failed", "server"]],
    ["401 as a page", raw(401, "<html>Sign in</html>"), ["Failed", "server"]],
    ["401 without a body", raw(401, ""), ["Failed", "server"]],
    ["403 of a gateway in between, in JSON", raw(403, { message: "Forbidden" }), ["Failed", "server"]],
    ["403 of an IP allow list", raw(403, own(ipText)), ["Refused"]],
    ["403 of SAML", raw(403, own(samlText)), ["Refused"]],
    ["403 of a token without the right", raw(403, own("Resource not accessible by integration")), ["Refused"]],
    ["200 that refuses the whole", raw(200, errors({ type: "FORBIDDEN", message: ipText })), ["Refused"]],
    ["403 as a page of somebody in between", raw(403, "<html>Access denied</html>"), ["Failed", "server"]],
    [
      "502 as JSON",
      raw(502, { data: null, ...errors({ message: "Something went wrong while executing your query" }) }),
      [
        "Failed",
        "timeout"
      ]
    ],
    ["502 as a page", raw(502, "<html>Unicorn!</html>"), ["Failed", "timeout"]],
    ["504", raw(504, ""), ["Failed", "timeout"]],
    ["500", raw(500, { message: "Server Error" }), ["Failed", "server"]],
    ["503", raw(503, "<html>"), ["Failed", "server"]],
    ["200 that says that it took too long", raw(200, errors({ message: "This may be the result of a timeout" })), [
      "Failed",
      "timeout"
    ]],
    [
      "200 with too many nodes",
      raw(200, errors({ type: "MAX_NODE_LIMIT_EXCEEDED", message: "This query requests up to 1 nodes" })),
      ["Failed", "limits"]
    ],
    [
      "200 with too much work",
      raw(200, { data: null, ...errors({ type: "RESOURCE_LIMITS_EXCEEDED", message: "Resource limits exceeded" }) }),
      ["Failed", "limits"]
    ],
    [
      "200 for an odd body",
      raw(200, errors({ message: "A query attribute must be specified and must be a string." })),
      [
        "Failed",
        "malformed"
      ]
    ],
    [
      "400 for an odd body",
      raw(400, errors({ message: "A query attribute must be specified and must be a string." })),
      [
        "Failed",
        "malformed"
      ]
    ],
    ["200 as a page", raw(200, "<html>hello</html>"), ["Failed", "malformed"]],
    ["200 cut off", raw(200, "{\"data\": {\"r0\": {"), ["Failed", "malformed"]],
    ["200 with an array", raw(200, "[]"), ["Failed", "malformed"]],
    ["200 without the aliases", raw(200, { data: { r0: {} } }), ["Failed", "malformed"]],
    ["200 with nulls that nothing explains", raw(200, { data: { r0: {}, r1: null } }), ["Failed", "malformed"]],
    ["a redirect to elsewhere", raw(302, ""), ["Failed", "malformed"]],
    ["nothing wrong", raw(200, { data: { r0: {}, r1: {} } }), []]
  ]
  it.each(forms)("%s", (_, answer, expected) => {
    assert.deepStrictEqual(problemOf(answer), expected)
  })
})

const tagsOf = (aliases: ReadonlyMap<string, AliasAnswer>) => [...aliases].map(([alias, { _tag }]) => [alias, _tag])

describe("readGraphql", () => {
  it("keeps what was answered beside a limit", () => {
    const answer = readGraphql(
      raw(200, { data: { r0: { f0: null }, r1: null }, ...errors({ type: "RATE_LIMITED", message: "limit" }) }),
      ["r0", "r1"],
      now
    )
    assert.deepStrictEqual(tagsOf(answer.aliases), [["r0", "Data"]])
    assert.strictEqual(Option.getOrUndefined(answer.problem)?._tag, "Limited")
  })

  it("reports a limit even where every alias has its data", () => {
    const answer = readGraphql(
      raw(200, { data: { r0: {} }, ...errors({ type: "RATE_LIMITED", message: "limit" }) }),
      ["r0"],
      now
    )
    assert.deepStrictEqual([answer.aliases.size, Option.isSome(answer.problem)], [1, true])
  })

  it("tells missing, refused and broken aliases apart", () => {
    const answer = readGraphql(
      raw(200, {
        data: { r0: null, r1: null, r2: null, r3: { f0: null }, r4: { f0: null }, r5: {} },
        ...errors(
          { type: "NOT_FOUND", path: ["r0"], message: "Could not resolve to a Repository with the name 'a/b'." },
          { type: "FORBIDDEN", path: ["r1"], extensions: { saml_failure: true }, message: samlText },
          { type: "FORBIDDEN", path: ["r2"], extensions: { saml_failure: false }, message: ipText },
          { type: "RESOURCE_LIMITS_EXCEEDED", path: ["r3", "f0"], message: "Resource limits exceeded" },
          { type: "NOT_FOUND", path: ["r4", "f0"], message: "Could not resolve" }
        )
      }),
      ["r0", "r1", "r2", "r3", "r4", "r5"],
      now
    )
    assert.deepStrictEqual(tagsOf(answer.aliases), [
      ["r0", "Missing"],
      ["r1", "Forbidden"],
      ["r2", "Forbidden"],
      ["r5", "Data"]
    ])
    assert.deepInclude(Option.getOrThrow(answer.problem), { _tag: "Failed", reason: "limits" })
  })

  it("takes the budget from the body, and from the headers where the body is silent", () => {
    const headers = { "x-ratelimit-limit": "12500", "x-ratelimit-remaining": "7", ...reset }
    const rateLimit = { cost: 2, limit: 5000, remaining: 0, used: 5000, resetAt: "2026-11-21T04:10:00Z" }
    const full = readGraphql(raw(200, { data: { rateLimit } }, headers), [], now)
    assert.deepStrictEqual(full.reading, { limit: 5000, remaining: 0, resetsAt: now + 600_000 })
    assert.strictEqual(full.cost, 2)
    const bare = readGraphql(raw(200, { data: { rateLimit: null } }, headers), [], now)
    assert.deepStrictEqual(bare.reading, { limit: 12500, remaining: 7, resetsAt: now + 100_000 })
    assert.strictEqual(bare.cost, 1)
  })

  const anyError = FastCheck.record({
    type: FastCheck.constantFrom("NOT_FOUND", "FORBIDDEN", "RATE_LIMITED", "RESOURCE_LIMITS_EXCEEDED", "INTERNAL"),
    path: FastCheck.array(FastCheck.constantFrom("r0", "r1", "f0"), { maxLength: 2 }),
    message: FastCheck.constantFrom("", "rate limit", "timeout", "whatever")
  })
  const anyBody = FastCheck.oneof(
    FastCheck.json(),
    FastCheck.string(),
    FastCheck.record({
      data: FastCheck.record({
        r0: FastCheck.oneof(FastCheck.constant(null), FastCheck.record({ f0: FastCheck.constant(null) })),
        r1: FastCheck.oneof(FastCheck.constant(null), FastCheck.record({ f0: FastCheck.constant(null) }))
      }, { requiredKeys: [] }),
      errors: FastCheck.array(anyError, { maxLength: 4 })
    }).map((body) => JSON.stringify(body))
  )

  it.prop("explains every alias that has no answer, and never takes a broken answer for a definite one", [
    FastCheck.constantFrom(200, 201, 301, 400, 401, 403, 404, 429, 500, 502, 503),
    anyBody
  ], ([status, body]) => {
    const answer = readGraphql(raw(status, body), ["r0", "r1"], now)
    assert.isTrue(answer.aliases.size === 2 || Option.isSome(answer.problem))
    if (status !== 200) assert.strictEqual(answer.aliases.size, 0)
    for (const [alias, { _tag }] of answer.aliases) {
      if (_tag === "Missing") assert.isTrue(body.includes("NOT_FOUND") && body.includes(alias))
    }
  })
})

describe("readRest", () => {
  const forms: ReadonlyArray<readonly [number, unknown, string | undefined]> = [
    [201, { token: "x" }, undefined],
    [200, "[]", undefined],
    [200, "<html>", "Failed"],
    [404, { message: "Not Found" }, "Absent"],
    [404, "<html>", "Failed"],
    [401, own("A JSON web token could not be decoded"), "Refused"],
    [401, { message: "Unauthorized" }, "Failed"],
    [403, own(ipText), "Refused"],
    [403, { message: secondaryText }, "Limited"],
    [429, {}, "Limited"],
    [503, "", "Failed"]
  ]
  it.each(forms)("%i %j", (status, body, expected) => {
    assert.strictEqual(Option.getOrUndefined(readRest(raw(status, body), now))?._tag, expected)
  })
})

describe("countedAs", () => {
  it("takes limits and pages of others out of what is refused, and leaves the rest as its status says", () => {
    assert.strictEqual(countedAs(raw(401, { message: "Bad credentials" }), "refused"), "refused")
    assert.strictEqual(countedAs(raw(403, own(samlText)), "refused"), "refused")
    assert.strictEqual(countedAs(raw(403, { message: secondaryText }), "refused"), "rate_limited")
    assert.strictEqual(countedAs(raw(403, { message: secondaryText }), "not_visible"), "rate_limited")
    assert.strictEqual(countedAs({ status: 403, headers: {}, body: "<html>" }, "refused"), "server_error")
    assert.strictEqual(countedAs(raw(401, { message: "Unauthorized" }), "refused"), "server_error")
    assert.strictEqual(countedAs(raw(404, { message: "Not Found" }), "not_found"), "not_found")
  })
})
