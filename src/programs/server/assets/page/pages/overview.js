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
    figure(["Complete for ", h("time", {}, today.day)], share(today.done, today.images), [
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
      lastCompleteDay === null ? "no complete day yet" : ["complete to ", h("time", {}, lastCompleteDay)]
    ),
    figure(
      "Never checked",
      count(backlog),
      backlog === 0 && checked > 0 ? "every repository was checked" : "repositories"
    ),
    figure("Due now", count(due.repositories + due.images), [
      `${plural(due.repositories, "repository", "repositories")}, ${plural(due.images, "image")}`,
      oldestDue !== null && ["; oldest ", ago(oldestDue)]
    ])
  )
}

/** `imagesDue` as people write it. @param {string} name */
const words = (name) => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

/** What a job says of itself: numbers and words by name, but for instants. @param {unknown} progress */
const said = (progress) => {
  if (typeof progress !== "object" || progress === null) return "–"
  // Jobs that failed are told apart, above.
  const jobs = Object.entries(progress).filter(([job]) => job !== "jobs").map(([job, value]) => {
    if (typeof value !== "object" || value === null) return `${job} ${String(value)}`
    const parts = Object.entries(value).flatMap(([name, one]) =>
      name.endsWith("At") || (typeof one !== "number" && typeof one !== "string")
        ? []
        : [`${words(name)} ${typeof one === "number" ? count(one) : one}`]
    )
    return `${job}: ${parts.join(", ")}`
  })
  return jobs.join("; ") || "–"
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

/** Rows whose last look died, and jobs that wait to start again: nothing, as long as all is well. @param {any} status */
const defects = ({ defects: { newest, rows }, waitingJobs }) =>
  rows === 0 && waitingJobs.length === 0
    ? undefined
    : section(
      "Defects of the program",
      h(
        "p",
        {},
        `${plural(rows, "row")} could not be looked at because of a defect. They are tried again, and all else goes on.`
      ),
      h(
        "ul",
        { class: "plain cards" },
        waitingJobs.map((/** @type {any} */ job) =>
          h(
            "li",
            {},
            `${job.name} failed ${plural(job.failures, "time")} in a row and starts again: ${job.problem ?? ""}`
          )
        ),
        newest.map((/** @type {any} */ defect) =>
          h(
            "li",
            {},
            h("p", {}, h("code", {}, defect.subject), ` (${defect.job})`),
            h(
              "p",
              { class: "faint" },
              `${defect.reason}; ${plural(defect.times, "time")}, last ${minute(defect.at)} UTC`
            )
          )
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
const everyDay = (days, { backlog, found = 0, today }) => {
  const known = new Map(days.map((day) => [day.date, day]))
  const last = secondsOf(today.day)
  const first = Math.min(last - (leastDays - 1) * 86_400, ...days.map(({ date }) => secondsOf(date)))
  return Array.from({ length: Math.round((last - first) / 86_400) + 1 }, (_, index) => {
    const date = dayOf(first + index * 86_400)
    const day = known.get(date)
    const isToday = date === today.day
    return {
      date,
      found: Math.max(0, (day?.found ?? 0) + (isToday ? found : 0)),
      backlog: isToday ? backlog : day?.backlog ?? null
    }
  })
}

/** Charts follow what is told no more often than this, in milliseconds. */
const redrawAfter = 5000

/**
 * The charts, which follow the status: today's backlog, and images that were found since the page was loaded. Nothing is
 * drawn anew while somebody reads the numbers.
 * @param {any} history @param {any} first @param {AbortSignal} signal
 */
const liveCharts = (history, first, signal) => {
  const place = h("div", {})
  let drawing = new AbortController()
  let shown = ""
  let at = 0
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let later
  signal.addEventListener("abort", () => clearTimeout(later))
  /** @param {any} status */
  const update = (status) => {
    const found = status.rows.images - first.rows.images
    const state = `${status.backlog} ${found} ${status.today.day}`
    if (state === shown || place.querySelector("details[open]") !== null) return
    const wait = at + redrawAfter - Date.now()
    clearTimeout(later)
    if (wait > 0) {
      later = setTimeout(update, wait, status)
      return
    }
    shown = state
    at = Date.now()
    drawing.abort()
    drawing = new AbortController()
    fill(place, charts(history, { ...status, found }, AbortSignal.any([signal, drawing.signal])))
  }
  update(first)
  return { place, update }
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
  const trouble = h("div", { id: "trouble" })
  const gates = h("div", {})
  const running = h("div", {})
  const hint = h("div", {})
  const over = liveCharts(history, first, signal)
  /** @param {any} status */
  const update = (status) => {
    over.update(status)
    fill(
      hint,
      status.rows.repositories === 0 && status.rows.images === 0 &&
        nothing(
          "The census is empty",
          "Add repositories: ",
          h("code", {}, "image-census repos add FILE"),
          ", then start ",
          h("code", {}, "image-census daemon"),
          "."
        )
    )
    fill(now, tiles(status))
    fill(
      counted,
      `Counted ${minute(status.countedAt)} UTC; ${plural(status.deferred, "row")} put off to later, ${
        count(status.leased)
      } being looked at.`
    )
    fill(trouble, defects(status))
    fill(gates, budgets(status))
    fill(running, processes(status))
  }
  update(first)
  main.append(
    heading("Overview", state),
    hint,
    now,
    counted,
    trouble,
    section("Over time", over.place),
    section("Request budgets", gates),
    section("Running now", running)
  )
  countDown(gates, signal)
  // Until a frame comes, what is shown is what was asked for when the page was loaded.
  let current = new Date()
  let told = ""
  /** @param {import("../lib/live.js").State} word @param {string} text */
  const tell = (word, text) => {
    state.dataset["state"] = word
    // What stays as it is is not read out again.
    if (text !== told) fill(state, text)
    told = text
  }
  void follow(address("/live"), {
    signal,
    onEvent: (name, status) => {
      if (name !== "status") return
      current = new Date()
      update(status)
    },
    onState: (word, why) =>
      tell(
        word,
        word === "live"
          ? "live"
          : word === "old"
          ? `not current since ${minute(current.toISOString()).slice(11)} UTC: ${why}`
          : "not live: connecting again"
      )
  })
}
