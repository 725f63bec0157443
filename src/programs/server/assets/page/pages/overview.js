/**
 * How far the census is, live.
 */
import { address, get } from "../lib/api.js"
import { chartOf } from "../lib/chart.js"
import { fill, h } from "../lib/dom.js"
import { ago, count, minute, plural, share } from "../lib/format.js"
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
    figure("Never checked", count(backlog), `${plural(due.repositories, "repository", "repositories")} due`),
    figure("Images due", count(due.images), oldestDue === null ? "nothing waits" : ["oldest ", ago(oldestDue)])
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

/** @param {any} history @param {AbortSignal} signal */
const charts = ({ days }, signal) => {
  const dates = days.map((/** @type {any} */ day) => day.date)
  /** @param {string} name */
  const values = (name) => days.map((/** @type {any} */ day) => day[name])
  return h(
    "div",
    { class: "pair" },
    chartOf({
      title: "Backlog",
      unit: "repositories never checked",
      days: dates,
      series: [{ label: "backlog", kind: "line", values: values("backlog") }],
      height: 200
    }, signal),
    chartOf({
      title: "Finds per day",
      unit: "images found",
      days: dates,
      series: [{ label: "found", kind: "bars", values: values("found") }],
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
    section("Over time", charts(history, signal)),
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
