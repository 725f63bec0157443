/**
 * One image of the catalog: what it is, its tags and their history.
 */
import { get, segment } from "../lib/api.js"
import { h } from "../lib/dom.js"
import { ago, compact, count } from "../lib/format.js"
import { markdown } from "../lib/markdown.js"
import { figure, figures, fillWith, heading, outside, repositoryLink, section, tag } from "../lib/parts.js"
import { tagsOf } from "./parts/tags.js"

/** @param {string} name @param {import("../lib/dom.js").Child} value */
const fact = (name, value) => [h("dt", {}, name), h("dd", {}, value)]

/** @param {string} address */
const addressOrText = (address) => /^https?:\/\//i.test(address) ? outside(address, address) : address

/** @param {any} entry */
const facts = ({ categories, labels, licence, notes, publisher, repositories, source }) =>
  h(
    "dl",
    { class: "facts" },
    publisher !== null && fact("Publisher", publisher),
    licence !== null && fact("Licence", licence),
    source !== null && fact("Source", addressOrText(source)),
    repositories.length > 0 &&
      fact(
        "Built from",
        repositories.map((
          /** @type {string} */ repository,
          /** @type {number} */ index
        ) => [index > 0 && ", ", repositoryLink(repository)])
      ),
    categories.length > 0 && fact("Categories", categories.join(", ")),
    labels.length > 0 && fact("Labels", labels.map((/** @type {string} */ label) => [tag(label, "info"), " "])),
    notes !== null && fact("Notes", notes)
  )

/** The first few. @param {ReadonlyArray<string>} names */
const platforms = (names) => [
  names.slice(0, 3).join(", "),
  names.length > 3 && h("span", { title: names.slice(3).join(", ") }, ` and ${names.length - 3} more`)
]

/** @param {import("../main.js").Visit} visit */
export const show = async ({ main, params, signal, title }) => {
  const name = params[0] ?? ""
  title(name)
  const entry = await get(`/catalog/${segment(name)}`, {}, signal)
  const tags = h("div", {})
  const about = facts(entry)
  main.append(
    heading(
      [h("span", { class: "crumb" }, h("a", { href: "/catalog" }, "Catalog"), " / "), entry.image],
      entry.official && tag("official", "info"),
      entry.visibility !== "published" && tag(entry.visibility, "warn"),
      entry.goneSince !== null && tag("gone", "bad", `since ${entry.goneSince}`),
      location.pathname.startsWith("/catalog/") &&
        h("a", { class: "push", href: `/images/${name.split("/").map(encodeURIComponent).join("/")}` }, "Pulls by day")
    ),
    h("p", {}, entry.title ?? entry.description),
    figures(
      figure("Pulls", compact(entry.pulls), entry.pulls === null ? undefined : count(entry.pulls)),
      figure("Stars", count(entry.stars)),
      figure("Tags", count(entry.tagCount ?? entry.tags)),
      figure("Platforms", count(entry.platforms.length), platforms(entry.platforms)),
      figure("Pushed", ago(entry.lastUpdated), ["looked at ", ago(entry.lookedAt)])
    ),
    ...(about.hasChildNodes() ? [about] : []),
    section("Tags", tags),
    ...(entry.fullDescription === "" ? [] : [section("Description", markdown(entry.fullDescription))])
  )
  await fillWith(tags, signal, () => tagsOf(entry.image, signal))
}
