/**
 * Watched references on lists.
 */
import { h } from "../../lib/dom.js"
import { breakable } from "../../lib/parts.js"

/**
 * A column of references, each with the platform that is watched of it.
 * @param {string} title
 * @returns {import("../../lib/list.js").Column}
 */
export const referenceColumn = (title) => ({
  title,
  cell: ({ platform, reference }) => [
    h("span", { class: "name" }, breakable(reference)),
    platform !== null && h("div", { class: "faint" }, platform)
  ],
  value: (row) => row.reference
})
