/**
 * Why an image and a repository belong together.
 */
import { h } from "../../lib/dom.js"
import { ago, share } from "../../lib/format.js"
import { imageLink, nothing, repositoryLink, tag } from "../../lib/parts.js"

/** What a kind of evidence means. @type {Record<string, string>} */
const meanings = {
  name: "it has the repository's name",
  workflow: "files of the repository publish it",
  official: "Docker's list of official images names the repository",
  label: "the image's own label names the repository",
  manual: "a person said so"
}

/** What the image itself says. @type {Record<string, readonly ["" | "good" | "warn" | "bad", string, string]>} */
const verifications = {
  verified: ["good", "✓ verified", "the image's own label names this repository"],
  contradicted: ["bad", "contradicted", "the image's own label names another repository"],
  silent: ["", "says nothing", "the image has no label that names a repository"],
  "not-looked-at": ["", "not looked at", "the image's labels were not read yet"]
}

/** @param {any} evidence */
const mark = ({ firstSeen, kind, lastSeen, places, unseenSince }) =>
  h(
    "li",
    {},
    tag(kind, unseenSince === null ? "info" : "", unseenSince === null ? "" : "it is no longer there"),
    h("span", {}, meanings[kind] ?? ""),
    places.length > 0 &&
      h("code", {}, places.slice(0, 3).join(", "), places.length > 3 && `, ${places.length - 3} more`),
    h(
      "span",
      { class: "faint" },
      "first seen ",
      ago(firstSeen),
      ", last ",
      ago(lastSeen),
      unseenSince !== null && [", missing since ", ago(unseenSince)]
    )
  )

/** What the image's label says, and where it was read. @param {any} verification */
const said = ({ label, lookedAt, pointsAt, tag: read }) =>
  label !== null &&
  h(
    "p",
    { class: "faint small" },
    h("code", {}, label),
    pointsAt !== null && [" names ", h("code", {}, pointsAt)],
    read !== null && ` in tag ${read}`,
    lookedAt !== null && [", read ", ago(lookedAt)]
  )

/**
 * Links, as seen from an image (to repositories) or from a repository (to images).
 * @param {Array<any>} links @param {"repository" | "image"} towards
 */
export const linksOf = (links, towards) =>
  links.length === 0
    ? nothing(
      "No link is known",
      "Links come from names, workflows, labels and Docker's official list, as discovery looks at them."
    )
    : h(
      "ul",
      { class: "plain cards" },
      links.map((link) => {
        const [tone, text, title] = verifications[link.verification.state] ?? ["", link.verification.state, ""]
        return h(
          "li",
          {},
          h(
            "p",
            {},
            towards === "repository" ? repositoryLink(`${link.owner}/${link.name}`) : imageLink(link.image),
            " ",
            tag(text, tone, title),
            " ",
            h(
              "span",
              { class: "faint small", title: "how much the evidence says, taken together" },
              `confidence ${share(link.confidence, 1)}`
            )
          ),
          h("ul", { class: "plain evidence" }, link.evidence.map(mark)),
          said(link.verification)
        )
      })
    )
