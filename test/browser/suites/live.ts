/**
 * The overview, live: what a census does appears without the page being loaded again.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { violations } from "../accessibility.js"
import { Browser, screenshot } from "../Browser.js"
import { World } from "../World.js"
import { holds, type Tests, visit } from "./suite.js"

/** Takes the live stream into the test's hands: `globalThis.frame(name, value)` is what the server would send. */
const streamInHand = `{
  const { fetch } = globalThis
  globalThis.connections = 0
  globalThis.fetch = (url, options) => {
    if (!String(url).endsWith("/api/v1/live")) return fetch(url, options)
    globalThis.connections++
    return Promise.resolve(new Response(new ReadableStream({
      start: (stream) => {
        globalThis.frame = (name, value) =>
          stream.enqueue(new TextEncoder().encode("event: " + name + "\\ndata: " + JSON.stringify(value) + "\\n\\n"))
      }
    })))
  }
}`

/** The last of the suites: after its last test, the server that was empty is neither empty nor there. */
export const live = (it: Tests): void => {
  it.effect("the overview says since when it is not current: the database is gone, or nothing comes any more", () =>
    visit("/", async (page) => {
      const state = page.locator(".live")
      const says = (text: string | RegExp) => state.filter({ hasText: text }).waitFor()
      // The status as it is, as a frame of the stream.
      const frame = "fetch('/api/v1/status').then((answer) => answer.json()).then((status) => frame('status', status))"
      await says("connecting")
      await page.evaluate(frame)
      await says(/^live$/)
      await page.evaluate("frame('trouble', { message: 'the database does not answer' })")
      await says(/^not current since \d\d:\d\d UTC: the database does not answer$/)
      assert.deepStrictEqual(await violations(page), [])
      await screenshot(page, "overview-not-current")
      await page.evaluate(frame)
      await says(/^live$/)
      await page.clock.runFor(44_000)
      await says(/^live$/)
      await page.clock.runFor(2000)
      await says(/^not current since \d\d:\d\d UTC: nothing came for 45 s$/)
      // It connects again, and is not live by that alone.
      await page.clock.runFor(1000)
      await holds(page, "connections === 2")
      await says(/^not current since/)
      await page.evaluate(frame)
      await says(/^live$/)
    }, {
      prepare: async (page) => {
        await page.clock.install()
        await page.addInitScript(streamInHand)
      }
    }))

  it.effect(
    "the overview follows a census of the sandbox, and says when it is no longer live",
    () =>
      Effect.gen(function*() {
        const browser = yield* Browser
        const { empty, sandbox } = yield* World
        const repositories = yield* sandbox.add
        yield* browser.visit(`${empty}/`, async (page, seen) => {
          await page.getByText(`0 of ${repositories}`, { exact: true }).waitFor()
          await page.getByText("live", { exact: true }).waitFor()
          await page.getByText("No request was sent yet").waitFor()
          const loads = seen.requests.length
          await Effect.runPromise(sandbox.census)
          await page.getByText(`${repositories} of ${repositories}`, { exact: true }).waitFor({ timeout: 20_000 })
          await page.getByRole("row", { name: /^dockerhub/ }).waitFor()
          await page.getByRole("row", { name: /^github/ }).waitFor()
          assert.strictEqual(seen.requests.length, loads)
          await screenshot(page, "overview-live")
          await Effect.runPromise(sandbox.stop)
          await page.getByText("not live: connecting again").waitFor()
          // While it stops it says so to who connects again.
        }, { expectedErrors: /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|status of 503/ })
      }),
    60_000
  )
}
