/**
 * Badges, where other machines reach the server: who sees them, by which names, and from which pages.
 */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { ask, tokens, withToken } from "../../support/apiRequests.js"
import { services, startServer } from "../../support/apiServer.js"

const start = (openBadges: boolean) =>
  Effect.map(startServer({ host: "0.0.0.0", openBadges }), (url) => url.replace("0.0.0.0", "127.0.0.1"))

const badge = "/badge/pulls/nginx.svg"

layer(services, { excludeTestServices: true })("badges", (it) => {
  it.scoped("are shown to who may read, by all names of an image", () =>
    Effect.gen(function*() {
      const url = yield* start(false)
      assert.strictEqual((yield* ask(url, badge)).status, 401)
      const usual = yield* ask(url, badge, { headers: withToken(tokens.read) })
      assert.strictEqual(usual.status, 200)
      // A picture's width would tell pages of other sites what is known here.
      assert.strictEqual(usual.headers["cross-origin-resource-policy"], "same-origin")
      for (const name of ["library/nginx", "docker.io/library/nginx", "docker.io%2Fnginx"]) {
        const { body, headers } = yield* ask(url, `/badge/pulls/${name}.svg`, { headers: withToken(tokens.read) })
        assert.strictEqual(body, usual.body)
        assert.strictEqual(headers["etag"], usual.headers["etag"])
      }
    }))

  it.scoped("are shown to everybody on any page where that is set, and nothing else is", () =>
    Effect.gen(function*() {
      const url = yield* start(true)
      for (const [path, expected] of [[badge, 200], ["/badge/pulls/no/such.svg", 404]] as const) {
        const { headers, status } = yield* ask(url, path)
        assert.strictEqual(status, expected)
        assert.strictEqual(headers["cross-origin-resource-policy"], "cross-origin")
      }
      // What else there is remains for pages of this server.
      const { headers: others } = yield* ask(url, "/healthz")
      assert.strictEqual(others["cross-origin-resource-policy"], "same-origin")
      assert.strictEqual((yield* ask(url, "/api/v1/images/nginx")).status, 401)
    }))
})
