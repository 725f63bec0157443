/**
 * Where the reader is in a page: how far down, and how many rows of a list there are. Kept with the step of the browser's
 * history, so that going back leads there. The browser itself would try before there is anything to scroll.
 */

history.scrollRestoration = "manual"

/** @param {Record<string, number>} what */
const keep = (what) => history.replaceState({ ...history.state, ...what }, "")

/** @param {"rows" | "top"} name */
const kept = (name) => {
  const value = history.state?.[name]
  return typeof value === "number" ? value : undefined
}

/** How far down to go as soon as the page is long enough. @type {number | undefined} */
let wanted

/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting

/** Keeps how far down the reader is: before another step is taken. */
export const keepTop = () => {
  clearTimeout(waiting)
  keep({ top: scrollY })
}

/** @param {number} rows how many a list has */
export const keepRows = (rows) => keep({ rows })

/** How many rows a list had here. */
export const keptRows = () => kept("rows") ?? 0

/** A page begins: at its top, or where it was left. @param {boolean} moved by a link */
export const begin = (moved) => {
  clearTimeout(waiting)
  wanted = moved ? undefined : kept("top")
}

// More of a page has come: goes where it was left, if that is there by now.
new ResizeObserver(() => {
  if (wanted === undefined) return
  scrollTo(0, wanted)
  if (Math.abs(scrollY - wanted) < 2) wanted = undefined
}).observe(document.body)

// Whoever moves by themselves is not moved any more.
for (const type of ["wheel", "touchstart", "pointerdown", "keydown"]) {
  addEventListener(type, () => {
    wanted = undefined
  }, { passive: true })
}

// Back and forward tell of themselves only when the address is another one already. Not with every step of a scroll:
// browsers refuse that.
addEventListener("scroll", () => {
  if (wanted !== undefined) return
  clearTimeout(waiting)
  waiting = setTimeout(keepTop, 200)
}, { passive: true })
