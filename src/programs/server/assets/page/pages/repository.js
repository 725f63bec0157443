/**
 * One repository: its images with the evidence, and what was looked at.
 */
import { get, send } from "../lib/api.js"
import { h } from "../lib/dom.js"
import { at, count, plural } from "../lib/format.js"
import { action, heading, outside, section, tag } from "../lib/parts.js"
import { linksOf } from "./parts/evidence.js"
import { outcome } from "./parts/outcome.js"

/** @param {string} name @param {...import("../lib/dom.js").Child} value */
const fact = (name, ...value) => [h("dt", {}, name), h("dd", {}, value)]

/** @param {Array<any>} links */
const linksFound = (links) => {
  const verified = links.filter(({ verification }) => verification.state === "verified").length
  return `${plural(links.length, "image")}, ${count(verified)} verified`
}

/** @param {any} repository */
const looked = (repository) => {
  const { addedAt, checkedAt, dockerfiles, headOid, lastError, links, notBefore, renamedFrom, url } = repository
  return h(
    "dl",
    { class: "facts" },
    fact("Added", at(addedAt)),
    fact("Checked", at(checkedAt)),
    fact("Name check", outcome(repository.outcome)),
    fact("Images", links.length === 0 ? "none found" : [tag("found", "good"), ` ${linksFound(links)}`]),
    headOid === null ? [] : fact("Commit", outside(`${url}/tree/${headOid}`, h("code", {}, headOid.slice(0, 12)))),
    fact(
      "Dockerfiles",
      dockerfiles.length === 0
        ? "none at the places that are looked at"
        : dockerfiles.flatMap((
          /** @type {string} */ path,
          /** @type {number} */ index
        ) => [index > 0 && ", ", h("code", {}, path)])
    ),
    renamedFrom === null ? [] : fact("Was", renamedFrom),
    lastError === null ? [] : fact("Last look", lastError, notBefore !== null && [", tried again ", at(notBefore)])
  )
}

/** @param {import("../main.js").Visit} visit */
export const show = async ({ main, params, signal, title }) => {
  const [owner = "", name = ""] = params
  title(`${owner}/${name}`)
  const path = `/repositories/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`
  const repository = await get(path, {}, signal)
  main.append(
    heading(
      [
        h("span", { class: "crumb" }, h("a", { href: "/repositories" }, "Repositories"), " / "),
        `${repository.owner}/${repository.name}`
      ],
      h(
        "span",
        { class: "push" },
        action("Check now", async () => {
          await send("POST", `${path}/check`)
          return "asked for; the answer follows"
        })
      )
    ),
    h("p", { class: "faint" }, outside(repository.url, repository.url.replace(/^https?:\/\//, ""))),
    section("Images", linksOf(repository.links, "image")),
    section("What was looked at", looked(repository))
  )
}
