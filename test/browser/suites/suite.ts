/** What a part of the browser's tests is given. */
import { assert, type Vitest } from "@effect/vitest"
import { Effect } from "effect"
import type { Page, Route } from "playwright-core"
import { Browser, type Seen, type VisitOptions } from "../Browser.js"
import { World } from "../World.js"

export type Tests = Vitest.MethodsNonLive<Browser | World, true>

/** Opens a page of the server with the census. */
export const visit = (path: string, steps: (page: Page, seen: Seen) => Promise<void>, options?: VisitOptions) =>
  Effect.gen(function*() {
    const browser = yield* Browser
    const { address } = yield* World
    yield* browser.visit(`${address}${path}`, steps, options)
  })

/** Opens a page of the server with nothing in its database. */
export const visitEmpty = (path: string, steps: (page: Page, seen: Seen) => Promise<void>, options?: VisitOptions) =>
  Effect.gen(function*() {
    const browser = yield* Browser
    const { empty } = yield* World
    yield* browser.visit(`${empty}${path}`, steps, options)
  })

/** Waits until the page has what it asked for. */
export const settled = (page: Page) => page.locator("main:not([aria-busy]) h1").waitFor()

/** Waits until an expression is true in the page, whose policy forbids it to evaluate texts again and again by itself. */
export const holds = async (page: Page, expression: string): Promise<void> => {
  for (let tries = 0; tries < 200; tries++) {
    if (await page.evaluate(`Boolean(${expression})`) === true) return
    await page.waitForTimeout(50)
  }
  assert.fail(`not true within 10 s: ${expression}`)
}

/** Answers as the API does while its database is away. */
export const outOfOrder = (route: Route) =>
  route.fulfill({
    status: 503,
    contentType: "application/problem+json",
    body: JSON.stringify({
      type: "about:blank",
      title: "Service Unavailable",
      status: 503,
      detail: "the database does not answer"
    })
  })
