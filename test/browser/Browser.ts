/**
 * A real browser for tests: Debian's Chromium, once for a file of tests, a page for each visit.
 */
import { Config, Context, Effect, Layer } from "effect"
import { spawnSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { type Browser as Chromium, type BrowserContext, chromium, type Page } from "playwright-core"

/** Whether there is a browser; under CI=true its tests fail without one, elsewhere they are skipped. */
const executable = spawnSync("sh", ["-c", "command -v chromium"], { encoding: "utf8" }).stdout.trim()
export const browserIsThere = executable !== ""
export const isUnderCi = Effect.runSync(Effect.orDie(Config.withDefault(Config.string("CI"), ""))) === "true"

/** Where screenshots and figures go; git ignores it. */
const output = fileURLToPath(new URL("../../test-output/", import.meta.url))
const screenshots = `${output}screenshots/`

export interface VisitOptions {
  /** Of the window, in CSS pixels. Default 1280. */
  readonly width?: number
  readonly scheme?: "light" | "dark"
  /** In a profile of its own, with nothing in its cache. */
  readonly fresh?: boolean
  /** Before anything is loaded: to answer requests in the place of the server, and the like. */
  readonly prepare?: (page: Page) => Promise<unknown>
  /** Errors that the page is expected to write to its console; all others fail the test. */
  readonly expectedErrors?: RegExp
}

/** What a page asked for, and what it complained of. */
export interface Seen {
  readonly requests: Array<{ readonly url: string; readonly method: string }>
  readonly errors: Array<string>
}

export class Browser extends Context.Tag("test/Browser")<Browser, {
  /**
   * Opens an address and runs the test's steps on it. Fails when the page throws, writes an error
   * to its console, or asks another host for anything.
   */
  readonly visit: (
    address: string,
    steps: (page: Page, seen: Seen) => Promise<void>,
    options?: VisitOptions
  ) => Effect.Effect<void>
}>() {}

const launch = Effect.acquireRelease(
  Effect.promise(() =>
    chromium.launch({
      executablePath: executable,
      // Root, as in containers, has no sandbox; nothing but our own pages is opened.
      args: ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"]
    })
  ),
  (browser) => Effect.promise(() => browser.close())
)

const open = (browser: Chromium) =>
  Effect.acquireRelease(
    Effect.promise(() => browser.newContext({ reducedMotion: "reduce", acceptDownloads: true })),
    (context) => Effect.promise(() => context.close())
  )

const watch = (page: Page, own: string): Seen => {
  const seen: Seen = { requests: [], errors: [] }
  page.on("request", (request) => {
    const url = request.url()
    seen.requests.push({ url, method: request.method() })
    if (!url.startsWith(own) && !url.startsWith("blob:")) seen.errors.push(`asked another host: ${url}`)
  })
  page.on("pageerror", (error) => seen.errors.push(`threw: ${error.message}`))
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") seen.errors.push(message.text())
  })
  return seen
}

const steps = async (
  context: BrowserContext,
  address: string,
  run: (page: Page, seen: Seen) => Promise<void>,
  { expectedErrors, prepare, scheme = "light", width = 1280 }: VisitOptions
) => {
  const page = await context.newPage()
  try {
    page.setDefaultTimeout(10_000)
    await page.setViewportSize({ width, height: width < 600 ? 812 : 900 })
    await page.emulateMedia({ colorScheme: scheme })
    const seen = watch(page, new URL(address).origin)
    await prepare?.(page)
    await page.goto(address)
    await run(page, seen)
    await page.evaluate("localStorage.clear()")
    const unexpected = seen.errors.filter((error) => expectedErrors === undefined || !expectedErrors.test(error))
    if (unexpected.length > 0) throw new Error(`the page complained:\n${unexpected.join("\n")}`)
  } finally {
    await page.close()
  }
}

export const layer = Layer.scoped(
  Browser,
  Effect.gen(function*() {
    const browser = yield* launch
    // One profile for most: files of the page are fetched once, as with a reader who goes from page to page.
    const shared = yield* open(browser)
    return {
      visit: (address, run, options = {}) =>
        (options.fresh === true ? open(browser) : Effect.succeed(shared)).pipe(
          Effect.flatMap((context) => Effect.promise(() => steps(context, address, run, options))),
          Effect.scoped
        )
    }
  })
)

/** Keeps how a page looks, whole. */
export const screenshot = async (page: Page, name: string): Promise<void> => {
  mkdirSync(screenshots, { recursive: true })
  await page.screenshot({ path: `${screenshots}${name}.png`, fullPage: true })
}

/** Keeps a figure that was measured. */
export const keepFigure = (name: string, value: number): void => {
  mkdirSync(output, { recursive: true })
  writeFileSync(`${output}${name}.txt`, `${value}\n`)
}
