/**
 * `images list`: the images that were found.
 */
import { Command } from "@effect/cli"
import { Effect, Option, Stream } from "effect"
import { RepoDockerStore, type StoredImage } from "../../services/RepoDockerStore.js"
import type { CommandLayers } from "./CommandLayers.js"
import * as Output from "./output.js"
import { marked, search } from "./repos.js"
import { described, withSettings } from "./run.js"
import { grouped, instant, iso, jsonNumber, orDash } from "./text.js"

const columns = [
  { title: "IMAGE", align: "left" },
  { title: "REGISTRY", align: "left" },
  { title: "PULLS", align: "right" },
  { title: "STARS", align: "right" },
  { title: "SEEN (UTC)", align: "left" },
  { title: "PUSHED (UTC)", align: "left" },
  { title: "GONE SINCE", align: "left" },
  { title: "REPOSITORIES", align: "left" }
] as const

// An image out of an imported history was never seen on the Hub.
const seen = ({ lastSyncedAt }: StoredImage) => lastSyncedAt > 0 ? Option.some(lastSyncedAt) : Option.none()

const row = (stored: StoredImage) => [
  stored.image,
  stored.registry,
  orDash(Option.map(stored.pulls, grouped)),
  orDash(Option.map(stored.stars, grouped)),
  orDash(Option.map(seen(stored), instant)),
  orDash(Option.map(stored.lastUpdated, instant)),
  orDash(stored.goneSince),
  marked(stored.repositories, stored.verified)
]

const record = (stored: StoredImage) => ({
  image: stored.image,
  registry: stored.registry,
  pulls: Option.getOrNull(Option.map(stored.pulls, jsonNumber)),
  stars: Option.getOrNull(stored.stars),
  lastSyncedAt: Option.getOrNull(Option.map(seen(stored), iso)),
  lastUpdated: Option.getOrNull(Option.map(stored.lastUpdated, iso)),
  goneSince: Option.getOrNull(stored.goneSince),
  repositories: stored.repositories,
  verified: stored.verified
})

const list = (layers: CommandLayers) =>
  Command.make("list", { search: search("images"), json: Output.json }, ({ json, search }) =>
    Effect.gen(function*() {
      const store = yield* RepoDockerStore
      const stored = store.images({ search })
      if (json) return yield* Output.printJsonArray(Stream.map(stored, record))
      const count = yield* Output.printTable(columns, Stream.map(stored, row))
      if (count === 0) yield* Output.tell("no images; image-census sync looks for some")
    }).pipe(Effect.provide(layers.store), withSettings)).pipe(
      Command.withDescription(
        described(
          "Lists images with their lifetime pulls, stars and repositories; ✓ marks those that the image's label names.",
          [
            ["image-census images list", "all of them"],
            ["image-census images list --search grafana --json", "some, for a program"]
          ]
        )
      )
    )

/** `images`. */
export const images = (layers: CommandLayers) =>
  Command.make("images").pipe(
    Command.withDescription("The images that were found."),
    Command.withSubcommands([list(layers)])
  )
