/**
 * A list that comes in pages: sorted and filtered by the address, more at a press, never everything at once.
 */
import { get } from "./api.js"
import { fill, h, say } from "./dom.js"
import { csvOf, downloads } from "./download.js"
import { filterForm } from "./filters.js"
import { plural } from "./format.js"
import { failure, nothing } from "./parts.js"
import { keepRows, keepTop, keptRows } from "./place.js"
import { readState, withState } from "./state.js"

/** @typedef {import("./dom.js").Child} Child */

/**
 * @typedef {object} Column
 * @property {string} title
 * @property {(row: any) => Child} cell
 * @property {string} [sort] the value of `sort` that orders by it
 * @property {string} [look] classes: `number`; `wide`: left out on telephones; `wider`: on tablets too
 * @property {(row: any) => unknown} [value] what a download holds; default: none
 *
 * @typedef {object} List
 * @property {string} path of the API
 * @property {string} rows the property of its answer that holds them
 * @property {string} one what a row is: `image`
 * @property {ReadonlyArray<Column>} columns
 * @property {ReadonlyArray<import("./filters.js").Filter>} filters
 * @property {string} [sort] the order where the address says none
 * @property {ReadonlyArray<string>} [falling] orders of which the largest is first; default all
 * @property {import("./api.js").Query} [query] more parameters for the API
 * @property {Node} empty what to show where there is nothing at all
 * @property {(row: any) => string} key
 */

const perPage = 50

/** Of rows that were there before, so many come again. */
const mostKept = 500

/** @param {List} list @param {string} sort */
const headOf = (list, sort) =>
  h(
    "thead",
    {},
    h(
      "tr",
      {},
      list.columns.map((column) => {
        const sorted = column.sort !== undefined && column.sort === sort
        const falls = list.falling === undefined || (column.sort !== undefined && list.falling.includes(column.sort))
        return h(
          "th",
          { scope: "col", class: column.look, "aria-sort": sorted ? falls ? "descending" : "ascending" : null },
          column.sort === undefined
            ? column.title
            : h("a", {
              href: withState({ sort: column.sort === list.sort ? "" : column.sort }),
              class: "sort",
              "data-sort": column.sort
            }, column.title)
        )
      })
    )
  )

/** The orders of a list, as a choice: on telephones not every column is there to be pressed. @param {List} list */
const sortsOf = ({ columns, sort }) =>
  columns.flatMap((column) =>
    column.sort === undefined ? [] : [/** @type {const} */ ([column.sort === sort ? "" : column.sort, column.title])]
  )

/**
 * A list, and how to load it anew.
 * @param {List} list @param {AbortSignal} signal
 */
export const listOf = (list, signal) => {
  const place = h("div", { class: "list" })
  const foot = h("div", { class: "row foot" })
  /** @type {Array<any>} */
  let rows = []
  let run = new AbortController()
  signal.addEventListener("abort", () => run.abort())

  const files = () => {
    const columns = list.columns.filter(({ value }) => value !== undefined)
    return downloads(`${list.one} list`, {
      csv: () =>
        csvOf(
          columns.map(({ title }) => title.toLowerCase()),
          rows.map((row) => columns.map(({ value }) => value?.(row)))
        ),
      json: () => rows
    })
  }

  /** @param {any} row */
  const line = (row) =>
    h(
      "tr",
      { "data-key": list.key(row) },
      list.columns.map(({ cell, look }, index) =>
        index === 0 ? h("th", { scope: "row" }, cell(row)) : h("td", { class: look }, cell(row))
      )
    )

  const isFiltered = () => list.filters.some(({ name }) => (readState()[name] ?? "") !== "")

  /** @param {string | null} after */
  const page = (after) => {
    const state = readState()
    const filters = Object.fromEntries(list.filters.map(({ name }) => [name, state[name]]))
    const sort = list.sort === undefined ? {} : { sort: state["sort"] ?? list.sort }
    return get(list.path, { ...list.query, ...filters, ...sort, limit: perPage, after }, run.signal)
  }

  /** @param {HTMLElement} body @param {string | null} next */
  const footer = (body, next) => {
    const more = next === null ? null : h("button", {
      type: "button",
      class: "main",
      onclick: async () => {
        if (more === null) return
        more.disabled = true
        try {
          const answer = await page(next)
          const fresh = answer[list.rows].map(line)
          rows = [...rows, ...answer[list.rows]]
          body.append(...fresh)
          footer(body, answer.next)
          // The keyboard goes on where the new rows begin.
          const first = fresh[0]?.querySelector("a")
          if (first instanceof HTMLElement) first.focus()
        } catch (error) {
          if (!run.signal.aborted) fill(foot, failure(error, () => footer(body, next)))
        }
      }
    }, "Show more")
    const text = next === null
      ? plural(rows.length, list.one, manyOf(list.one))
      : `the first ${plural(rows.length, list.one, manyOf(list.one))}`
    keepRows(rows.length)
    fill(foot, more, h("span", { class: "faint" }, text), files())
    say(text)
  }

  /** @param {number} [least] rows to begin with, if there are so many */
  const load = async (least = 0) => {
    run.abort()
    run = new AbortController()
    const { signal: mine } = run
    place.setAttribute("aria-busy", "true")
    try {
      let answer = await page(null)
      /** @type {Array<any>} */
      const all = answer[list.rows]
      while (!mine.aborted && answer.next !== null && all.length < Math.min(least, mostKept)) {
        answer = await page(answer.next)
        all.push(...answer[list.rows])
      }
      if (mine.aborted) return
      rows = all
      if (rows.length === 0) {
        fill(foot)
        fill(
          place,
          isFiltered()
            ? nothing(
              "Nothing fits",
              "No ",
              list.one,
              " fits what is asked for. ",
              h("a", { href: location.pathname }, "Show all"),
              "."
            )
            : list.empty
        )
        say("Nothing fits")
        return
      }
      const sort = readState()["sort"] ?? list.sort ?? ""
      const body = h("tbody", {}, rows.map(line))
      const table = h("table", {}, headOf(list, sort), body)
      // Another order is another address, but not another page: the filters keep what is being typed.
      table.querySelector("thead")?.addEventListener("click", (event) => {
        const link = event.target instanceof Element ? event.target.closest("a") : null
        if (link === null || !(event instanceof MouseEvent) || event.ctrlKey || event.metaKey || event.shiftKey) return
        event.preventDefault()
        const chosen = link.dataset["sort"] ?? ""
        keepTop()
        history.pushState(null, "", link.href)
        void load().then(() => {
          const again = place.querySelector(`a[data-sort="${CSS.escape(chosen)}"]`)
          if (again instanceof HTMLElement) again.focus()
        })
      })
      fill(place, h("div", { class: "scroll-x" }, table))
      footer(body, answer.next)
    } catch (error) {
      if (mine.aborted) return
      fill(foot)
      fill(place, failure(error, () => void load()))
    } finally {
      if (!mine.aborted) place.removeAttribute("aria-busy")
    }
  }
  void load(keptRows())
  const form = list.filters.length > 0 && filterForm(list.filters, sortsOf(list), () => void load())
  return { element: h("div", {}, form, place, foot), reload: () => void load() }
}

/** @param {string} one */
const manyOf = (one) => one.endsWith("y") ? `${one.slice(0, -1)}ies` : one.endsWith("ch") ? `${one}es` : `${one}s`
