/**
 * The catalog: what images are, with their platforms.
 */
import { h } from "../lib/dom.js"
import { ago, compact, count } from "../lib/format.js"
import { listOf } from "../lib/list.js"
import { breakable, heading, nothing, tag } from "../lib/parts.js"

/** @param {string} image */
const link = (image) =>
  h("a", { href: `/catalog/${image.split("/").map(encodeURIComponent).join("/")}`, class: "name" }, breakable(image))

/** @param {any} entry */
const about = ({ description, goneSince, image, official, title, visibility }) => [
  link(image),
  official && [" ", tag("official", "info", "published by Docker in its library")],
  visibility !== "published" && [" ", tag(visibility, "warn")],
  goneSince !== null && [" ", tag("gone", "bad", `since ${goneSince}`)],
  h("div", { class: "faint clip" }, title ?? description)
]

/** @param {Array<string>} platforms */
const platformTags = (platforms) =>
  platforms.length === 0
    ? h("span", { class: "faint" }, "–")
    : [
      platforms.slice(0, 5).map((platform) => [tag(platform.replace(/^linux\//, "")), " "]),
      platforms.length > 5 && h("span", { class: "faint" }, `+${platforms.length - 5}`)
    ]

/** @type {import("../lib/list.js").List["columns"]} */
const columns = [
  { title: "Image", cell: about, value: (row) => row.image },
  {
    title: "Platforms",
    look: "wide",
    cell: (row) => platformTags(row.platforms),
    value: (row) => row.platforms.join(" ")
  },
  {
    title: "Tags",
    look: "number",
    cell: (row) => count(row.tagCount ?? row.tags),
    value: (row) => row.tagCount ?? row.tags
  },
  {
    title: "Pulls",
    look: "number",
    cell: (row) => h("span", { title: count(row.pulls) }, compact(row.pulls)),
    value: (row) => row.pulls
  },
  { title: "Stars", look: "number wide", cell: (row) => count(row.stars), value: (row) => row.stars },
  { title: "Pushed", look: "wide", cell: (row) => ago(row.lastUpdated), value: (row) => row.lastUpdated },
  { title: "Looked at", look: "wider", cell: (row) => ago(row.lookedAt), value: (row) => row.lookedAt }
]

const platforms = [
  "linux/amd64",
  "linux/arm64",
  "linux/arm/v7",
  "linux/386",
  "linux/ppc64le",
  "linux/s390x",
  "linux/riscv64",
  "windows/amd64"
]

/** @param {import("../main.js").Visit} visit */
export const show = async ({ main, signal, title }) => {
  title("Catalog")
  main.append(
    heading("Catalog"),
    listOf({
      path: "/catalog",
      rows: "images",
      one: "image",
      key: (row) => row.image,
      columns,
      filters: [
        { name: "search", label: "Search names, descriptions, labels" },
        {
          name: "platform",
          label: "Runs on",
          choices: [["", "anything"], ...platforms.map((name) => /** @type {const} */ ([name, name]))]
        },
        {
          name: "official",
          label: "From",
          choices: [["", "everybody"], ["1", "Docker's library"], ["0", "others"]]
        }
      ],
      empty: nothing(
        "The catalog is empty",
        "Add images with ",
        h("code", {}, "image-census catalog add IMAGE"),
        " and run ",
        h("code", {}, "image-census catalog sync"),
        "."
      )
    }, signal).element
  )
}
