/**
 * What could be raised: newer versions of what is watched.
 */
import { h } from "../lib/dom.js"
import { ago, at } from "../lib/format.js"
import { listOf } from "../lib/list.js"
import { heading, nothing, outside, tag } from "../lib/parts.js"
import { referenceColumn } from "./parts/references.js"

/** @type {Record<string, "" | "good" | "warn" | "bad" | "info">} */
const tones = { patch: "good", minor: "info", major: "warn" }

/** @type {import("../lib/list.js").List["columns"]} */
const columns = [
  referenceColumn("Runs now"),
  { title: "Could run", cell: (row) => h("b", {}, row.newest.tag), value: (row) => row.newest.tag },
  {
    title: "Change",
    cell: (row) => tag(row.newest.change, tones[row.newest.change] ?? ""),
    value: (row) => row.newest.change
  },
  {
    title: "Published",
    look: "wide",
    cell: (row) => at(row.newest.publishedAt),
    value: (row) => row.newest.publishedAt
  },
  { title: "Seen since", look: "wide", cell: (row) => ago(row.newest.firstSeen), value: (row) => row.newest.firstSeen },
  {
    title: "Notes",
    cell: (row) =>
      row.newest.notes === null
        ? h("span", { class: "faint" }, "not known")
        : outside(row.newest.notes, "release notes"),
    value: (row) => row.newest.notes
  }
]

/** @param {import("../main.js").Visit} visit */
export const show = async ({ main, signal, title }) => {
  title("Updates")
  main.append(
    heading("Updates"),
    h(
      "p",
      { class: "faint" },
      "Newer versions of the references that are watched, within each one's rule. ",
      h("code", {}, "image-census updates --from FILE"),
      " looks up what a Compose file, a Dockerfile or a list of yours names."
    ),
    listOf({
      path: "/updates",
      rows: "updates",
      one: "update",
      query: { found: 1 },
      key: (row) => row.watch,
      columns,
      filters: [{ name: "search", label: "Search references" }],
      empty: nothing(
        "Nothing newer is known",
        "Newer versions of what is watched are looked up every night. ",
        h("a", { href: "/watches" }, "What is watched"),
        "."
      )
    }, signal).element
  )
}
