/**
 * Watched references: what they point to, and what is done when that changes.
 */
import { send } from "../lib/api.js"
import { h } from "../lib/dom.js"
import { ago, duration, plural } from "../lib/format.js"
import { listOf } from "../lib/list.js"
import { action, form, heading, nothing, tag } from "../lib/parts.js"
import { referenceColumn } from "./parts/references.js"
import { shortDigest } from "./parts/tags.js"

/** @type {Record<string, readonly [string, "" | "good" | "warn" | "bad"]>} */
const outcomes = {
  seen: ["seen", "good"],
  "not-found": ["not there", "bad"],
  refused: ["refused", "warn"],
  "no-platform": ["platform missing", "warn"]
}

/** @param {any} watch */
const state = ({ dead, outcome, pending, problem }) => {
  const [text, tone] = outcomes[outcome ?? ""] ?? [outcome ?? "not looked at", /** @type {const} */ ("")]
  return [
    tag(text, tone, problem ?? ""),
    dead > 0 &&
    [" ", h("a", { href: "/events?status=dead" }, tag(`${dead} failed`, "bad", "deliveries that were set aside"))],
    pending > 0 && [" ", tag(`${pending} under way`, "info")]
  ]
}

/** @type {import("../lib/list.js").List["columns"]} */
const columns = [
  referenceColumn("Reference"),
  {
    title: "Points to",
    look: "wide",
    cell: (row) =>
      row.digest === null
        ? h("span", { class: "faint" }, "–")
        : [shortDigest(row.digest), h("div", { class: "faint" }, "since ", ago(row.since))],
    value: (row) => row.digest
  },
  { title: "Moves", look: "number wide", cell: (row) => String(row.moves), value: (row) => row.moves },
  {
    title: "Looked at",
    look: "wide",
    cell: (row) => [ago(row.checkedAt), h("div", { class: "faint" }, `every ${duration(row.everySeconds * 1000)}`)],
    value: (row) => row.checkedAt
  },
  {
    title: "Actions",
    look: "wider",
    cell: (row) =>
      row.actions.length === 0
        ? h("span", { class: "faint" }, "kept and shown")
        : row.actions.map((/** @type {string} */ text) => h("div", { class: "clip" }, text)),
    value: (row) => row.actions.join(" ")
  },
  { title: "State", cell: state, value: (row) => row.outcome },
  {
    title: "By hand",
    cell: (row) =>
      action("Fire", async () => {
        const { events } = await send("POST", `/watches/${encodeURIComponent(row.id)}/fire`)
        return `${plural(events.length, "event")} written`
      }, "small")
  }
]

/** @param {() => void} changed */
const adding = (changed) => {
  const reference = h("input", {
    id: "reference",
    name: "reference",
    required: true,
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "nginx:1.27"
  })
  const platform = h("input", {
    id: "platform",
    name: "platform",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "any: the tag itself"
  })
  const webhook = h("input", {
    id: "webhook",
    name: "webhook",
    type: "url",
    autocomplete: "off",
    placeholder: "https://… (none: shown here only)"
  })
  const watch = async () => {
    if (reference.value.trim() === "") return "which reference?"
    const address = webhook.value.trim()
    const added = await send("POST", "/watches", {
      reference: reference.value.trim(),
      ...(platform.value.trim() === "" ? {} : { platform: platform.value.trim() }),
      actions: address === "" ? [] : [{ webhook: address }]
    })
    changed()
    return `${added.reference} is watched`
  }
  return h(
    "details",
    { class: "adding" },
    h("summary", {}, "Watch a reference"),
    form(
      "Watch it",
      watch,
      h(
        "div",
        { class: "form" },
        h("label", { for: "reference" }, "Reference with its tag"),
        reference,
        h("label", { for: "platform" }, "Platform"),
        platform,
        h("label", { for: "webhook" }, "Webhook"),
        webhook
      )
    )
  )
}

/** @param {import("../main.js").Visit} visit */
export const show = async ({ main, signal, title }) => {
  title("Watches")
  const list = listOf({
    path: "/watches",
    rows: "watches",
    one: "watch",
    key: (row) => row.id,
    columns,
    filters: [{ name: "search", label: "Search watches" }],
    empty: nothing(
      "Nothing is watched",
      "Watch a reference above, or with ",
      h("code", {}, "image-census watch add nginx:latest"),
      "; the daemon tells when its digest moves."
    )
  }, signal)
  main.append(heading("Watches"), adding(list.reload), list.element)
}
