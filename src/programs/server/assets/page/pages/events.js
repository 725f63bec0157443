/**
 * What happened to watched references, and what became of telling it.
 */
import { send } from "../lib/api.js"
import { h } from "../lib/dom.js"
import { ago, plural } from "../lib/format.js"
import { listOf } from "../lib/list.js"
import { action, heading, nothing, outside, tag } from "../lib/parts.js"
import { referenceColumn } from "./parts/references.js"
import { shortDigest } from "./parts/tags.js"

/** @type {Record<string, string>} */
const types = {
  "image-census.tag.moved": "moved",
  "image-census.watch.fired": "fired by hand",
  "image-census.update.found": "newer version"
}

/** @type {Record<string, readonly ["" | "good" | "warn" | "bad" | "info", string]>} */
const statuses = {
  delivered: ["good", "every action had it"],
  pending: ["info", "an action still waits for it"],
  dead: ["bad", "an action failed too often; it waits for you"],
  kept: ["", "there is no action: it is kept and shown"]
}

/** @param {any} event */
const what = ({ from, to, update }) => {
  if (update !== null) {
    return [
      h("b", {}, update.tag),
      ` (${update.change})`,
      update.notes !== null && [" · ", outside(update.notes, "notes")]
    ]
  }
  return [from !== null && [shortDigest(from), " → "], to === null ? "–" : shortDigest(to)]
}

/** @param {any} delivery */
const delivery = ({ action, attempts, result, status }) =>
  h(
    "div",
    {},
    h("div", { class: "clip", title: action }, action ?? "an action that is gone"),
    h(
      "div",
      { class: "faint" },
      `${status}${attempts > 0 ? `, ${plural(attempts, "failure")}` : ""}${result === null ? "" : ` (${result})`}`
    )
  )

/** @type {import("../lib/list.js").List["columns"]} */
const columns = [
  referenceColumn("Reference"),
  {
    title: "What",
    cell: (row) => [
      types[row.type] ?? row.type,
      h("span", { class: "phones faint" }, " ", ago(row.at)),
      h("div", { class: "faint" }, what(row))
    ],
    value: (row) => row.type
  },
  { title: "When", look: "wide", cell: (row) => ago(row.at), value: (row) => row.at },
  {
    title: "Deliveries",
    look: "wide",
    cell: (row) => row.deliveries.length === 0 ? h("span", { class: "faint" }, "–") : row.deliveries.map(delivery),
    value: (row) => row.deliveries.length
  },
  {
    title: "Status",
    cell: (row) => {
      const [tone, title] = statuses[row.status] ?? ["", ""]
      return [
        tag(row.status, tone, title),
        row.status === "dead" && [
          " ",
          action("Retry", async () => {
            const { deliveries } = await send("POST", `/events/${encodeURIComponent(row.id)}/retry`)
            return `${plural(deliveries, "delivery", "deliveries")} tried again`
          }, "small")
        ]
      ]
    },
    value: (row) => row.status
  }
]

/** @param {import("../main.js").Visit} visit */
export const show = async ({ main, signal, title }) => {
  title("Events")
  main.append(
    heading("Events"),
    listOf({
      path: "/events",
      rows: "events",
      one: "event",
      key: (row) => row.id,
      columns,
      filters: [
        {
          name: "status",
          label: "Status",
          choices: [["", "all"], ...Object.keys(statuses).map((name) => /** @type {const} */ ([name, name]))]
        },
        { name: "type", label: "What", choices: [["", "all"], ...Object.entries(types)] }
      ],
      empty: nothing(
        "Nothing has happened yet",
        "When a watched tag moves, it is told here. ",
        h("a", { href: "/watches" }, "What is watched"),
        "."
      )
    }, signal).element
  )
}
