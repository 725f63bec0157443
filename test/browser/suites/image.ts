/**
 * One image: the range of its history by brush, dates and buttons, and what can be taken along.
 */
import { assert } from "@effect/vitest"
import { readFileSync } from "node:fs"
import type { Page } from "playwright-core"
import { main, old } from "../census.js"
import { outOfOrder, type Tests, visit } from "./suite.js"

const path = `/images/${main}`

const range = (page: Page) => {
  const { searchParams } = new URL(page.url())
  return [searchParams.get("from"), searchParams.get("to")]
}

/** The number of days that the range's figures are about. */
const daysKnown = (page: Page) => page.getByText(/^\d+ days are known$/)

const download = async (page: Page, name: string): Promise<string> => {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()])
  return readFileSync(await file.path(), "utf8")
}

export const image = (it: Tests): void => {
  it.effect("an image: a range is chosen on the brush, and the address, the dates and the figures follow", () =>
    visit(path, async (page) => {
      const brush = page.locator(".brush .u-over")
      await brush.waitFor()
      await daysKnown(page).waitFor()
      const before = await daysKnown(page).textContent()
      await brush.scrollIntoViewIfNeeded()
      const box = await brush.boundingBox()
      assert.isNotNull(box)
      if (box === null) return
      await page.mouse.move(box.x + box.width * 0.5, box.y + 10)
      await page.mouse.down()
      await page.mouse.move(box.x + box.width * 0.6, box.y + 10)
      await page.mouse.move(box.x + box.width * 0.75, box.y + 10)
      await page.mouse.up()
      await page.waitForFunction("location.search.includes('from=')")
      const [from, to] = range(page)
      const days = (Date.parse(to ?? "") - Date.parse(from ?? "")) / 86_400_000
      assert.approximately(days, 100, 8)
      assert.strictEqual(await page.getByLabel("From").inputValue(), from)
      assert.strictEqual(await page.getByLabel("To", { exact: true }).inputValue(), to)
      await page.waitForFunction(`!document.body.textContent.includes(${JSON.stringify(before)})`)
    }))

  it.effect("an image: a range is chosen without a pointer too, and opened by its address", () =>
    visit(`${path}?by=week`, async (page) => {
      // The page is still: everything that moves while it comes together has come.
      await daysKnown(page).waitFor()
      await page.locator(".grid-platforms").waitFor()
      await page.getByRole("button", { name: "90 days", exact: true }).press("Enter")
      await page.waitForFunction("location.search.includes('from=')")
      await page.getByText("90 days are known").waitFor()
      assert.strictEqual(
        await page.getByRole("button", { name: "week", exact: true }).getAttribute("aria-pressed"),
        "true"
      )
      const [from, to] = range(page)
      assert.strictEqual((Date.parse(to ?? "") - Date.parse(from ?? "")) / 86_400_000, 89)
      await page.getByLabel("From").fill(to ?? "")
      await page.getByText("1 days are known").waitFor()
      await page.reload()
      await page.getByText("1 days are known").waitFor()
      assert.strictEqual(await page.getByRole("heading", { name: "Pulls per week" }).count(), 1)
    }))

  it.effect("an image: what is not known is said in the table beside the chart", () =>
    visit(path, async (page) => {
      await daysKnown(page).waitFor()
      await page.locator("figure", { hasText: "Pulls per day" }).getByText("As a table").click()
      await page.getByRole("cell", { name: "the counter fell", exact: true }).waitFor()
      assert.isAtLeast(await page.getByRole("cell", { name: /without a row/ }).count(), 3)
    }))

  it.effect("an image: of a history of more than ten years the last ten are shown, and everything beside it", () =>
    visit(`/images/${old}`, async (page) => {
      await daysKnown(page).waitFor()
      await page.getByText(/^The last 3,660 days are shown here/).waitFor()
      await page.getByText("No tag is known yet").waitFor()
      await page.getByRole("button", { name: "All", exact: true }).click()
      await page.getByText("3,660 days are known").waitFor()
      const [from, to] = range(page)
      assert.strictEqual((Date.parse(to ?? "") - Date.parse(from ?? "")) / 86_400_000, 3659)
      assert.strictEqual(await page.getByLabel("From").getAttribute("min"), from)
    }))

  it.effect("an image: a part that fails says so itself, and the rest of the page stays", () =>
    visit(path, async (page) => {
      const pulls = page.getByRole("region", { name: "Pulls" })
      await pulls.getByText("the database does not answer", { exact: true }).waitFor()
      await page.locator(".grid-platforms").waitFor()
      assert.strictEqual(await page.locator("h1").textContent(), `Images / ${main}`)
      await page.unroute("**/pulls?*")
      await pulls.getByRole("button", { name: "Try again" }).click()
      await daysKnown(page).waitFor()
    }, { prepare: (page) => page.route("**/pulls?*", outOfOrder), expectedErrors: /status of 503/ }))

  it.effect("an image: the chart comes as CSV, JSON and SVG", () =>
    visit(`${path}?by=month`, async (page) => {
      await daysKnown(page).waitFor()
      const csv = (await download(page, "Download Pulls per month as CSV")).trim().split("\r\n")
      assert.strictEqual(csv[0], "date,pulls,note")
      const rows: unknown = JSON.parse(await download(page, "Download Pulls per month as JSON"))
      assert.isTrue(Array.isArray(rows) && rows.length === csv.length - 1)
      const svg = await download(page, "Download Pulls per month as SVG")
      assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]*>.*<title>Pulls per month<\/title>/)
      const isWhole = `new DOMParser().parseFromString(${
        JSON.stringify(svg)
      }, "image/svg+xml").querySelector("parsererror") === null`
      assert.isTrue(await page.evaluate(isWhole))
    }))

  it.effect("a repository with a dot in its name has its page, also when it is opened by its address", () =>
    visit("/repositories/socketio/socket.io", async (page) => {
      await page.getByRole("heading", { name: "socketio/socket.io" }).waitFor()
      await page.getByText("no image", { exact: true }).waitFor()
    }))
}
