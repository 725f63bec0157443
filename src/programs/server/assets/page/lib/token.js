/**
 * The token for writing (or, away from loopback, for reading). It stays in this tab: it is not kept when the tab is closed.
 */
import { h } from "./dom.js"

const key = "image-census.token"

/** @returns {string | null} */
export const token = () => sessionStorage.getItem(key)

export const forgetToken = () => sessionStorage.removeItem(key)

/** @type {Promise<string | null> | undefined} Several requests that are refused at once ask once. */
let asking

/** @param {"read" | "write"} kind @param {boolean} refused */
const dialogOf = (kind, refused) => {
  const input = h("input", {
    id: "token",
    type: "password",
    name: "token",
    autocomplete: "off",
    spellcheck: "false",
    required: true,
    "aria-describedby": "token-about"
  })
  const dialog = h(
    "dialog",
    { class: "ask", "aria-labelledby": "token-title" },
    h(
      "form",
      { method: "dialog" },
      h("h2", { id: "token-title" }, refused ? "That token is not accepted" : `A ${kind} token is needed`),
      h(
        "p",
        { id: "token-about" },
        "Make one with ",
        h("code", {}, "image-census token new"),
        ", put its entry into ",
        h("code", {}, "IMAGE_CENSUS_API_TOKENS"),
        " and start the server again. It is kept for this tab only."
      ),
      h("label", { for: "token" }, "Token"),
      input,
      h(
        "div",
        { class: "row end" },
        h("button", { type: "button", class: "quiet", onclick: () => dialog.close("") }, "Cancel"),
        h("button", { type: "submit", class: "main", value: "given" }, "Use it")
      )
    )
  )
  return { dialog, input }
}

/**
 * Asks for a token; null when it is not given.
 * @param {"read" | "write"} kind @param {boolean} refused one was given and did not do
 * @returns {Promise<string | null>}
 */
export const askToken = (kind, refused) => {
  asking ??= new Promise((/** @type {(token: string | null) => void} */ resolve) => {
    const { dialog, input } = dialogOf(kind, refused)
    document.body.appendChild(dialog)
    dialog.addEventListener("close", () => {
      dialog.remove()
      asking = undefined
      const given = input.value.trim()
      if (dialog.returnValue !== "given" || given === "") return resolve(null)
      sessionStorage.setItem(key, given)
      resolve(given)
    })
    dialog.showModal()
  })
  return asking
}
