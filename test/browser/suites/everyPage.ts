/**
 * Every page: with data, with nothing, while the API fails, on a telephone, in the dark, and by the rules of
 * accessibility.
 */
import { assert } from "@effect/vitest"
import type { Page } from "playwright-core"
import { violations } from "../accessibility.js"
import { screenshot } from "../Browser.js"
import { main } from "../census.js"
import { holds, outOfOrder, settled, type Tests, visit, visitEmpty } from "./suite.js"

interface Case {
  readonly name: string
  readonly path: string
  readonly heading: string
  /** What is there when everything has come. */
  readonly full: string
  /** What an empty census says instead; absent where a page is of one thing. */
  readonly empty?: RegExp
  /** The API's address that fails in the test of errors. */
  readonly api: string
}

const cases: ReadonlyArray<Case> = [
  {
    name: "overview",
    path: "/",
    heading: "Overview",
    full: ".chart .uplot",
    empty: /The census is empty/,
    api: "**/api/v1/status*"
  },
  {
    name: "images",
    path: "/images",
    heading: "Images",
    full: `tr[data-key="${main}"] .spark path`,
    empty: /No image is known yet/,
    api: "**/api/v1/images?*"
  },
  {
    name: "image",
    path: `/images/${main}`,
    heading: main,
    full: ".weekdays .stick",
    api: "**/api/v1/images/*"
  },
  {
    name: "repositories",
    path: "/repositories",
    heading: "Repositories",
    full: `tr[data-key="${main}"]`,
    empty: /No repository yet/,
    api: "**/api/v1/repositories?*"
  },
  {
    name: "repository",
    path: `/repositories/${main}`,
    heading: main,
    full: ".evidence .tag",
    api: "**/api/v1/repositories/**"
  },
  {
    name: "updates",
    path: "/updates",
    heading: "Updates",
    full: "tr[data-key] b",
    empty: /Nothing newer is known/,
    api: "**/api/v1/updates?*"
  },
  {
    name: "watches",
    path: "/watches",
    heading: "Watches",
    full: "tr[data-key] .tag.bad",
    empty: /Nothing is watched/,
    api: "**/api/v1/watches?*"
  },
  {
    name: "events",
    path: "/events",
    heading: "Events",
    full: "tr[data-key] .tag.bad",
    empty: /Nothing has happened yet/,
    api: "**/api/v1/events?*"
  },
  {
    name: "catalog",
    path: "/catalog",
    heading: "Catalog",
    full: `tr[data-key="${main}"]`,
    empty: /The catalog is empty/,
    api: "**/api/v1/catalog?*"
  },
  {
    name: "entry",
    path: `/catalog/${main}`,
    heading: main,
    full: ".grid-platforms .yes",
    api: "**/api/v1/catalog/*"
  }
]

/** Charts follow the window's width a moment later. */
const fits = (page: Page) => holds(page, "document.documentElement.scrollWidth <= innerWidth")

export const everyPage = (it: Tests): void => {
  for (const { api, empty, full, heading, name, path } of cases) {
    it.effect(`${name}: with data, accessible in both themes and on a telephone`, () =>
      visit(path, async (page) => {
        await page.locator(full).first().waitFor()
        assert.include(await page.locator("h1").textContent(), heading)
        await settled(page)
        assert.deepStrictEqual(await violations(page), [])
        await screenshot(page, name)
        await page.emulateMedia({ colorScheme: "dark" })
        assert.deepStrictEqual(await violations(page), [])
        await screenshot(page, `${name}-dark`)
        await page.emulateMedia({ colorScheme: "light" })
        await page.setViewportSize({ width: 375, height: 812 })
        await fits(page)
        assert.deepStrictEqual(await violations(page), [])
        await screenshot(page, `${name}-phone`)
      }))

    it.effect(`${name}: when the API fails it says so, and what to do, and tries again`, () =>
      visit(path, async (page) => {
        const alert = page.getByRole("alert").first()
        await alert.waitFor()
        assert.match(await alert.textContent() ?? "", /the database does not answer.*Nothing is lost; try again/)
        assert.deepStrictEqual(await violations(page), [])
        await screenshot(page, `${name}-failed`)
        await page.unroute(api)
        await page.getByRole("button", { name: "Try again" }).first().click()
        await page.locator(full).first().waitFor()
      }, { prepare: (page) => page.route(api, outOfOrder), expectedErrors: /status of 503/ }))

    if (empty !== undefined) {
      it.effect(`${name}: with nothing it says how that changes`, () =>
        visitEmpty(path, async (page) => {
          await page.getByText(empty).waitFor()
          await settled(page)
          assert.deepStrictEqual(await violations(page), [])
          await screenshot(page, `${name}-empty`)
        }))
    }
  }

  it.effect("what is not there: an image, and a page", () =>
    visit("/images/nobody/has-this", async (page) => {
      assert.match(await page.getByRole("alert").textContent() ?? "", /Not Found.*It may have been removed/)
      await page.goto(page.url().replace("images/nobody/has-this", "no-such-page"))
      await page.getByText("No such page").waitFor()
      assert.deepStrictEqual(await violations(page), [])
    }, { expectedErrors: /status of 404/ }))
}
