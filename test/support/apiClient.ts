/**
 * A client that knows nothing but the OpenAPI document: valid and invalid requests of every operation.
 */
import { Effect, FastCheck as fc, Predicate, Schema } from "effect"
import { ask, type Asking, tokens, withToken } from "./apiRequests.js"
import { Document, type Operation, wrongAnswer } from "./openapi.js"

/** A request, and the operation whose answer it has to be. */
export interface Trial extends Asking {
  readonly path: string
  readonly operation: Operation
}

const names = ["nginx", "acme/app", "Acme", "App", "acme", "tool", "library/nginx", "ghcr.io/o/n", "1", "999999"]

const nasty = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.constantFrom(
    "",
    "..",
    ".",
    "%",
    "\u0000",
    "'; drop table repos; --",
    "<script>alert(1)</script>",
    "a".repeat(300),
    "null",
    "-1",
    "99999999999999999999",
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "\uFFFF",
    "00000000-0000-4000-8000-000000000000"
  )
)

// A lone half of a surrogate pair has no percent-encoding.
const encoded = (text: string): string => encodeURIComponent(text.replace(/\p{Cs}/gu, "?"))

const valid = (schema: Readonly<Record<string, unknown>>): fc.Arbitrary<string> => {
  const { enum: words, format, maximum, minimum } = schema
  if (Array.isArray(words)) return fc.constantFrom(...words.map(String))
  if (typeof minimum === "number" && typeof maximum === "number") {
    return fc.integer({ min: minimum, max: maximum }).map(String)
  }
  if (format === "date") return fc.constantFrom("2026-10-01", "2026-11-20", "2020-02-29")
  return fc.constantFrom(...names)
}

const valueOf = (schema: Readonly<Record<string, unknown>>) =>
  fc.oneof({ weight: 3, arbitrary: valid(schema) }, { weight: 1, arbitrary: nasty })

const json = fc.oneof(
  fc.constantFrom(
    { repositories: ["acme/new", "https://github.com/acme/tool"] },
    { repositories: ["not a repository"] },
    { repositories: [] },
    { reference: "nginx:1.27", everySeconds: 60 },
    { reference: "nginx:1.27", platform: "linux/arm64", actions: [{ webhook: "https://example.org/hook" }] },
    { reference: "NOT VALID" },
    { reference: "nginx@sha256:0" },
    { reference: "nginx", actions: [{ webhook: "javascript:alert(1)" }] }
  ).map((value) => JSON.stringify(value)),
  fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
  fc.constantFrom("", "{", "[1,", "\u0000", "null")
)

const bodyOf = fc.record({
  body: json,
  type: fc.oneof(
    { weight: 5, arbitrary: fc.constant("application/json") },
    { weight: 1, arbitrary: fc.constantFrom("text/plain", "application/xml", "multipart/form-data; boundary=x", "") }
  )
})

const authorization = fc.oneof(
  { weight: 4, arbitrary: fc.constant(tokens.write) },
  { weight: 1, arbitrary: fc.constantFrom(tokens.read, "nobody", "") }
)

const accept = fc.option(
  fc.constantFrom("application/json", "text/csv", "*/*", "image/png", "text/*;q=0.5, */*;q=0.1", ";;")
)

const trialOf = (template: string, method: string, operation: Operation): fc.Arbitrary<Trial> => {
  const parts = operation.parameters.map((parameter) =>
    fc.tuple(
      fc.constant(parameter),
      parameter.in === "path" ? valueOf(parameter.schema) : fc.option(valueOf(parameter.schema), { freq: 3 })
    )
  )
  return fc.record({
    parameters: fc.tuple(...parts),
    extra: fc.option(fc.tuple(nasty, nasty), { freq: 8 }),
    token: authorization,
    accept,
    content: bodyOf
  }).map(({ accept, content, extra, parameters, token }) => {
    let path = template
    const query: Array<string> = []
    for (const [{ in: place, name }, value] of parameters) {
      if (value === null) continue
      // An empty segment, and those that clients and servers resolve, would be another path.
      if (place === "path") path = path.replace(`{${name}}`, /^\.{0,2}$/.test(value) ? "x" : encoded(value))
      else if (place === "query") query.push(`${name}=${encoded(value)}`)
    }
    if (extra !== null) query.push(`${encoded(extra[0])}=${encoded(extra[1])}`)
    const sends = operation.requestBody !== undefined
    return {
      operation,
      method: method.toUpperCase(),
      path: query.length === 0 ? path : `${path}?${query.join("&")}`,
      headers: {
        ...(token === "" ? {} : withToken(token)),
        ...(accept === null ? {} : { accept }),
        ...(sends && content.type !== "" ? { "content-type": content.type } : {})
      },
      ...(sends ? { body: content.body } : {})
    }
  })
}

/** Requests of every operation but streams, which have no end. */
const trials = (document: Document): fc.Arbitrary<Trial> =>
  fc.oneof(
    ...Object.entries(document.paths).flatMap(([template, item]) =>
      Object.entries(item).flatMap(([method, operation]) =>
        Object.values(operation.responses).some(({ content }) =>
            Predicate.isNotUndefined(content) && "text/event-stream" in content
          )
          ? []
          : [trialOf(template, method, operation)]
      )
    )
  )

/** Sends so many requests to a server; how often each status came, and every answer that is not as described, or 5xx. */
export const holdToDocument = (url: string, runs: number) =>
  Effect.gen(function*() {
    const document = yield* Schema.decode(Document)((yield* ask(url, "/api/v1/openapi.json")).body)
    const statuses = new Map<number, number>()
    const wrong: Array<string> = []
    for (const { operation, path, ...asking } of fc.sample(trials(document), runs)) {
      const answer = yield* ask(url, path, asking)
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      const type = String(answer.headers["content-type"] ?? "")
      const found = wrongAnswer(document, operation, { status: answer.status, type, body: answer.body })
      if (answer.status >= 500 || found.length > 0) {
        wrong.push([asking.method, path, asking.body, answer.status, ...found, answer.body.slice(0, 200)].join(" "))
      }
    }
    return { paths: Object.keys(document.paths), statuses, wrong }
  })
