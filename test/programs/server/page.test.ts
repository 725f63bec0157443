/**
 * The page's files, and which addresses are its own.
 */
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { readFileSync } from "node:fs"
import { ask } from "../../support/apiRequests.js"
import { services, startServer } from "../../support/apiServer.js"

class Address extends Context.Tag("test/Address")<Address, string>() {}

const server = Layer.scoped(Address, startServer()).pipe(Layer.provide(services))

/** What the page itself takes for its addresses. */
const routes = Array.from(
  readFileSync(new URL("../../../src/programs/server/assets/page/main.js", import.meta.url), "utf8")
    .matchAll(/^ {2}\[\/(\^.+\$)\/, "/gm),
  ([, source = ""]) => new RegExp(source)
)

const get = (path: string) => Effect.flatMap(Address, (url) => ask(url, path))

layer(server, { excludeTestServices: true })("the page", (it) => {
  it.effect("is shown at its addresses, and with 404 where it says that there is nothing", () =>
    Effect.gen(function*() {
      assert.isAtLeast(routes.length, 10)
      const parts = ["images", "repositories", "updates", "watches", "events", "catalog"]
      const paths = [
        "/",
        ...parts.flatMap((part) =>
          ["", "/", "/a", "/a/b", "/a/socket.io", "/a%2Fb", "/a/b/c"].map((rest) => part + rest)
        )
          .map((path) => `/${path}`),
        "/imagesque",
        "/nothing",
        "/badge/pulls/nginx",
        "/images.",
        "/metrics/"
      ]
      for (const path of paths) {
        const { body, headers, status } = yield* get(path)
        const plain = path.replace(/(.)\/+$/, "$1")
        assert.strictEqual(status, routes.some((route) => route.test(plain)) ? 200 : 404, path)
        if (/\.[^/]*$/.test(path) && status === 404) continue
        assert.match(String(headers["content-type"]), /^text\/html/)
        assert.include(body, "<main id=\"main\"")
      }
    }))

  it.effect("and the API's description have an icon, and say which version this is", () =>
    Effect.gen(function*() {
      const icon = yield* get("/favicon.ico")
      assert.strictEqual(icon.status, 200)
      assert.strictEqual(icon.headers["content-type"], "image/svg+xml")
      for (const path of ["/api/docs", "/api/v1/openapi.json"]) {
        const { body } = yield* get(path)
        assert.include(body, "\"version\":\"1.2.3\"", path)
        assert.notInclude(body, "\"version\":\"0.0.1\"", path)
      }
    }))
})
