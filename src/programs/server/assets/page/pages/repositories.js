/**
 * All repositories, and a field to add some.
 */
import { send } from "../lib/api.js"
import { h } from "../lib/dom.js"
import { ago, plural } from "../lib/format.js"
import { listOf } from "../lib/list.js"
import { action, heading, imageLink, nothing, repositoryLink } from "../lib/parts.js"
import { outcome } from "./parts/outcome.js"

/** @type {import("../lib/list.js").List["columns"]} */
const columns = [
  {
    title: "Repository",
    cell: (row) => repositoryLink(`${row.owner}/${row.name}`),
    value: (row) => `${row.owner}/${row.name}`
  },
  { title: "Name check", look: "wide", cell: (row) => outcome(row.outcome), value: (row) => row.outcome },
  {
    title: "Images",
    cell: (row) =>
      row.images.length === 0
        ? h("span", { class: "faint" }, "–")
        : row.images.slice(0, 3).flatMap((
          /** @type {string} */ image,
          /** @type {number} */ index
        ) => [index > 0 && ", ", imageLink(image)]).concat(row.images.length > 3 ? [` +${row.images.length - 3}`] : []),
    value: (row) => row.images.join(" ")
  },
  { title: "Checked", look: "wide", cell: (row) => ago(row.checkedAt), value: (row) => row.checkedAt }
]

/** @param {() => void} added */
const adding = (added) => {
  const input = h("textarea", {
    id: "add",
    rows: 3,
    placeholder: "owner/name or an address, a line each",
    spellcheck: "false"
  })
  const act = action("Add", async () => {
    const repositories = input.value.split(/[\s,]+/).filter((text) => text !== "")
    if (repositories.length === 0) return "nothing is written above"
    const answer = await send("POST", "/repositories", { repositories })
    input.value = ""
    added()
    return `${plural(answer.added, "repository", "repositories")} added, ${answer.known} known already`
  }, "main")
  return h(
    "details",
    { class: "adding" },
    h("summary", {}, "Add repositories"),
    h("label", { for: "add" }, "Repositories on GitHub"),
    input,
    act
  )
}

/** @param {import("../main.js").Visit} visit */
export const show = async ({ main, signal, title }) => {
  title("Repositories")
  const list = listOf({
    path: "/repositories",
    rows: "repositories",
    one: "repository",
    key: (row) => `${row.owner}/${row.name}`,
    columns,
    filters: [{ name: "search", label: "Search repositories" }],
    empty: nothing("No repository yet", "Add some above, or with ", h("code", {}, "image-census repos add FILE"), ".")
  }, signal)
  main.append(heading("Repositories"), adding(list.reload), list.element)
}
