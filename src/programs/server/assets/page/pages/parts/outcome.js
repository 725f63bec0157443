/**
 * What discovery said of a repository: whether Docker Hub has an image of the repository's own name. Images may be found
 * by other evidence all the same.
 */
import { tag } from "../../lib/parts.js"

/** @type {Record<string, readonly [string, "" | "good" | "warn" | "bad" | "info", string]>} */
const outcomes = {
  hit: ["on Docker Hub", "good", "Docker Hub has an image of the repository's name"],
  miss: ["not on Docker Hub", "", "Docker Hub has no image of the repository's name"],
  "no-dockerfile": [
    "name not looked for",
    "",
    "there is no Dockerfile at the places that are looked at, so that Docker Hub was not asked for the repository's name"
  ],
  "not-found": ["not on GitHub", "warn", "GitHub says that there is no such repository"]
}

/** @param {string | null} outcome */
export const outcome = (outcome) => {
  if (outcome === null) return tag("not checked", "", "it waits for its first check")
  const [text, tone, title] = outcomes[outcome] ?? [outcome, "", ""]
  return tag(text, tone, title)
}
