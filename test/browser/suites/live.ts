/**
 * The overview, live: what a census does appears without the page being loaded again.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { Browser, screenshot } from "../Browser.js"
import { World } from "../World.js"
import type { Tests } from "./suite.js"

/** The last of the suites: afterwards, the server that was empty is neither empty nor there. */
export const live = (it: Tests): void => {
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
        }, { expectedErrors: /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING/ })
      }),
    60_000
  )
}
