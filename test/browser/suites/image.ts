/**
 * One image: the range of its history by brush, dates and buttons, and what can be taken along.
 */
import { assert } from "@effect/vitest"
import { readFileSync } from "node:fs"
import type { Page } from "playwright-core"
import { violations } from "../accessibility.js"
import { screenshot } from "../Browser.js"
import { main, old } from "../census.js"
import { readToken } from "../World.js"
import { holds, outOfOrder, type Tests, visit } from "./suite.js"

const path = `/images/${main}`

/** What is said of registries that do not tell pulls. */
const untold = [
  ["ghcr.io", /^ghcr\.io does not tell how often an image was pulled/],
  ["quay.io", /^Quay tells what happens to an image by day/]
] as const

/** Answers as the server does, but for this. */
const changed = (page: Page, api: string, changes: object) =>
  page.route(api, async (route) => {
    const response = await route.fetch()
    const said: unknown = await response.json()
    await route.fulfill({ response, json: { ...Object(said), ...changes } })
  })

/** Months of which the first and the last are not whole; the third is, but of its first day no pulls are known. */
const months = [
  { date: "2026-01-10", to: "2026-01-31", pullsTotal: 100, pulls: 20, missingDays: 0, fell: false, partial: true },
  { date: "2026-02-01", to: "2026-02-28", pullsTotal: 130, pulls: 30, missingDays: 2, fell: false, partial: false },
  { date: "2026-03-01", to: "2026-03-31", pullsTotal: 170, pulls: 40, missingDays: 0, fell: false, partial: true },
  { date: "2026-04-01", to: "2026-04-02", pullsTotal: 171, pulls: 1, missingDays: 1, fell: false, partial: true }
]

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
      await holds(page, "location.search.includes('from=')")
      const [from, to] = range(page)
      const days = (Date.parse(to ?? "") - Date.parse(from ?? "")) / 86_400_000
      assert.approximately(days, 100, 8)
      assert.strictEqual(await page.getByLabel("From").inputValue(), from)
      assert.strictEqual(await page.getByLabel("To", { exact: true }).inputValue(), to)
      await holds(page, `!document.body.textContent.includes(${JSON.stringify(before)})`)
    }))

  it.effect("an image: a range is chosen without a pointer too, and opened by its address", () =>
    visit(`${path}?by=week`, async (page) => {
      // The page is still: everything that moves while it comes together has come.
      await daysKnown(page).waitFor()
      await page.locator(".grid-platforms").waitFor()
      await page.getByRole("button", { name: "90 days", exact: true }).press("Enter")
      await holds(page, "location.search.includes('from=')")
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

  it.effect("an image: a month of which only a part is told says so, and stands where the month does", () =>
    visit(`${path}?by=month`, async (page) => {
      await daysKnown(page).waitFor()
      const csv = await download(page, "Download Pulls per month as CSV")
      assert.deepStrictEqual(csv.trim().split("\r\n").slice(1), [
        `2026-01-01,20,"part of the month, 2026-01-10 to 2026-01-31"`,
        "2026-02-01,30,2 without a row: shared out evenly",
        "2026-03-01,40,part of the month",
        `2026-04-01,1,"1 without a row: shared out evenly; part of the month, 2026-04-01 to 2026-04-02"`
      ])
      const chart = page.locator("figure", { hasText: "Pulls per month" })
      await chart.locator(".u-over").hover({ position: { x: 5, y: 50 } })
      await chart.getByText("2026-01-01 · 20 pulls · part of the month, 2026-01-10 to 2026-01-31").waitFor()
      await screenshot(page, "image-parts-of-months")
    }, {
      prepare: (page) =>
        page.route("**/pulls?*by=month*", (route) => route.fulfill({ json: { by: "month", rows: months } }))
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
      await page.getByText("not on Docker Hub", { exact: true }).waitFor()
    }))

  it.effect("a repository: what came of its own name on Docker Hub does not deny the images that were found", () =>
    visit(`/repositories/${main}`, async (page) => {
      const facts = page.locator(".facts")
      await facts.getByText("name not looked for", { exact: true }).waitFor()
      assert.match(await facts.textContent() ?? "", /Imagesfound 1 image, 0 verified/)
      await screenshot(page, "repository-name-not-looked-for")
    }, { prepare: (page) => changed(page, "**/api/v1/repositories/**", { outcome: "no-dockerfile" }) }))

  for (const [registry, text] of untold) {
    it.effect(`an image of ${registry}: no pulls are promised, and no refresh is offered`, () =>
      visit(path, async (page) => {
        await page.getByText(text).waitFor()
        await page.locator(".grid-platforms").waitFor()
        assert.strictEqual(await page.getByRole("button", { name: "Refresh now" }).count(), 0)
        assert.notInclude(await page.locator("main").textContent(), "next refresh")
        assert.deepStrictEqual(await page.locator(".figure dt").allTextContents(), ["Pushed"])
        assert.deepStrictEqual(await violations(page), [])
        await screenshot(page, `image-of-${registry}`)
      }, {
        prepare: (page) =>
          changed(page, "**/api/v1/images/*?*", {
            registry,
            pulls: null,
            stars: null,
            growth: { days7: null, days30: null, days90: null },
            history: { first: null, last: null, days: 0 }
          })
      }))
  }

  it.effect("an image: its badge is asked for with the tab's token", () =>
    visit(path, async (page) => {
      await page.locator(".badge img[src^='data:']").waitFor()
      // Fails where the picture is none.
      await page.evaluate("document.querySelector('.badge img').decode()")
    }, {
      prepare: async (page) => {
        await page.addInitScript(`sessionStorage.setItem("image-census.token", ${JSON.stringify(readToken)})`)
        await page.route("**/badge/**", (route) =>
          route.request().headers()["authorization"] === `Bearer ${readToken}`
            ? route.continue()
            : route.fulfill({ status: 401 }))
      }
    }))

  it.effect("a chart's scale tells its steps apart, which are whole numbers", () =>
    visit(path, async (page) => {
      const labels = (values: ReadonlyArray<number>) =>
        page.evaluate(`import("/lib/format.js").then(({ stepLabels }) => stepLabels(${JSON.stringify(values)}))`)
      assert.deepStrictEqual(await labels([0, 500, 1000, 1500]), ["0", "500", "1K", "1.5K"])
      assert.deepStrictEqual(await labels([110e6, 112.5e6, 115e6]), ["110M", "112.5M", "115M"])
      assert.deepStrictEqual(await labels([2.02e9, 2.0225e9, 2.025e9]), ["2.02B", "2.0225B", "2.025B"])
      const steps = (largest: number) => page.evaluate(`import("/lib/svg.js").then(({ steps }) => steps(${largest}))`)
      assert.deepStrictEqual(await steps(1), [0, 1])
      assert.deepStrictEqual(await steps(9), [0, 5, 10])
      assert.deepStrictEqual(await steps(90), [0, 25, 50, 75, 100])
      assert.isTrue(
        await page.evaluate(
          `import("/lib/plot.js").then(({ axes }) => axes({ days: [] })[1].incrs.every(Number.isInteger))`
        )
      )
    }))
}
