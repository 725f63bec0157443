/**
 * The frame around the pages: which page an address is, and how one gives way to the next.
 */
import { fill, h, say } from "./lib/dom.js"
import { failure } from "./lib/parts.js"
import { begin, keepTop } from "./lib/place.js"

/**
 * @typedef {object} Visit
 * @property {ReadonlyArray<string>} params what the address names
 * @property {AbortSignal} signal ends when the page is left
 * @property {HTMLElement} main where the page goes
 * @property {(title: string) => void} title names the page
 * @typedef {{ show: (visit: Visit) => Promise<void> }} Page
 */

/** @type {ReadonlyArray<readonly [RegExp, string, () => Promise<Page>]>} */
const routes = [
  [/^\/$/, "/", () => import("./pages/overview.js")],
  [/^\/images$/, "/images", () => import("./pages/images.js")],
  [/^\/images\/(.+)$/, "/images", () => import("./pages/image.js")],
  [/^\/repositories$/, "/repositories", () => import("./pages/repositories.js")],
  [/^\/repositories\/([^/]+)\/([^/]+)$/, "/repositories", () => import("./pages/repository.js")],
  [/^\/updates$/, "/updates", () => import("./pages/updates.js")],
  [/^\/watches$/, "/watches", () => import("./pages/watches.js")],
  [/^\/events$/, "/events", () => import("./pages/events.js")],
  [/^\/catalog$/, "/catalog", () => import("./pages/catalog.js")],
  [/^\/catalog\/(.+)$/, "/catalog", () => import("./pages/entry.js")]
]

const found = document.getElementById("main")
if (found === null) throw new Error("the page has no main element")
const main = found

let leaving = new AbortController()

/** @param {string} section */
const mark = (section) => {
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === section) link.setAttribute("aria-current", "page")
    else link.removeAttribute("aria-current")
  }
}

/** @param {string} text */
const title = (text) => {
  document.title = `${text} · image-census`
}

const notFound = () => {
  title("No such page")
  fill(
    main,
    h("h1", {}, "No such page"),
    h(
      "p",
      {},
      "Nothing is at ",
      h("code", {}, location.pathname),
      ". ",
      h("a", { href: "/" }, "The overview"),
      " is a place to start from."
    )
  )
}

/** Shows what the address says. @param {boolean} moved by a link: then the reader is taken to its beginning */
const visit = async (moved) => {
  leaving.abort()
  leaving = new AbortController()
  const { signal } = leaving
  begin(moved)
  const path = location.pathname.replace(/(.)\/+$/, "$1")
  const route = routes.find(([pattern]) => pattern.test(path))
  mark(route?.[1] ?? "")
  if (route === undefined) return notFound()
  const [pattern, , page] = route
  main.setAttribute("aria-busy", "true")
  try {
    const params = (pattern.exec(path) ?? []).slice(1).map((part) => part.split("/").map(decodeURIComponent).join("/"))
    const { show } = await page()
    if (signal.aborted) return
    fill(main)
    if (moved) scrollTo(0, 0)
    await show({ params, signal, main, title })
  } catch (error) {
    if (signal.aborted) return
    fill(main, h("h1", {}, "This page could not be shown"), failure(error, () => void visit(false)))
  } finally {
    if (!signal.aborted) {
      main.removeAttribute("aria-busy")
      if (moved) {
        main.focus({ preventScroll: true })
        say(document.title)
      }
    }
  }
}

/** Goes to an address of this site without loading the frame again. @param {string} address */
const go = (address) => {
  keepTop()
  history.pushState(null, "", address)
  void visit(true)
}

document.addEventListener("click", (event) => {
  if (
    event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey
  ) return
  const link = event.target instanceof Element ? event.target.closest("a") : null
  if (
    link === null || link.origin !== location.origin || link.target !== "" || link.download !== "" ||
    "native" in link.dataset
  ) return
  event.preventDefault()
  if (link.hash === "" || link.pathname !== location.pathname) return go(link.href)
  // Left to the browser this would be a step of its history, and the page would be asked for and shown anew.
  const place = document.getElementById(link.hash.slice(1))
  place?.scrollIntoView()
  place?.focus({ preventScroll: true })
})
addEventListener("popstate", () => void visit(false))

const themes = ["auto", "light", "dark"]

const button = document.getElementById("theme")
const showTheme = () => {
  if (button !== null) button.textContent = `Theme: ${document.documentElement.dataset["theme"] ?? "auto"}`
}
button?.addEventListener("click", () => {
  const { dataset } = document.documentElement
  const next = themes[(themes.indexOf(dataset["theme"] ?? "auto") + 1) % themes.length] ?? "auto"
  if (next === "auto") delete dataset["theme"]
  else dataset["theme"] = next
  try {
    localStorage.setItem("image-census.theme", next)
  } catch {
    // Then it holds for this page only.
  }
  showTheme()
  dispatchEvent(new Event("themechange"))
})
showTheme()
void visit(false)
