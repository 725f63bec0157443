/**
 * The list of images: sorted and filtered by the address, more at a press.
 */
import { assert } from "@effect/vitest"
import type { Page } from "playwright-core"
import type { Seen } from "../Browser.js"
import { main } from "../census.js"
import { holds, type Tests, visit } from "./suite.js"

const names = (page: Page) =>
  page.locator("tbody tr").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-key")))

const asked = ({ requests }: Seen) => requests.filter(({ url }) => url.includes("/api/v1/images?"))

const first = (page: Page, name: string) => page.locator(`tbody tr:first-child[data-key="${name}"]`).waitFor()

export const images = (it: Tests): void => {
  it.effect("images: sorts by a column, and the address says so", () =>
    visit("/images", async (page) => {
      await first(page, main)
      await page.getByRole("link", { name: "Image", exact: true }).click()
      await first(page, "acme/service-01")
      assert.strictEqual(new URL(page.url()).search, "?sort=name")
      assert.strictEqual(await page.locator("th[aria-sort]").getAttribute("aria-sort"), "ascending")
      await page.goBack()
      await first(page, main)
      assert.strictEqual(await page.locator("th[aria-sort]").getAttribute("aria-sort"), "descending")
    }))

  it.effect("images: an address opens the list as it says", () =>
    visit("/images?sort=name&search=service-1", async (page) => {
      await first(page, "acme/service-10")
      assert.strictEqual((await names(page)).length, 10)
      assert.strictEqual(await page.getByPlaceholder("Search images").inputValue(), "service-1")
    }))

  it.effect("images: filters as one types, with one request for a word, and keeps the field", () =>
    visit("/images", async (page, seen) => {
      await first(page, main)
      // The page's clock stands still while one types, however slow this machine is.
      await page.clock.pauseAt(await page.evaluate<number>("Date.now() + 60_000"))
      const before = asked(seen).length
      await page.getByPlaceholder("Search images").pressSequentially("ollama")
      assert.strictEqual(asked(seen).length, before)
      await page.clock.runFor(250)
      await first(page, "ollama/ollama")
      assert.deepStrictEqual(await names(page), ["ollama/ollama"])
      assert.strictEqual(new URL(page.url()).searchParams.get("search"), "ollama")
      assert.strictEqual(asked(seen).length, before + 1)
      assert.strictEqual(await page.evaluate("document.activeElement?.id"), "filter-search")
    }, { prepare: (page) => page.clock.install(), fresh: true }))

  it.effect("images: filters by registry", () =>
    visit("/images", async (page) => {
      await first(page, main)
      await page.getByLabel("Registry").selectOption("ghcr.io")
      await page.locator("main").getByText("Nothing fits").waitFor()
      assert.strictEqual(new URL(page.url()).search, "?registry=ghcr.io")
    }))

  it.effect("images: a filter that only the address says is shown", () =>
    visit("/images?registry=lscr.io", async (page) => {
      await page.locator("main").getByText("Nothing fits").waitFor()
      assert.strictEqual(await page.getByLabel("Registry").inputValue(), "lscr.io")
      assert.strictEqual(await page.locator("#filter-registry option:checked").textContent(), "lscr.io")
    }))

  it.effect("images: shows more at a press, each row once, and never everything", () =>
    visit("/images", async (page) => {
      await first(page, main)
      assert.strictEqual((await names(page)).length, 50)
      await page.getByRole("button", { name: "Show more" }).click()
      await page.locator("tbody tr").nth(69).waitFor()
      const all = await names(page)
      assert.strictEqual(new Set(all).size, all.length)
      assert.strictEqual(all.length, 70)
      assert.strictEqual(await page.getByRole("button", { name: "Show more" }).count(), 0)
    }))

  it.effect("images: going back leads to the rows and the place that were left", () =>
    visit("/images", async (page) => {
      await first(page, main)
      const name = await page.locator("tbody tr").nth(45).getAttribute("data-key")
      const isAt = (top: number) => holds(page, `Math.abs(scrollY - ${top}) < 2`)
      await page.getByRole("button", { name: "Show more" }).click()
      await page.locator("tbody tr").nth(69).waitFor()
      await page.locator(`tr[data-key="${name}"]`).evaluate((row) => row.scrollIntoView({ block: "center" }))
      const left = await page.evaluate<number>("scrollY")
      assert.isAbove(left, 500)
      await page.locator(`tr[data-key="${name}"] a`).first().click()
      await page.locator("h1", { hasText: name ?? "" }).waitFor()
      await isAt(0)
      await page.goBack()
      await page.locator("tbody tr").nth(69).waitFor()
      await isAt(left)
      // By the browser's own buttons alone too, and when the page is loaded again.
      await page.evaluate("scrollTo(0, 700)")
      await page.waitForTimeout(400)
      await page.goForward()
      await page.locator("h1", { hasText: name ?? "" }).waitFor()
      await page.goBack()
      await page.locator("tbody tr").nth(69).waitFor()
      await isAt(700)
      await page.reload()
      await page.locator("tbody tr").nth(69).waitFor()
      await isAt(700)
      // What is filtered anew begins anew.
      await page.getByLabel("Registry").selectOption("docker.io")
      await page.locator(".foot", { hasText: "the first 50 images" }).waitFor()
    }))

  it.effect("images: sorts on a telephone, where columns are left out", () =>
    visit("/images", async (page) => {
      await first(page, main)
      await page.getByLabel("Sort by").selectOption("name")
      await first(page, "acme/service-01")
    }, { width: 375 }))
}
