/**
 * What discovery said of a repository.
 */
import { tag } from "../../lib/parts.js"

/** @type {Record<string, readonly [string, "" | "good" | "warn" | "bad" | "info", string]>} */
const outcomes = {
  hit: ["found", "good", "an image of this repository is known"],
  miss: ["no image", "", "it has a Dockerfile, but no registry has an image of it"],
  "no-dockerfile": ["no Dockerfile", "", "nothing there builds an image"],
  "not-found": ["not on GitHub", "warn", "GitHub says that there is no such repository"]
}

/** @param {string | null} outcome */
export const outcome = (outcome) => {
  if (outcome === null) return tag("not checked", "", "it waits for its first check")
  const [text, tone, title] = outcomes[outcome] ?? [outcome, "", ""]
  return tag(text, tone, title)
}
