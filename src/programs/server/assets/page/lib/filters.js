/**
 * What a list is filtered and sorted by: fields that write it into the page's address.
 */
import { h } from "./dom.js"
import { readState, replaceState } from "./state.js"

/**
 * @typedef {object} Filter
 * @property {string} name the parameter, in the page's address and of the API
 * @property {string} label
 * @property {ReadonlyArray<readonly [string, string]>} [choices] value and text; without them it is a search field
 */

/** @param {Filter} filter @param {(event: Event) => void} change */
const searchField = ({ label, name }, change) => {
  const id = `filter-${name}`
  const attributes = { type: "search", autocomplete: "off", spellcheck: "false", placeholder: label }
  return h(
    "div",
    { class: "field search" },
    h("label", { for: id, class: "unseen" }, label),
    h("input", { id, name, ...attributes, value: readState()[name] ?? "", oninput: change })
  )
}

/** @param {Filter} filter @param {(event: Event) => void} change @param {string} [look] */
const choiceField = ({ choices = [], label, name }, change, look = "") => {
  const id = `filter-${name}`
  const chosen = readState()[name] ?? ""
  // An address may say what is not offered.
  const offered = choices.some(([value]) => value === chosen) ? choices : [...choices, [chosen, chosen]]
  return h(
    "div",
    { class: `field ${look}` },
    h("label", { for: id }, label),
    h(
      "select",
      { id, name, onchange: change },
      offered.map(([value = "", text]) => h("option", { value, selected: value === chosen }, text))
    )
  )
}

/**
 * The fields; `changed` is called when the address says something else: at once for a choice, a quarter of a second after
 * the last letter of a search.
 * @param {ReadonlyArray<Filter>} filters
 * @param {ReadonlyArray<readonly [string, string]>} sorts orders, for telephones
 * @param {() => void} changed
 */
export const filterForm = (filters, sorts, changed) => {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting
  const change = (/** @type {Event} */ { target }) => {
    if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement)) return
    replaceState({ [target.name]: target.value.trim() })
    clearTimeout(waiting)
    waiting = setTimeout(changed, target instanceof HTMLInputElement ? 250 : 0)
  }
  return h(
    "form",
    {
      class: "filters",
      role: "search",
      onsubmit: (event) => {
        event.preventDefault()
        clearTimeout(waiting)
        changed()
      }
    },
    filters.map((filter) => filter.choices === undefined ? searchField(filter, change) : choiceField(filter, change)),
    sorts.length > 1 && choiceField({ name: "sort", label: "Sort by", choices: sorts }, change, "phones")
  )
}
