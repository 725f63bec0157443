/**
 * A catalog for the pages: an image with tags on several platforms, one of which moved, described in hostile Markdown.
 */
import { Effect, Option } from "effect"
import { ImageCatalog } from "../../src/services/ImageCatalog.js"
import { claimOne, found, listing, look, name, tag } from "../support/catalogFindings.js"

/** Markdown with everything that the page reads, and with what it must not run. */
export const description = `# Grafana

The **open** observability platform, see [the docs](https://grafana.com/docs/) and *more*.

- runs on \`amd64\` and \`arm64\`
- ![logo](https://example.org/logo.png)

1. pull
2. run

> Quoted words

\`\`\`
docker run grafana/grafana
\`\`\`

<img src=x onerror="globalThis.hacked=true"><script>globalThis.hacked=true</script>
[click](javascript:globalThis.hacked=true) https://example.org/a?b=<script>
`

const everywhere = ["linux/amd64", "linux/arm64", "linux/arm/v7"]

/** Fills the catalog, as of an instant (epoch milliseconds). */
export const addCatalog = Effect.fn("catalog.addCatalog")(function*(now: number) {
  const store = yield* ImageCatalog
  yield* store.add([name("grafana/grafana"), name("nginx"), name("ghcr.io/acme/tool")], "published")
  const image = Option.some({
    _tag: "Found" as const,
    found: found({
      description: "The open and composable observability platform",
      fullDescription: description,
      licence: Option.some("AGPL-3.0-only"),
      source: Option.some("https://github.com/grafana/grafana"),
      categories: ["Monitoring"]
    }),
    counters: Option.some({ pulls: 4_000_000_000n, stars: 3_300, lastUpdated: Option.some(now) })
  })
  const day = 86_400_000
  const first = yield* claimOne(store, "grafana/grafana", now - 30 * day)
  yield* store.record(look(
    first,
    now - 20 * day,
    listing([
      tag("latest", "a", now - 30 * day, everywhere),
      tag("11.2", "a", now - 30 * day, everywhere),
      tag("11.1", "b", now - 60 * day, ["linux/amd64", "linux/arm64"])
    ]),
    { image }
  ))
  const second = yield* claimOne(store, "grafana/grafana", now - 10 * day)
  yield* store.record(look(
    second,
    now,
    listing([
      tag("latest", "c", now - 2 * day, [...everywhere, "linux/s390x"]),
      tag("11.2", "a", now - 30 * day, everywhere),
      tag("11.1", "b", now - 60 * day, ["linux/amd64", "linux/arm64"])
    ]),
    { image }
  ))
  yield* store.say(name("grafana/grafana"), Option.none(), (words) => ({
    ...words,
    title: Option.some("Grafana, as we run it"),
    labels: ["observability"],
    notes: Option.some("Raised by the platform team <b>only</b>")
  }))
})
