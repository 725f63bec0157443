/**
 * All images, in pages: sorted by pulls or growth, searched, by registry.
 */
import { h } from "../lib/dom.js"
import { ago, compact, count, signed } from "../lib/format.js"
import { listOf } from "../lib/list.js"
import { heading, imageLink, nothing, repositoryLink, tag } from "../lib/parts.js"
import { sparkline } from "../lib/svg.js"

const registries = /** @type {const} */ ([
  ["", "All registries"],
  ["docker.io", "Docker Hub"],
  ["ghcr.io", "GHCR"],
  ["quay.io", "Quay"],
  ["public.ecr.aws", "ECR Public"],
  ["gcr.io", "Google (gcr.io)"],
  ["mcr.microsoft.com", "Microsoft"]
])

/** @param {number | string | null} value */
const growth = (value) =>
  value === null
    ? h("span", { class: "faint" }, "–")
    : h("span", { title: signed(value) }, `${Number(value) > 0 ? "+" : ""}${compact(value)}`)

/** @param {7 | 30 | 90} days @param {string} look @returns {import("../lib/list.js").Column} */
const growthColumn = (days, look) => ({
  title: `${days} days`,
  sort: `growth${days}`,
  look,
  cell: (row) => growth(row.growth[`days${days}`]),
  value: (row) => row.growth[`days${days}`]
})

/** @param {Array<string>} repositories */
const owners = (repositories) =>
  repositories.length === 0
    ? h("span", { class: "faint" }, "–")
    : [
      repositoryLink(repositories[0] ?? ""),
      repositories.length > 1 && h("span", { class: "faint" }, ` +${repositories.length - 1}`)
    ]

/** @type {import("../lib/list.js").List["columns"]} */
const columns = [
  {
    title: "Image",
    sort: "name",
    cell: (
      row
    ) => [imageLink(row.image), row.goneSince !== null && [" ", tag("gone", "bad", `since ${row.goneSince}`)]],
    value: (row) => row.image
  },
  {
    title: "Pulls",
    sort: "pulls",
    look: "number",
    cell: (row) => h("span", { title: count(row.pulls) }, compact(row.pulls)),
    value: (row) => row.pulls
  },
  growthColumn(7, "number wide"),
  growthColumn(30, "number"),
  growthColumn(90, "number wide"),
  {
    title: "Last 30 days",
    look: "spark",
    cell: (row) => sparkline(row.recent, `pulls of the last ${row.recent.length} days`)
  },
  { title: "Stars", sort: "stars", look: "number wide", cell: (row) => count(row.stars), value: (row) => row.stars },
  { title: "Pushed", look: "wider", cell: (row) => ago(row.lastUpdated), value: (row) => row.lastUpdated },
  {
    title: "Repository",
    look: "wider",
    cell: (row) => owners(row.repositories),
    value: (row) => row.repositories.join(" ")
  }
]

/** @param {import("../main.js").Visit} visit */
export const show = async ({ main, signal, title }) => {
  title("Images")
  main.append(
    heading("Images"),
    listOf({
      path: "/images",
      rows: "images",
      one: "image",
      key: (row) => row.image,
      columns,
      sort: "pulls",
      falling: ["pulls", "stars", "growth7", "growth30", "growth90"],
      query: { recentDays: 30 },
      filters: [{ name: "search", label: "Search images" }, {
        name: "registry",
        label: "Registry",
        choices: registries
      }],
      empty: nothing(
        "No image is known yet",
        "Add repositories with ",
        h("code", {}, "image-census repos add"),
        " and run ",
        h("code", {}, "image-census sync"),
        ": their images appear here as they are found."
      )
    }, signal).element
  )
}
