/**
 * Starts the benchmark's world in another process, and asks it what was counted and what is true.
 */
import { Command, HttpClient, HttpClientResponse } from "@effect/platform"
import { Effect, Schema, Stream } from "effect"

const Environment = Schema.parseJson(Schema.Struct({
  GITHUB_API_URL: Schema.String,
  GITHUB_APP_ID: Schema.String,
  GITHUB_APP_PRIVATE_KEY: Schema.String,
  DOCKERHUB_API_BASE_URL: Schema.String,
  CONTROL_URL: Schema.String
}))

const Counts = Schema.Struct({
  requests: Schema.Number,
  maxOpen: Schema.Number,
  busyMillis: Schema.Number,
  firstAt: Schema.Number,
  lastAt: Schema.Number,
  byPath: Schema.Record({ key: Schema.String, value: Schema.Number })
})
const Counters = Schema.Struct({ github: Counts, dockerhub: Counts })

const Truth = Schema.Struct({
  hits: Schema.Number,
  candidates: Schema.Number,
  /** Every repository that the world is about. */
  listed: Schema.Array(Schema.String),
  /** Image to the repositories that publish it, as they were asked for. */
  links: Schema.Record({ key: Schema.String, value: Schema.Array(Schema.String) })
})

/** A world that ends with the scope. */
export const startWorld = Effect.gen(function*() {
  const http = yield* HttpClient.HttpClient
  const child = yield* Command.start(
    Command.make(process.execPath, "--import", "tsx", new URL("world.ts", import.meta.url).pathname).pipe(
      Command.stderr("inherit")
    )
  )
  const line = yield* child.stdout.pipe(Stream.decodeText(), Stream.splitLines, Stream.runHead, Effect.flatten)
  const environment = yield* Schema.decode(Environment)(line)
  const ask = <A, I>(path: string, schema: Schema.Schema<A, I>) =>
    Effect.flatMap(http.get(`${environment.CONTROL_URL}/_sandbox/${path}`), HttpClientResponse.schemaBodyJson(schema))
  return { environment, counters: ask("counters", Counters), truth: ask("truth", Truth) }
})
