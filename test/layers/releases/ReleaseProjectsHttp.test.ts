import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Option, Redacted, TestClock } from "effect"
import { parseSource } from "../../../src/domain/ReleaseNotes.js"
import * as Budgets from "../../../src/layers/budgets/RateBudgetsMemory.js"
import * as ReleaseProjectsHttp from "../../../src/layers/releases/ReleaseProjectsHttp.js"
import { ReleaseProjects } from "../../../src/services/ReleaseProjects.js"
import { makeSimulation } from "../../sandbox/Simulation.js"
import { addedTo } from "../../support/requestCounts.js"

interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

/** Forges that answer from a function; `asked` holds the addresses with the credential that was sent. */
const forges = (answer: (url: string) => Reply, options: ReleaseProjectsHttp.ReleaseProjectsOptions = {}) => {
  const asked = new Array<string>()
  const client = HttpClient.make((request, url) =>
    Effect.sync(() => {
      asked.push(`${url.href}${request.headers["authorization"] === undefined ? "" : " with a token"}`)
      const { body, headers = {}, status = 200 } = answer(url.href)
      return HttpClientResponse.fromWeb(request, new Response(JSON.stringify(body), { status, headers }))
    })
  )
  const layer = ReleaseProjectsHttp.layer(options).pipe(
    Layer.provide(Layer.merge(Layer.succeed(HttpClient.HttpClient, client), Budgets.layer))
  )
  return { asked, layer }
}

const ask = (source: string) =>
  Effect.flatMap(ReleaseProjects, (projects) => projects.startsWithV(Option.getOrThrow(parseSource(source))))

const releases = (...names: ReadonlyArray<string>): Reply => ({ body: names.map((tag_name) => ({ tag_name })) })

describe("ReleaseProjectsHttp", () => {
  it.effect("asks each forge in its own words, and once per project", () => {
    const { asked, layer } = forges((url) => releases(url.includes("api.github.com") ? "v1.2.3" : "1.2.3"), {
      githubToken: Redacted.make("secret")
    })
    return Effect.gen(function*() {
      const sources = [
        "https://github.com/o/n",
        "https://github.com/O/N.git",
        "https://gitlab.com/g/s/n",
        "https://codeberg.org/o/n",
        "https://gitea.com/o/n",
        "https://gitlab.example.com/o/n",
        "https://192.168.1.1.example.com/o/n"
      ]
      assert.deepStrictEqual(yield* Effect.forEach(sources, ask, { concurrency: "unbounded" }), [
        Option.some(true),
        Option.some(true),
        Option.some(false),
        Option.some(false),
        Option.some(false),
        Option.none(),
        Option.none()
      ])
      assert.deepStrictEqual(asked, [
        "https://api.github.com/repos/o/n/releases?per_page=20 with a token",
        "https://gitlab.com/api/v4/projects/g%2Fs%2Fn/releases?per_page=20",
        "https://codeberg.org/api/v1/repos/o/n/releases?limit=20",
        "https://gitea.com/api/v1/repos/o/n/releases?limit=20"
      ])
      yield* TestClock.adjust(Duration.hours(25))
      yield* ask("https://github.com/o/n")
      assert.lengthOf(asked, 5)
    }).pipe(Effect.provide(layer))
  })

  it.effect("asks for tags where a project has no releases", () => {
    const { layer } = forges((url) => ({ body: url.includes("/tags") ? [{ name: "latest" }, { name: "v2.0.0" }] : [] }))
    return Effect.gen(function*() {
      assert.deepStrictEqual(yield* ask("https://github.com/o/n"), Option.some(true))
    }).pipe(Effect.provide(layer))
  })

  it.effect("does not remember a failure for long", () => {
    const replies: Array<Reply> = [{ status: 502, body: "oops" }, { status: 404, body: { message: "Not Found" } }]
    const { asked, layer } = forges(() => replies.shift() ?? releases("v1.0.0"))
    const again = Effect.flip(ask("https://github.com/o/n"))
    return Effect.gen(function*() {
      assert.strictEqual((yield* again)._tag, "TRANSIENT")
      assert.strictEqual((yield* again)._tag, "TRANSIENT")
      assert.lengthOf(asked, 1)
      yield* TestClock.adjust(Duration.minutes(6))
      assert.strictEqual((yield* again)._tag, "NOT_FOUND")
      yield* TestClock.adjust(Duration.minutes(6))
      assert.deepStrictEqual(yield* ask("https://github.com/o/n"), Option.some(true))
    }).pipe(Effect.provide(layer))
  })

  it.effect.each([["a page", "404 page not found"], ["JSON of another form", {}]] as const)(
    "takes a 404 with %s for no answer",
    ([, body]) => {
      const { layer } = forges(() => ({ status: 404, body }))
      return Effect.gen(function*() {
        assert.strictEqual((yield* Effect.flip(ask("https://github.com/o/n")))._tag, "TRANSIENT")
      }).pipe(Effect.provide(layer))
    }
  )

  it.effect("spends nothing while a limit lasts, whatever the project", () => {
    const { asked, layer } = forges(() => ({
      status: 403,
      headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800" },
      body: { message: "API rate limit exceeded for 127.0.0.1" }
    }))
    return Effect.gen(function*() {
      const sources = ["https://github.com/o/n", "https://github.com/o/m", "https://github.com/o/l"]
      const limited = Effect.forEach(sources, (source) => Effect.flip(ask(source)))
      const counted = addedTo(
        "github-releases",
        Effect.map(limited, (errors) => errors.forEach(({ _tag }) => assert.strictEqual(_tag, "RATE_LIMIT")))
      )
      assert.deepStrictEqual(yield* counted, { rate_limited: 1 })
      assert.lengthOf(asked, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("reads the releases of the sandbox's GitHub", () =>
    Effect.gen(function*() {
      const { client } = yield* makeSimulation({ world: { repositories: 1 } })
      const projects = ReleaseProjectsHttp.layer({ githubToken: Redacted.make("sandbox-token") }).pipe(
        Layer.provide(Layer.merge(Layer.succeed(HttpClient.HttpClient, client), Budgets.layer))
      )
      const answers = yield* Effect.forEach(["https://github.com/o/even", "https://github.com/o/odd"], ask).pipe(
        Effect.provide(projects)
      )
      assert.deepStrictEqual(answers, [Option.some(true), Option.some(false)])
    }))
})
