/**
 * The catalog: what an image is, its tags as a grid of platforms, and what they pointed to.
 */
import { assert } from "@effect/vitest"
import { main } from "../census.js"
import { type Tests, visit } from "./suite.js"

export const catalog = (it: Tests): void => {
  it.effect("the catalog: filters by platform, and leads to an image", () =>
    visit("/catalog", async (page) => {
      await page.locator(`tr[data-key="${main}"]`).waitFor()
      assert.strictEqual(await page.locator("tbody tr").count(), 3)
      await page.getByLabel("Runs on").selectOption("linux/s390x")
      await page.locator("tbody tr").nth(1).waitFor({ state: "detached" })
      assert.strictEqual(await page.locator("tbody tr").count(), 1)
      await page.getByRole("link", { name: main }).click()
      await page.getByText("Grafana, as we run it").waitFor()
    }))

  it.effect("tags stand in a grid of platforms, each with its history", () =>
    visit(`/images/${main}`, async (page) => {
      const grid = page.locator(".grid-platforms")
      await grid.waitFor()
      const cells = await grid.locator("tbody tr").evaluateAll((rows) =>
        rows.map((row) => row.innerText.match(/\b(?:yes|no)\b/g)?.join(" "))
      )
      assert.deepStrictEqual(cells, ["yes yes yes yes", "yes yes yes no", "yes yes no no"])
      await page.getByRole("button", { name: "History of latest" }).click()
      const moves = page.locator(".timeline li")
      await moves.nth(1).waitFor()
      assert.match(await moves.first().textContent() ?? "", /^c{12} from .*still there$/)
      assert.match(await moves.nth(1).textContent() ?? "", /^a{12} from .* to /)
    }))

  it.effect("a description in Markdown is shown as one, and nothing of it is loaded or run", () =>
    visit(`/catalog/${main}`, async (page) => {
      const prose = page.locator(".prose")
      await prose.waitFor()
      assert.strictEqual(await prose.locator("h3").textContent(), "Grafana")
      assert.deepStrictEqual(await prose.locator("li").allTextContents(), [
        "runs on amd64 and arm64",
        "logo",
        "pull",
        "run"
      ])
      const addresses = await prose.locator("a").evaluateAll((links) => links.map((link) => link.getAttribute("href")))
      assert.deepStrictEqual(addresses, [
        "https://grafana.com/docs/",
        "https://example.org/logo.png",
        "https://example.org/a?b="
      ])
      assert.strictEqual(await prose.locator("img, script").count(), 0)
      assert.include(await prose.textContent(), `<img src=x onerror="globalThis.hacked=true">`)
      assert.isTrue(await page.evaluate("globalThis.hacked === undefined"))
    }))

  it.effect("an image that is in the catalog alone is shown at its image's address too", () =>
    visit("/images/nginx", async (page) => {
      await page.getByRole("heading", { name: "nginx" }).waitFor()
      await page.getByText("No tag is known yet").waitFor()
    }, { expectedErrors: /status of 404/ }))
}
