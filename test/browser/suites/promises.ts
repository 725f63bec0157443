/**
 * What the page promises: it is small, stays on its host, runs nothing of what comes from outside, and can be used
 * without a pointer.
 */
import { assert } from "@effect/vitest"
import type { Page, Route } from "playwright-core"
import { keepFigure } from "../Browser.js"
import { hostile, main } from "../census.js"
import { settled, type Tests, visit } from "./suite.js"

/** What is to be usable with the first page, in bytes on the wire. */
const bound = 150_000

/** Counts what comes over the wire, headers included, as the browser's debugger tells it. */
const counted = async (page: Page): Promise<() => number> => {
  const session = await page.context().newCDPSession(page)
  let bytes = 0
  session.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes += encodedDataLength
  })
  await session.send("Network.enable")
  return () => bytes
}

const payload = `"'><img src=x onerror="globalThis.hacked=true"><svg onload="globalThis.hacked=true"></svg>` +
  `[x](javascript:globalThis.hacked=true)<script>globalThis.hacked=true</script>`

/** Texts that the pages read as something: days, instants, digests, names of states. */
const isRead = (text: string) => /^\d{4}-\d\d-\d\d|^sha256:|^[a-z][a-z -]{0,30}$/.test(text)

const poisoned = (value: unknown): unknown =>
  typeof value === "string"
    ? isRead(value) ? value : `${value}${payload}`
    : Array.isArray(value)
    ? value.map(poisoned)
    : typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, poisoned(one)]))
    : value

/** What runs is on the overview alone, and not in a census that stands still. */
const busy = {
  processes: [{
    id: payload,
    host: payload,
    pid: 1,
    command: payload,
    startedAt: "2026-01-01T00:00:00.000Z",
    heartbeatAt: "2026-01-01T00:00:00.000Z",
    progress: { [payload]: { [payload]: payload } }
  }],
  parks: [{ service: payload, payer: payload, until: "2026-01-01T00:00:00.000Z", secondsLeft: 1, reason: payload }],
  budgets: [{
    service: payload,
    payer: payload,
    limit: 1,
    remaining: 1,
    resetsAt: null,
    requests: 1,
    points: 1,
    requestsPerMinute: 1,
    observedAt: "2026-01-01T00:00:00.000Z"
  }]
}

const poison = async (route: Route) => {
  // What is asked for about a poisoned name is answered for the true one.
  const response = await route.fetch({ url: route.request().url().replaceAll(encodeURIComponent(payload), "") })
  const said: unknown = await response.json()
  const more = response.url().endsWith("/status") ? busy : {}
  await route.fulfill({ response, json: { ...Object(poisoned(said)), ...more } })
}

const pages = [
  "/",
  "/images",
  `/images/${main}`,
  "/repositories",
  `/repositories/${main}`,
  "/updates",
  "/watches",
  "/events",
  "/catalog",
  `/catalog/${main}`
]

/** What would run, or lead to what runs. */
const dangerous = "main script, main img[src=x], main [onerror], main [onload], main a[href^='javascript' i]"

export const promises = (it: Tests): void => {
  it.effect("the first page is usable with less than 150 kB over the wire", () => {
    let bytes: () => number
    return visit("/", async (page) => {
      await page.locator(".chart .uplot canvas").nth(1).waitFor()
      await page.getByText("live", { exact: true }).waitFor()
      assert.isAbove(bytes(), 10_000)
      assert.isBelow(bytes(), bound)
      keepFigure("first-page-bytes", bytes())
    }, {
      prepare: async (page) => {
        bytes = await counted(page)
      },
      fresh: true
    })
  })

  it.effect("no page runs anything of what comes from outside", () =>
    visit("/", async (page) => {
      for (const path of pages) {
        await page.goto(new URL(path, page.url()).href)
        await page.getByText("onerror").first().waitFor()
        await settled(page)
        assert.isTrue(await page.evaluate("globalThis.hacked === undefined"), path)
        assert.strictEqual(await page.locator(dangerous).count(), 0, path)
      }
    }, {
      prepare: async (page) => {
        await page.route(/\/api\/v1\/(?!live)/, poison)
        await page.route("**/api/v1/live", (route) => route.abort())
        await page.route("**/badge/**", (route) => route.fulfill({ status: 204 }))
      },
      expectedErrors: /net::ERR_FAILED/
    }))

  it.effect("a name that looks like markup is a name, on the list and on its own page", () =>
    visit("/images?search=evil", async (page) => {
      await page.locator("tbody tr a").first().click()
      await settled(page)
      assert.include(await page.locator("h1").textContent(), hostile)
      await page.getByText("image's own label").or(page.getByText("it has the repository's name")).first().waitFor()
      assert.isTrue(await page.evaluate("globalThis.hacked === undefined"))
    }))

  it.effect("the keyboard leads through it: past the navigation, along it, and to the new page's beginning", () =>
    visit("/images", async (page, seen) => {
      await page.locator("tbody tr").first().waitFor()
      await settled(page)
      const asked = seen.requests.length
      await page.keyboard.press("Tab")
      assert.strictEqual(await page.evaluate("document.activeElement.textContent"), "Skip to the content")
      await page.keyboard.press("Enter")
      await page.keyboard.press("Tab")
      // Were the page shown anew for it, that would be in the next frames.
      await page.evaluate("new Promise((resolve) => setTimeout(resolve, 200))")
      assert.strictEqual(await page.evaluate("document.activeElement.id"), "filter-search")
      assert.strictEqual(seen.requests.length, asked)
      await page.getByRole("link", { name: "Repositories", exact: true }).press("Enter")
      await page.getByRole("heading", { name: "Repositories" }).waitFor()
      assert.strictEqual(await page.evaluate("document.activeElement.id"), "main")
      assert.strictEqual(await page.locator("nav [aria-current]").textContent(), "Repositories")
    }))

  it.effect("every page is named in the bar, however narrow the window is", () =>
    visit("/catalog", async (page) => {
      await settled(page)
      for (const width of [320, 375, 768, 1000, 1280]) {
        await page.setViewportSize({ width, height: 800 })
        for (const link of await page.locator("nav a").all()) {
          const box = await link.boundingBox()
          assert.isTrue(
            box !== null && box.x >= 0 && box.x + box.width <= width,
            `${await link.textContent()} at ${width}`
          )
        }
      }
    }))

  it.effect("the theme is a choice that stays", () =>
    visit("/", async (page) => {
      await settled(page)
      const ground = () => page.evaluate("getComputedStyle(document.body).backgroundColor")
      const light = await ground()
      await page.getByRole("button", { name: "Theme: auto" }).click()
      await page.getByRole("button", { name: "Theme: light" }).click()
      assert.notStrictEqual(await ground(), light)
      await page.reload()
      await page.getByRole("button", { name: "Theme: dark" }).waitFor()
      assert.notStrictEqual(await ground(), light)
    }))
}
