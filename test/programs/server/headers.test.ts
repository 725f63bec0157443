/**
 * What answers say to caches and browsers, beside what they say to people.
 */
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { ask } from "../../support/apiRequests.js"
import { services, startServer } from "../../support/apiServer.js"

class Address extends Context.Tag("test/Address")<Address, string>() {}

const server = Layer.scoped(Address, startServer()).pipe(Layer.provide(services))

const headersOf = (path: string, headers: Record<string, string> = {}) =>
  Effect.flatMap(Address, (url) => Effect.map(ask(url, path, { headers }), (answer) => answer.headers))

layer(server, { excludeTestServices: true })("answers", (it) => {
  it.effect("are not kept where they are of this moment", () =>
    Effect.gen(function*() {
      for (const path of ["/healthz", "/readyz", "/metrics"]) {
        const headers = yield* headersOf(path)
        assert.strictEqual(headers["cache-control"], "no-store", path)
        assert.isUndefined(headers["etag"], path)
      }
      assert.strictEqual((yield* headersOf("/api/v1/images"))["cache-control"], "no-cache")
    }))

  it.effect("say on what they depend: small ones too, and for who is not allowed", () =>
    Effect.gen(function*() {
      const pulls = "/api/v1/images/nginx/pulls?from=2026-10-01&to=2026-10-07"
      for (const accept of ["application/json", "text/csv", "image/png"]) {
        assert.include(String((yield* headersOf(pulls, { accept }))["vary"]).split(", "), "Accept", accept)
      }
      const etag = String((yield* headersOf(pulls))["etag"])
      assert.include(String((yield* headersOf(pulls, { "if-none-match": etag }))["vary"]).split(", "), "Accept")
      for (const from of [{}, { origin: "https://dashboard.example.org" }, { origin: "https://other.example.org" }]) {
        assert.include(String((yield* headersOf("/api/v1/status", from))["vary"]).split(", "), "Origin")
      }
      assert.deepStrictEqual(
        String((yield* headersOf("/", { "accept-encoding": "gzip" }))["vary"]).split(", "),
        ["Accept-Encoding", "Origin"]
      )
    }))
})
