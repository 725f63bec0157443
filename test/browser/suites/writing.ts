/**
 * What changes something: with a token alone, which is asked for and stays in the tab.
 */
import { assert } from "@effect/vitest"
import { violations } from "../accessibility.js"
import { screenshot } from "../Browser.js"
import { readToken, writeToken } from "../World.js"
import { type Tests, visit } from "./suite.js"

const refused = /status of 401/

export const writing = (it: Tests): void => {
  it.effect("a write asks for a token, refuses one that may only read, and remembers the right one in this tab", () =>
    visit("/repositories", async (page) => {
      await page.getByText("Add repositories").click()
      await page.getByLabel("Repositories on GitHub").fill("acme/written\nhttps://github.com/acme/written-too")
      await page.getByRole("button", { name: "Add", exact: true }).click()
      const dialog = page.getByRole("dialog")
      await dialog.getByText("A write token is needed").waitFor()
      assert.deepStrictEqual(await violations(page), [])
      await screenshot(page, "token")
      await dialog.getByLabel("Token").fill(readToken)
      await dialog.getByRole("button", { name: "Use it" }).click()
      await page.getByText(/give Authorization: Bearer with a write token/).waitFor()

      await page.getByRole("button", { name: "Add", exact: true }).click()
      await dialog.getByLabel("Token").fill(writeToken)
      await dialog.getByRole("button", { name: "Use it" }).click()
      await page.getByText("2 repositories added, 0 known already").waitFor()
      assert.deepStrictEqual(
        await page.evaluate("[Object.values(sessionStorage), Object.values(localStorage)]"),
        [[writeToken], []]
      )
      await page.getByLabel("Repositories on GitHub").fill("acme/written")
      await page.getByRole("button", { name: "Add", exact: true }).click()
      await page.getByText("0 repositories added, 1 known already").waitFor()
    }, { expectedErrors: refused }))

  it.effect("a write that is given no token changes nothing", () =>
    visit("/watches", async (page, seen) => {
      await page.getByText("Watch a reference").click()
      await page.getByLabel("Reference with its tag").fill("redis:7")
      await page.getByRole("button", { name: "Watch it" }).click()
      await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click()
      await page.getByText(/Unauthorized/).waitFor()
      assert.strictEqual(seen.requests.filter(({ method }) => method === "POST").length, 1)
      assert.strictEqual(await page.evaluate("sessionStorage.length"), 0)
    }, { expectedErrors: refused }))

  it.effect("a watch is added with Enter too, and not before its fields hold what they must", () =>
    visit("/watches", async (page, seen) => {
      await page.getByText("Watch a reference").click()
      await page.getByLabel("Webhook").fill("no address")
      await page.getByLabel("Reference with its tag").fill("redis:7")
      await page.getByLabel("Reference with its tag").press("Enter")
      assert.strictEqual(await page.getByLabel("Webhook").evaluate((field) => field.matches(":focus:invalid")), true)
      await page.getByLabel("Webhook").fill("")
      await page.getByLabel("Reference with its tag").press("Enter")
      await page.getByRole("dialog").getByText("A write token is needed").waitFor()
      assert.strictEqual(seen.requests.filter(({ method }) => method === "POST").length, 1)
    }, { expectedErrors: refused }))

  it.effect("a delivery that was set aside is tried again", () =>
    visit("/events?status=dead", async (page) => {
      await page.getByRole("button", { name: "Retry" }).click()
      await page.getByText("1 delivery tried again").waitFor()
    }, {
      prepare: (page) =>
        page.addInitScript(`sessionStorage.setItem("image-census.token", ${JSON.stringify(writeToken)})`)
    }))
}
