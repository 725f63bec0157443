/**
 * One image: its pulls, tags and repositories.
 */
import { ApiError, authorised, get, segment, send } from "../lib/api.js"
import { h } from "../lib/dom.js"
import { ago, at, compact, count, signed } from "../lib/format.js"
import { action, figure, figures, fillWith, heading, outside, section, tag } from "../lib/parts.js"
import { token } from "../lib/token.js"
import { linksOf } from "./parts/evidence.js"
import { countsPulls, pullsOf } from "./parts/pulls.js"
import { tagsOf } from "./parts/tags.js"

/** Where the image's registry shows it to people. @param {string} image @param {string} registry */
const registryPage = (image, registry) => {
  if (registry === "docker.io") {
    return image.includes("/")
      ? `https://hub.docker.com/r/${image}`
      : `https://hub.docker.com/_/${image}`
  }
  if (registry === "quay.io") return `https://quay.io/repository/${image.replace(/^quay\.io\//, "")}`
  return `https://${image}`
}

/**
 * The badge. Pictures ask without a token; where the tab has one, the server may want it.
 * @param {string} image @param {AbortSignal} signal
 */
const badge = async (image, signal) => {
  const path = `/badge/pulls/${image.split("/").map(encodeURIComponent).join("/")}.svg`
  const address = `${location.origin}${path}`
  const picture = h("img", { alt: `Pulls of ${image}`, height: 20 })
  if (token() === null) picture.src = path
  else {
    const response = await authorised(path, { signal })
    picture.src = `data:image/svg+xml,${encodeURIComponent(await response.text())}`
  }
  return h(
    "details",
    { class: "badge" },
    h(
      "summary",
      {},
      picture,
      h("span", { class: "faint" }, " use this badge")
    ),
    h(
      "pre",
      { tabindex: 0, "aria-label": "Markdown of the badge" },
      h("code", {}, `[![pulls](${address})](${location.origin}/images/${image})`)
    )
  )
}

/** @param {string} name @param {number | string | null} value */
const grown = (name, value) =>
  value === null
    ? figure(name, "–")
    : figure(name, `${Number(value) > 0 ? "+" : ""}${compact(value)}`, signed(value))

/** The figures that its registry tells. @param {any} image */
const numbers = (image) =>
  figures(
    (countsPulls(image.registry) || image.pulls !== null) && [
      figure("Pulls", compact(image.pulls), image.pulls === null ? undefined : count(image.pulls)),
      grown("7 days", image.growth.days7),
      grown("30 days", image.growth.days30),
      grown("90 days", image.growth.days90)
    ],
    (countsPulls(image.registry) || image.stars !== null) && figure("Stars", count(image.stars)),
    figure("Pushed", ago(image.lastUpdated), ["seen ", ago(image.lastSyncedAt)])
  )

/** @param {import("../main.js").Visit} visit */
export const show = async ({ main, params, signal, title }) => {
  const name = params[0] ?? ""
  title(name)
  const image = await get(`/images/${segment(name)}`, { recentDays: 0 }, signal).catch((error) => {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  })
  if (image === null) {
    // Images of the catalog need not be images of a repository, whose pulls are counted.
    const entry = await import("./entry.js")
    return entry.show({ main, params, signal, title })
  }
  const pulls = h("div", {})
  const tags = h("div", {})
  const badges = h("div", {})
  main.append(
    heading(
      [h("span", { class: "crumb" }, h("a", { href: "/images" }, "Images"), " / "), image.image],
      image.goneSince === null ? null : tag("gone", "bad", `its registry says so since ${image.goneSince}`),
      countsPulls(image.registry) &&
        h(
          "span",
          { class: "push" },
          action("Refresh now", async () => {
            await send("POST", `/images/${segment(name)}/refresh`)
            return "asked for; the count follows"
          })
        )
    ),
    h(
      "p",
      { class: "faint" },
      outside(registryPage(image.image, image.registry), image.registry),
      ` · known since ${image.knownSince}`,
      (countsPulls(image.registry) || image.history.days > 0) && ` · ${count(image.history.days)} days of pulls`
    ),
    ...(image.lastError === null
      ? []
      : [
        h(
          "p",
          { class: "note warn" },
          "The last look gave no answer: ",
          image.lastError,
          image.notBefore !== null && [". It is tried again at ", at(image.notBefore), " UTC."]
        )
      ]),
    numbers(image),
    section("Pulls", pulls),
    section("Tags", tags),
    section("Repositories", linksOf(image.links, "repository")),
    section("Badge", badges)
  )
  await Promise.all([
    fillWith(pulls, signal, () => pullsOf(image, signal)),
    fillWith(tags, signal, () => tagsOf(image.image, signal)),
    fillWith(badges, signal, () => badge(image.image, signal))
  ])
}
