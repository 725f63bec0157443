/**
 * Request budgets: what is left of each, and which of them are waited for.
 */
import { h } from "../../lib/dom.js"
import { count, duration } from "../../lib/format.js"
import { meter, nothing, tag } from "../../lib/parts.js"

/** @param {any} budget @param {Map<string, any>} parks */
const budgetRow = (budget, parks) => {
  const park = parks.get(`${budget.service}/${budget.payer}`)
  const known = budget.limit !== null && budget.remaining !== null
  const low = known && budget.remaining < budget.limit * 0.1
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, budget.service, " ", h("span", { class: "faint" }, budget.payer)),
    h(
      "td",
      { class: "number" },
      known
        ? `${count(budget.remaining)} of ${count(budget.limit)}`
        : budget.remaining === null
        ? "not said"
        : count(budget.remaining)
    ),
    h(
      "td",
      { class: "wide" },
      known &&
        meter(
          budget.remaining,
          budget.limit,
          `${count(budget.remaining)} of ${count(budget.limit)} left`,
          low ? "warn" : ""
        )
    ),
    h(
      "td",
      { class: "number wide" },
      budget.requestsPerMinute === null ? "–" : count(Math.round(budget.requestsPerMinute))
    ),
    h("td", { class: "number wide" }, count(budget.requests)),
    h(
      "td",
      {},
      park === undefined
        ? tag("open", "good")
        : tag(
          ["parked ", h("span", { "data-until": park.until }, duration(Date.parse(park.until) - Date.now()))],
          "warn",
          park.reason ?? ""
        )
    )
  )
}

/** @param {any} status */
export const budgets = (status) => {
  if (status.budgets.length === 0) {
    return nothing(
      "No request was sent yet",
      "Budgets appear as soon as ",
      h("code", {}, "image-census sync"),
      " or the daemon asks GitHub or a registry."
    )
  }
  const parks = new Map(status.parks.map((/** @type {any} */ park) => [`${park.service}/${park.payer}`, park]))
  return h(
    "div",
    { class: "scroll-x" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, "Budget"),
          h("th", { scope: "col", class: "number" }, "Left"),
          h("th", { scope: "col", class: "wide" }, h("span", { class: "unseen" }, "Share")),
          h("th", { scope: "col", class: "number wide" }, "Per min"),
          h("th", { scope: "col", class: "number wide" }, "Requests"),
          h("th", { scope: "col" }, "Gate")
        )
      ),
      h("tbody", {}, status.budgets.map((/** @type {any} */ budget) => budgetRow(budget, parks)))
    )
  )
}

/** Counts the parks down between two events. @param {HTMLElement} place @param {AbortSignal} signal */
export const countDown = (place, signal) => {
  const timer = setInterval(() => {
    for (const left of place.querySelectorAll("[data-until]")) {
      if (left instanceof HTMLElement) left.textContent = duration(Date.parse(left.dataset["until"] ?? "") - Date.now())
    }
  }, 1000)
  signal.addEventListener("abort", () => clearInterval(timer))
}
