import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Option } from "effect"
import { NotFound, RateLimit } from "../../../src/domain/Errors.js"
import type { ReleaseProjects } from "../../../src/services/ReleaseProjects.js"
import { UpdateFinder } from "../../../src/services/UpdateFinder.js"
import { finderOver, type ImageOptions, makeWorld, question } from "./world.js"

const app = "ghcr.io/acme/app"
const source = (path: string) => ({ "org.opencontainers.image.source": `https://${path}` })

/** The release notes of the newest version of an image that says this of itself. */
const notesOf = (
  options: ImageOptions,
  more: {
    readonly given?: string
    readonly platform?: string
    readonly projects?: typeof ReleaseProjects.Service.startsWithV
    readonly base?: ImageOptions
  } = {}
) =>
  Effect.gen(function*() {
    const world = makeWorld()
    yield* world.publish(`${app}:1.2.3`, options)
    yield* world.publish(`${app}:1.2.4`, options)
    if (more.base !== undefined) yield* world.publish("ghcr.io/acme/base:3", more.base)
    const asked = question(`${app}:1.2.3`, {}, {
      ...(more.given === undefined ? {} : { source: more.given }),
      ...(more.platform === undefined ? {} : { platform: more.platform })
    })
    const answer = yield* Effect.flatMap(UpdateFinder, (finder) => finder.find(asked)).pipe(
      Effect.provide(finderOver(world, more.projects))
    )
    return Option.getOrNull(Option.flatMap(Option.fromNullable(answer.candidates[0]), ({ notes }) => notes))
  })

const release = "https://github.com/acme/app/releases/tag/v1.2.4"

const gone = new NotFound({ service: "github", what: "acme/app" })

describe("release notes", () => {
  it.effect("are those of the repository that the image's label names, in whatever form", () =>
    Effect.gen(function*() {
      const forms: ReadonlyArray<ImageOptions> = [
        { labels: source("github.com/acme/app") },
        { labels: source("github.com/acme/app.git#0123abc:docker") },
        { labels: { "org.label-schema.vcs-url": "git@github.com:acme/app.git" } },
        { labels: { "org.opencontainers.image.url": "https://github.com/acme/app" } },
        { annotations: source("github.com/acme/app") },
        { indexAnnotations: source("github.com/acme/app"), platforms: ["linux/amd64", "linux/arm64"] }
      ]
      for (const form of forms) assert.strictEqual(yield* notesOf(form), release, JSON.stringify(form))
      assert.isNull(yield* notesOf({}))
      assert.strictEqual(yield* notesOf({}, { given: "https://github.com/acme/app" }), release)
      assert.strictEqual(
        yield* notesOf({ labels: source("github.com/acme/app") }, { given: "gitlab.com/x/y" }),
        release
      )
    }))

  it.effect("have the address of their forge, with v where the project writes it", () =>
    Effect.gen(function*() {
      const without = { projects: () => Effect.succeedSome(false) }
      const on = (host: string) => notesOf({ labels: source(`${host}/acme/app`) }, without)
      assert.strictEqual(yield* on("gitlab.com"), "https://gitlab.com/acme/app/-/releases/1.2.4")
      assert.strictEqual(yield* on("codeberg.org"), "https://codeberg.org/acme/app/releases/tag/1.2.4")
      assert.strictEqual(yield* on("gitea.com"), "https://gitea.com/acme/app/releases/tag/1.2.4")
    }))

  it.effect("are all of the project's where it is not known how they are named, and none of a project that is not there", () =>
    Effect.gen(function*() {
      const labels = source("github.com/acme/app")
      const until = DateTime.unsafeMake(1)
      const limited = new RateLimit({
        budget: { service: "github-releases", payer: "anonymous" },
        until,
        reason: "429"
      })
      const all = "https://github.com/acme/app/releases"
      assert.strictEqual(yield* notesOf({ labels }, { projects: () => Effect.succeedNone }), all)
      assert.strictEqual(yield* notesOf({ labels }, { projects: () => Effect.fail(limited) }), all)
      assert.isNull(yield* notesOf({ labels }, { projects: () => Effect.fail(gone) }))
    }))

  it.effect("are not a base's where an image elsewhere named that base before, at a registry that it may not send us to", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const base = "own.example/acme/base:3"
      const labels = { ...source("github.com/acme/base"), "org.opencontainers.image.base.name": base }
      yield* world.publish(base, { labels: source("github.com/acme/base") })
      const images = ["ghcr.io/stranger/app", "own.example/acme/app"]
      for (const image of images) {
        yield* world.publish(`${image}:1.2.3`, { labels })
        yield* world.publish(`${image}:1.2.4`, { labels })
      }
      const notes = yield* Effect.flatMap(
        UpdateFinder,
        (finder) =>
          Effect.forEach(
            images,
            (image) =>
              Effect.map(finder.find(question(`${image}:1.2.3`)), ({ candidates }) =>
                Option.getOrNull(Option.flatMap(Option.fromNullable(candidates[0]), ({ notes }) =>
                  notes)))
          )
      ).pipe(Effect.provide(finderOver(world)))
      assert.deepStrictEqual(notes, ["https://github.com/acme/base/releases/tag/v1.2.4", null])
    }))

  it.effect("are not those of the base from which an image inherited its label", () =>
    Effect.gen(function*() {
      const inherited = {
        labels: { ...source("github.com/acme/base"), "org.opencontainers.image.base.name": "ghcr.io/acme/base:3" }
      }
      const base = { labels: source("github.com/acme/base") }
      assert.isNull(yield* notesOf(inherited, { base }))
      assert.strictEqual(yield* notesOf(inherited, { base, given: "https://github.com/acme/app" }), release)
      // A base that says something else, or cannot be read, has not lent its label.
      const word = "https://github.com/acme/base/releases/tag/v1.2.4"
      assert.strictEqual(yield* notesOf(inherited, { base: { labels: source("github.com/other/one") } }), word)
      assert.strictEqual(yield* notesOf(inherited), word)
    }))

  it.effect("come from the image of the wanted platform, never from an attestation", () =>
    Effect.gen(function*() {
      const options: ImageOptions = {
        platforms: ["linux/amd64", "linux/arm64"],
        attestation: "signed",
        labels: source("github.com/acme/app")
      }
      assert.strictEqual(yield* notesOf(options, { platform: "linux/arm64" }), release)
    }))
})
