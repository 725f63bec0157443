/**
 * An image's tags as a grid of platforms, and what each of them pointed to over time.
 */
import { get, segment } from "../../lib/api.js"
import { fill, h } from "../../lib/dom.js"
import { csvOf, downloads } from "../../lib/download.js"
import { ago, at, bytes, plural } from "../../lib/format.js"
import { failure, nothing, tag as word } from "../../lib/parts.js"

/** Columns of the grid at most; rarer platforms are counted in the last one. */
const mostPlatforms = 8

/** The first twelve digits; the whole is in the title. @param {string} digest */
export const shortDigest = (digest) =>
  h("code", { class: "digest", title: digest }, digest.slice(digest.indexOf(":") + 1).slice(0, 12))

/** The platforms of these tags, the most frequent first. @param {Array<any>} tags */
const platformsOf = (tags) => {
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const { platforms } of tags) {
    for (const name of new Set(platforms.map((/** @type {any} */ { platform }) => platform))) {
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
  }
  return [...counts].toSorted(([a, many], [b, more]) => more - many || a.localeCompare(b)).map(([name]) => name)
}

/** @param {any} tag @param {string} platform */
const cell = (tag, platform) => {
  const found = tag.platforms.filter((/** @type {any} */ one) => one.platform === platform)
  if (found.length === 0) return h("td", { class: "platform" }, h("span", { class: "unseen" }, "no"))
  const { digest, size } = found[0]
  return h(
    "td",
    { class: "platform" },
    h("span", { class: "yes", title: digest ?? "" }, "●", h("span", { class: "unseen" }, "yes")),
    size !== null && h("span", { class: "faint size" }, bytes(size))
  )
}

/** @param {ReadonlyArray<any>} digests the latest first */
const timeline = (digests) =>
  digests.length === 0
    ? h("p", { class: "faint" }, "Nothing was noticed yet.")
    : h(
      "ol",
      { class: "plain timeline" },
      digests.map(({ digest, since, until }) =>
        h(
          "li",
          {},
          shortDigest(digest),
          " ",
          h("span", { class: "faint" }, "from ", at(since), until === null ? ": still there" : [" to ", at(until)])
        )
      )
    )

/** @param {string} image @param {string} tag @param {number} columns @param {AbortSignal} signal */
const historyRow = (image, tag, columns, signal) => {
  const place = h("td", { colspan: columns })
  const load = async () => {
    try {
      const { history } = await get(`/images/${segment(image)}/tags/${segment(tag)}/history`, {}, signal)
      fill(place, timeline(history))
    } catch (error) {
      if (!signal.aborted) fill(place, failure(error, () => void load()))
    }
  }
  void load()
  return h("tr", { class: "unfolded" }, place)
}

/** @param {string} image @param {any} tag @param {ReadonlyArray<string>} platforms @param {number} columns @param {AbortSignal} signal */
const rowOf = (image, tag, platforms, columns, signal) => {
  /** @type {HTMLElement | undefined} */
  let unfolded
  const button = h("button", {
    type: "button",
    class: "quiet",
    "aria-expanded": "false",
    "aria-label": `History of ${tag.tag}`,
    onclick: () => {
      if (unfolded === undefined) {
        unfolded = historyRow(image, tag.tag, columns, signal)
        row.after(unfolded)
      } else {
        unfolded.remove()
        unfolded = undefined
      }
      button.setAttribute("aria-expanded", String(unfolded !== undefined))
    }
  }, "History")
  const row = h(
    "tr",
    {},
    h(
      "th",
      { scope: "row" },
      h("span", { class: "name" }, tag.tag),
      tag.goneSince !== null && [" ", word("gone", "bad")]
    ),
    h("td", { class: "wide" }, tag.digest === null ? "–" : shortDigest(tag.digest)),
    h("td", { class: "wide" }, ago(tag.pushedAt)),
    platforms.map((platform) => cell(tag, platform)),
    h(
      "td",
      { class: "platform" },
      button
    )
  )
  return row
}

/** @param {string} image @param {Array<any>} tags @param {AbortSignal} signal */
const grid = (image, tags, signal) => {
  const all = platformsOf(tags)
  const platforms = all.slice(0, mostPlatforms)
  const columns = platforms.length + 4
  return h(
    "div",
    { class: "scroll-x" },
    h(
      "table",
      { class: "grid-platforms" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, "Tag"),
          h("th", { scope: "col", class: "wide" }, "Digest"),
          h("th", { scope: "col", class: "wide" }, "Pushed"),
          platforms.map((platform) => h("th", { scope: "col", class: "platform" }, platform.replace(/^linux\//, ""))),
          h(
            "td",
            {},
            all.length > platforms.length && h("span", { class: "faint" }, `+${all.length - platforms.length}`)
          )
        )
      ),
      h("tbody", {}, tags.map((tag) => rowOf(image, tag, platforms, columns, signal)))
    )
  )
}

/** @param {string} image @param {AbortSignal} signal */
export const tagsOf = async (image, signal) => {
  const place = h("div", {})
  const path = `/images/${segment(image)}/tags`
  /** @type {Array<any>} */
  let tags = []
  /** @param {string | null} after */
  const page = async (after) => {
    try {
      const answer = await get(path, { limit: 25, after }, signal)
      tags = [...tags, ...answer.tags]
      if (tags.length === 0) {
        fill(
          place,
          nothing(
            "No tag is known yet",
            "The tags of images in the catalog are looked at by ",
            h("code", {}, "image-census catalog sync"),
            " and by the daemon."
          )
        )
        return
      }
      const more = answer.next !== null &&
        h("button", { type: "button", onclick: () => void page(answer.next) }, "More tags")
      const files = downloads(`tags of ${image}`, {
        csv: () =>
          csvOf(
            ["tag", "digest", "pushed", "platforms"],
            tags.map((tag) => [
              tag.tag,
              tag.digest,
              tag.pushedAt,
              tag.platforms.map((/** @type {any} */ one) => one.platform).join(" ")
            ])
          ),
        json: () => tags
      })
      fill(
        place,
        grid(image, tags, signal),
        h(
          "div",
          { class: "row foot" },
          more,
          h(
            "span",
            { class: "faint" },
            answer.next === null ? plural(tags.length, "tag") : `the newest ${tags.length} tags`
          ),
          files
        )
      )
    } catch (error) {
      if (!signal.aborted) fill(place, failure(error, () => void page(after)))
    }
  }
  await page(null)
  return place
}
