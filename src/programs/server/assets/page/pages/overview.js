/**
 * How far the census is, live.
 */
import { address, get } from "../lib/api.js"
import { chartOf } from "../lib/chart.js"
import { fill, h } from "../lib/dom.js"
import { ago, count, dayOf, minute, plural, secondsOf, share } from "../lib/format.js"
import { follow } from "../lib/live.js"
import { figure, figures, heading, meter, nothing, section } from "../lib/parts.js"
import { budgets, countDown } from "./parts/budgets.js"

/** @param {any} status */
const tiles = ({ backlog, due, lastCompleteDay, oldestDue, rows, today }) => {
  const checked = rows.repositories - backlog
  return figures(
    figure("Repositories checked", share(checked, rows.repositories), [
      meter(checked, rows.repositories, `${share(checked, rows.repositories)} of the repositories are checked`),
      `${count(checked)} of ${count(rows.repositories)}`
    ]),
    figure(`Complete for ${today.day}`, share(today.done, today.images), [
      meter(
        today.done,
        today.images,
        `${share(today.done, today.images)} of the images have today's pulls`,
        today.done === today.images ? "good" : ""
      ),
      `${count(today.done)} of ${plural(today.images, "image")}`
    ]),
    figure("Images", count(rows.images), rows.gone > 0 ? `${count(rows.gone)} gone` : "none gone"),
    figure(
      "Days of pulls",
      count(rows.snapshots),
      lastCompleteDay === null ? "no complete day yet" : `complete to ${lastCompleteDay}`
    ),
    figure("Never checked", count(backlog), backlog === 0 ? "every repository was checked" : "repositories"),
    figure("Due now", count(due.repositories + due.images), [
      `${plural(due.repositories, "repository", "repositories")}, ${plural(due.images, "image")}`,
      oldestDue !== null && ["; oldest ", ago(oldestDue)]
    ])
  )
}

/** What a job says of itself: numbers by name, whatever they are. @param {unknown} progress */
const said = (progress) => {
  if (typeof progress !== "object" || progress === null) return "–"
  const numbers = Object.entries(progress).flatMap(([job, value]) =>
    typeof value === "object" && value !== null
      ? [`${job}: ${
        Object.entries(value).filter(([, one]) => typeof one === "number" || typeof one === "string").map((
          [name, one]
        ) => `${name} ${typeof one === "number" ? count(one) : one}`).join(", ")
      }`]
      : [`${job} ${String(value)}`]
  )
  return numbers.join("; ") || "–"
}

/** @param {any} status */
const processes = (status) =>
  status.processes.length === 0
    ? nothing(
      "Nothing works on this database now",
      "Start ",
      h("code", {}, "image-census daemon"),
      ", and what it does appears here."
    )
    : h(
      "ul",
      { class: "plain cards" },
      status.processes.map((/** @type {any} */ process) =>
        h(
          "li",
          {},
          h(
            "p",
            {},
            h("code", {}, process.command),
            " ",
            h(
              "span",
              { class: "faint" },
              `on ${process.host}, process ${process.pid}, since ${minute(process.startedAt)} UTC`
            )
          ),
          h("p", { class: "faint" }, said(process.progress))
        )
      )
    )

/** Days that a chart shows at least. */
const leastDays = 30

/**
 * Every day from the first that was counted (or a month ago) to today: where nothing was found, none; where nothing was
 * counted, a gap.
 * @param {Array<any>} days @param {any} status
 */
const everyDay = (days, { backlog, today }) => {
  const known = new Map(days.map((day) => [day.date, day]))
  const last = secondsOf(today.day)
  const first = Math.min(last - (leastDays - 1) * 86_400, ...days.map(({ date }) => secondsOf(date)))
  return Array.from({ length: Math.round((last - first) / 86_400) + 1 }, (_, index) => {
    const date = dayOf(first + index * 86_400)
    const day = known.get(date)
    return { date, found: day?.found ?? 0, backlog: date === today.day ? backlog : day?.backlog ?? null }
  })
}

/** @param {any} history @param {any} status @param {AbortSignal} signal */
const charts = (history, status, signal) => {
  const days = everyDay(history.days, status)
  const dates = days.map(({ date }) => date)
  return h(
    "div",
    { class: "pair" },
    chartOf({
      title: "Backlog",
      unit: "repositories never checked",
      days: dates,
      series: [{ label: "backlog", kind: "line", values: days.map(({ backlog }) => backlog) }],
      height: 200
    }, signal),
    chartOf({
      title: "Finds per day",
      unit: "images found",
      days: dates,
      series: [{ label: "found", kind: "bars", values: days.map(({ found }) => found) }],
      height: 200
    }, signal)
  )
}

/** @param {import("../main.js").Visit} visit */
export const show = async ({ main, signal, title }) => {
  title("Overview")
  const [first, history] = await Promise.all([get("/status", {}, signal), get("/status/history", { days: 90 }, signal)])
  const state = h("span", { class: "live", role: "status" }, "connecting")
  const now = h("div", { id: "now" })
  const counted = h("p", { class: "faint small" })
  const gates = h("div", {})
  const running = h("div", {})
  /** @param {any} status */
  const update = (status) => {
    fill(now, tiles(status))
    fill(
      counted,
      `Counted ${minute(status.countedAt)} UTC; ${plural(status.deferred, "row")} put off to later, ${
        count(status.leased)
      } being looked at.`
    )
    fill(gates, budgets(status))
    fill(running, processes(status))
  }
  update(first)
  const isNew = first.rows.repositories === 0 && first.rows.images === 0
  main.append(
    heading("Overview", state),
    ...(isNew
      ? [
        nothing(
          "The census is empty",
          "Add repositories: ",
          h("code", {}, "image-census repos add FILE"),
          ", then start ",
          h("code", {}, "image-census daemon"),
          "."
        )
      ]
      : []),
    now,
    counted,
    section("Over time", charts(history, first, signal)),
    section("Request budgets", gates),
    section("Running now", running)
  )
  countDown(gates, signal)
  void follow(address("/live"), {
    signal,
    onEvent: (name, status) => name === "status" && update(status),
    onState: (word) => {
      state.dataset["state"] = word
      fill(state, word === "live" ? "live" : "not live: connecting again")
    }
  })
}
