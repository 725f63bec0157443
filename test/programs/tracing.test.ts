/**
 * Traces, as a collector gets them from the real program.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { createServer } from "node:http"
import { fullName } from "../../src/domain/GitHubRepository.js"
import { startSandbox } from "../sandbox/Sandbox.js"
import { runProgram } from "../support/program.js"

const Traces = Schema.parseJson(Schema.Struct({
  resourceSpans: Schema.Array(Schema.Struct({
    scopeSpans: Schema.Array(Schema.Struct({
      spans: Schema.Array(Schema.Struct({
        traceId: Schema.String,
        name: Schema.String,
        attributes: Schema.Unknown
      }))
    }))
  }))
}))

/** A collector that keeps what it is sent, path by path. */
const collector = Effect.gen(function*() {
  const received: Array<readonly [path: string, body: string]> = []
  const server = yield* Effect.acquireRelease(
    Effect.sync(() =>
      createServer((request, response) => {
        const chunks: Array<Uint8Array> = []
        request.on("data", (chunk: Uint8Array) => chunks.push(chunk))
        request.on("end", () => {
          received.push([request.url ?? "", Buffer.concat(chunks).toString("utf8")])
          response.writeHead(200, { "content-type": "application/json" }).end("{}")
        })
      })
    ),
    (server) => Effect.sync(() => void server.close())
  )
  const port = yield* Effect.async<number>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
    })
  })
  return { received, url: `http://127.0.0.1:${port}` }
})

it.scopedLive(
  "spans lead from a batch to GitHub over a call to the Hub to the write, in one trace and without secrets",
  () =>
    Effect.gen(function*() {
      const sandbox = yield* startSandbox({
        world: { repositories: 10, proportions: { hits: 0.5, misses: 0.5, unknown: 0 } }
      })
      const { received, url } = yield* collector
      const environment = {
        ...sandbox.environment,
        IMAGE_CENSUS_DATA_DIR: "memory:",
        OTEL_EXPORTER_OTLP_ENDPOINT: url,
        DISCOVERY_REGISTRIES: "docker.io"
      }
      const ended = yield* runProgram(
        { environment },
        "discover",
        ...sandbox.state.world.listed.slice(0, 5).map(({ asked }) => fullName(asked)),
        "--json"
      )
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.deepStrictEqual([...new Set(received.map(([path]) => path))], ["/v1/traces"])
      const bodies = yield* Effect.forEach(received, ([, body]) => Schema.decode(Traces)(body))
      const spans = bodies.flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
      )
      const named = new Map(spans.map((span) => [span.name, span]))
      const way = ["GitHub.batch", "GitHubApi.graphql", "HubLane.ask", "RepoDockerStore.recordDiscovery"]
      assert.includeMembers([...named.keys()], way)
      assert.strictEqual(new Set(way.map((name) => named.get(name)?.traceId)).size, 1)
      const said = received.map(([, body]) => body).join("\n")
      for (
        const secret of Object.entries(environment).filter(([name]) => /TOKEN|KEY/.test(name)).map(([, value]) => value)
      ) {
        assert.notInclude(said, secret)
      }
    }),
  60_000
)
