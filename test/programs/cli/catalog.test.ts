import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { linuxAmd64, make } from "../../../src/domain/Platform.js"
import * as DockerHubRegistryMemory from "../../../src/layers/dockerhub/DockerHubRegistryMemory.js"
import { digest } from "../../support/catalogFindings.js"
import { call } from "../../support/commandLine.js"
import { makeLayers, smallWorld } from "../../support/memoryLayers.js"

const pushed = Option.some(86_400_000)

const manifest = (letter: string, platform = linuxAmd64) => ({
  platform,
  digest: Option.some(digest(letter)),
  size: Option.some(25_000_000),
  status: "active",
  lastPushed: pushed
})

const tag = (name: string, letter: string) => ({
  name,
  digest: Option.some(digest(letter)),
  mediaType: Option.none(),
  size: Option.some(25_000_000),
  lastUpdated: pushed,
  lastPushed: pushed,
  images: [manifest(letter), manifest("f", make({ os: "linux", architecture: "arm64" }))],
  others: [manifest("e", make({ os: "unknown", architecture: "unknown" }))]
})

const counters = { pulls: 1_234_567n, stars: 7, lastUpdated: pushed }

const hub = DockerHubRegistryMemory.layerMemory([
  {
    image: "nginx",
    ...counters,
    details: {
      description: "A \"web\" server,\nsays its owner",
      fullDescription: "![l](https://acme.example/l.png)",
      categories: ["Web servers"],
      registered: Option.none()
    },
    tags: [tag("1.27", "a"), tag("latest", "a")]
  },
  { image: "acme/app", ...counters, tags: [tag("2", "b")] }
])

const environment = { DOCKER_SCRAPER_IMAGES: "nginx, acme/app, Wrong!, acme/none", LOG_LEVEL: "warning" }

const synced = Effect.gen(function*() {
  const { layers } = makeLayers(Layer.merge(smallWorld, hub))
  const run = (line: string) => call({ layers, environment }, line)
  return { run, said: yield* run("catalog sync --once") }
})

describe("catalog", () => {
  it.effect("sync --once looks at what is wanted, names what is no image, and sums up", () =>
    Effect.gen(function*() {
      const { said } = yield* synced
      assert.strictEqual(said.code, 0)
      assert.match(said.stdout, /3 images looked at, 2 changed, 1 unknown to their registry, 0 put off/)
      assert.match(said.stdout, /tags: 3 added/)
      assert.include(said.stderr, "Wrong!")
    }))

  it.effect("list filters, and show is a page with a grid", () =>
    Effect.gen(function*() {
      const { run } = yield* synced
      const list = yield* run("catalog list --official --platform arm64 --json")
      assert.deepStrictEqual(JSON.parse(list.stdout).map(({ image }: { readonly image: string }) => image), ["nginx"])
      assert.include((yield* run("catalog list --search APP")).stdout, "acme/app")
      const page = yield* run("catalog show nginx")
      assert.include(page.stdout, "nginx · official · 1,234,567 pulls · 7 stars")
      assert.match(page.stdout, /TAG\s+PUSHED \(UTC\)\s+amd64\s+arm64\s+DIGEST/)
      assert.match(page.stdout, /1\.27\s+1970-01-02 00:00\s+25 MB\s+25 MB\s+sha256:aaaaaaaaaaaa/)
      assert.include(page.stdout, "https://github.com/nginx/docker-nginx")
      const one = JSON.parse((yield* run("catalog show nginx:1.27 --json")).stdout)
      assert.deepInclude(one.tags[0], { tag: "1.27", reference: "docker.io/nginx:1.27", digest: digest("a") })
      assert.strictEqual((yield* run("catalog show acme/unknown")).code, 1)
      assert.strictEqual((yield* run("catalog show UPPER")).code, 2)
    }))

  it.effect("export prints every tag with its pull reference, in three forms", () =>
    Effect.gen(function*() {
      const { run } = yield* synced
      yield* run("catalog edit nginx --title Web,server --label edge --license BSD-2-Clause")
      const csv = (yield* run("catalog export --csv")).stdout.trim().split("\n")
      assert.lengthOf(csv, 4)
      assert.match(csv[1] ?? "", /^acme\/app,2,docker\.io\/acme\/app:2,sha256:b/)
      assert.match(csv[2] ?? "", /,true,BSD-2-Clause,"Web,server"$/)
      const lines = (yield* run("catalog export --ndjson --official")).stdout.trim().split("\n")
      assert.deepStrictEqual(lines.map((line) => JSON.parse(line).reference), [
        "docker.io/nginx:1.27",
        "docker.io/nginx:latest"
      ])
      assert.lengthOf(JSON.parse((yield* run("catalog export --json")).stdout), 3)
      assert.strictEqual((yield* run("catalog export --json --csv")).code, 2)
    }))

  it.effect("add, remove and edit are a person's, and stay", () =>
    Effect.gen(function*() {
      const { run } = yield* synced
      assert.include((yield* run("catalog add ghcr.io/acme/app nginx")).stdout, "1 added, 1 known already")
      assert.include((yield* run("catalog remove acme/app")).stdout, "1 removed")
      assert.strictEqual((yield* run("catalog edit nginx --hide --notes gone")).code, 0)
      assert.strictEqual((yield* run("catalog edit nginx:1.27 --notes old")).code, 0)
      yield* run("catalog sync --once")
      assert.notInclude((yield* run("catalog list")).stdout, "nginx")
      assert.notInclude((yield* run("catalog list --all")).stdout, "\nacme/app ")
      assert.match((yield* run("catalog show nginx")).stdout, /remarks\s+hidden\nnotes\s+gone/)
      assert.strictEqual((yield* run("catalog edit nginx --clear visibility")).code, 0)
      assert.include((yield* run("catalog list")).stdout, "nginx")
      for (const wrong of ["edit nginx", "edit nginx --hide --draft", "add", "add nginx:1", "sync UPPER"]) {
        assert.strictEqual((yield* run(`catalog ${wrong}`)).code, 2, wrong)
      }
    }))

  it.effect("official shows the list, and takes in a newer one from a checkout", () =>
    Effect.gen(function*() {
      const { run } = yield* synced
      assert.lengthOf(JSON.parse((yield* run("catalog official --json")).stdout), 144)
      const files = yield* FileSystem.FileSystem
      const folder = yield* files.makeTempDirectoryScoped()
      assert.strictEqual((yield* run(`catalog official --update ${folder}`)).code, 2)
      yield* files.makeDirectory(`${folder}/library`)
      yield* files.writeFileString(`${folder}/library/redis`, "<html>")
      yield* files.writeFileString(
        `${folder}/library/nginx`,
        "Maintainers: A\nGitRepo: https://github.com/acme/nginx.git\n\nTags: latest\nArchitectures: amd64, arm64v8\n"
      )
      const { stderr, stdout } = yield* run(`catalog official --update ${folder}`)
      assert.include(stdout, "2 official images: 0 added, 1 changed, 142 removed")
      assert.include(stderr, "library/redis, line 1")
      assert.deepStrictEqual(JSON.parse((yield* run("catalog official --json")).stdout)[0], {
        image: "nginx",
        architectures: ["amd64", "arm64v8"],
        repositories: ["acme/nginx"]
      })
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))
})
