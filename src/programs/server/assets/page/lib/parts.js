/**
 * Pieces that several pages are made of.
 */
import { ApiError } from "./api.js"
import { fill, h, say } from "./dom.js"
import { forgetToken } from "./token.js"

/** @typedef {import("./dom.js").Child} Child */

/** What can be done, by what went wrong. @param {unknown} error */
const advice = (error) => {
  if (!(error instanceof ApiError)) {
    return "This is a fault of the page itself. Loading it again may help; so may telling us."
  }
  if (error.status === 0) return "Start it again, then try again."
  if (error.status === 401) return "A token is needed: try again to give one."
  if (error.status === 403) return "The token may read but not write. Give a write token."
  if (error.status === 404) return "It may have been removed, or the address has a mistake in it."
  if (error.status === 503) return "The database does not answer now. Nothing is lost; try again in a moment."
  return "Try again; if it stays, the server's log says more."
}

/**
 * What went wrong, and what to do about it.
 * @param {unknown} error @param {() => void} again
 */
export const failure = (error, again) => {
  const refused = error instanceof ApiError && (error.status === 401 || error.status === 403)
  const heading = error instanceof ApiError ? error.title : "Something failed"
  say(`Failed: ${heading}`)
  if (!(error instanceof ApiError)) reportError(error)
  return h(
    "div",
    { class: "state failed", role: "alert" },
    h("p", { class: "head" }, heading),
    h("p", {}, error instanceof Error ? error.message : String(error)),
    h("p", { class: "faint" }, advice(error)),
    h("button", {
      type: "button",
      onclick: () => {
        if (refused) forgetToken()
        again()
      }
    }, "Try again")
  )
}

/**
 * Fills a part of a page when its content has come. Where that fails, the part says so, and the rest of the page stays.
 * @param {Element} place @param {AbortSignal} signal @param {() => Promise<Child>} content
 * @returns {Promise<void>}
 */
export const fillWith = async (place, signal, content) => {
  try {
    fill(place, await content())
  } catch (error) {
    if (!signal.aborted) fill(place, failure(error, () => void fillWith(place, signal, content)))
  }
}

/**
 * Nothing is there yet, and how that changes.
 * @param {string} heading @param {...Child} what
 */
export const nothing = (heading, ...what) =>
  h("div", { class: "state" }, h("p", { class: "head" }, heading), h("p", { class: "faint" }, what))

/** The beginning of a page. @param {Child} heading @param {...Child} rest */
export const heading = (heading, ...rest) => h("div", { class: "heading" }, h("h1", {}, heading), rest)

/** A part of a page, with its name. @param {string} name @param {...Child} children */
export const section = (name, ...children) => {
  const id = `part-${name.toLowerCase().replaceAll(/[^a-z]+/g, "-")}`
  return h("section", { class: "part", "aria-labelledby": id }, h("h2", { id }, name), children)
}

/** A number with its name. @param {Child} name @param {Child} value @param {Child} [more] */
export const figure = (name, value, more) =>
  h(
    "div",
    { class: "figure" },
    h("dt", {}, name),
    h("dd", {}, h("span", { class: "value" }, value), more !== undefined && h("span", { class: "more" }, more))
  )

/** @param {...Child} figures */
export const figures = (...figures) => h("dl", { class: "figures" }, figures)

/** How much of a whole. @param {number} part @param {number} total @param {string} label @param {string} [tone] */
export const meter = (part, total, label, tone = "") => {
  const bar = h("span", { class: `meter ${tone}`, role: "img", "aria-label": label }, h("span", {}))
  const inner = bar.firstElementChild
  if (inner instanceof HTMLElement) inner.style.width = `${total <= 0 ? 0 : Math.min(100, part / total * 100)}%`
  return bar
}

/** A word in a small box. @param {Child} text @param {"" | "good" | "warn" | "bad" | "info"} [tone] @param {string} [title] */
export const tag = (text, tone = "", title) => h("span", { class: `tag ${tone}`, title }, text)

/** A name or reference, which breaks at its slashes and colons before it does within its words. @param {string} text */
export const breakable = (text) => text.split(/(?<=[/:])/).map((part, index) => index === 0 ? part : [h("wbr"), part])

/** A link to an image's page. @param {string} image */
export const imageLink = (image) =>
  h("a", { href: `/images/${image.split("/").map(encodeURIComponent).join("/")}`, class: "name" }, breakable(image))

/** A link to a repository's page. @param {string} repository `owner/name` */
export const repositoryLink = (repository) =>
  h(
    "a",
    { href: `/repositories/${repository.split("/").map(encodeURIComponent).join("/")}`, class: "name" },
    breakable(repository)
  )

/** A link out of this site. @param {string} address @param {Child} text */
export const outside = (address, text) =>
  h(
    "a",
    { href: address, rel: "noopener noreferrer", target: "_blank" },
    text,
    h("span", { class: "unseen" }, " (another site)")
  )

/**
 * Runs something; says beside the button how it went, which is not to be pressed meanwhile.
 * @param {HTMLButtonElement} button @param {HTMLElement} said @param {() => Promise<string>} act
 */
const attempt = async (button, said, act) => {
  button.disabled = true
  fill(said, "…")
  try {
    fill(said, await act())
    said.classList.remove("bad")
  } catch (error) {
    fill(said, error instanceof ApiError ? `${error.title}: ${error.message}` : String(error))
    said.classList.add("bad")
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) forgetToken()
  } finally {
    button.disabled = false
  }
}

/**
 * Runs something at a button's press; says how it went beside it.
 * @param {string} label @param {() => Promise<string>} act what it answers is said @param {string} [look]
 */
export const action = (label, act, look = "") => {
  const said = h("span", { class: "said", role: "status" })
  const button = h("button", { type: "button", class: look, onclick: () => void attempt(button, said, act) }, label)
  return h("span", { class: "action" }, button, said)
}

/**
 * A form that runs something when it is sent, by its button or with Enter, and its fields hold what they must.
 * @param {string} label of the button @param {() => Promise<string>} act what it answers is said
 * @param {...Child} fields
 */
export const form = (label, act, ...fields) => {
  const said = h("span", { class: "said", role: "status" })
  const button = h("button", { type: "submit", class: "main" }, label)
  const onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault()
    if (!button.disabled) void attempt(button, said, act)
  }
  return h("form", { onsubmit }, fields, h("span", { class: "action" }, button, said))
}
