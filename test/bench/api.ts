/**
 * The HTTP API under a client that knows only its OpenAPI document: 5,000 valid and invalid requests.
 */
import { Config, Console, Effect } from "effect"
import { entryOf } from "../../src/programs/server/http/access.js"
import { holdToDocument } from "../support/apiClient.js"
import { seed, tokens } from "../support/apiRequests.js"
import { startProgram, storeIn, waitUntil } from "../support/program.js"
import { build } from "./build.js"
import { createDatabase } from "./databases.js"
import { server } from "./server.js"

/** Prints what was answered; false where an answer is not as described, or a fault of the server (5xx). */
export const apiBench = Effect.gen(function*() {
  const runs = yield* Config.integer("BENCH_REQUESTS").pipe(Config.withDefault(5000))
  yield* build
  const { url: admin } = yield* server
  const url = yield* createDatabase(admin, "api")
  yield* Effect.provide(seed, storeIn({ DATABASE_URL: url }))
  const entries = [entryOf("read", tokens.read), entryOf("write", tokens.write)]
  const running = yield* startProgram(
    {
      environment: {
        DATABASE_URL: url,
        GITHUB_TOKEN: "none",
        GITHUB_API_URL: "http://127.0.0.1:1",
        DOCKERHUB_API_BASE_URL: "http://127.0.0.1:1",
        LOG_LEVEL: "error",
        IMAGE_CENSUS_API_TOKENS: entries.map(({ access, sha256 }) => `${access}:${sha256}`).join(",")
      }
    },
    "serve",
    "--port",
    "0"
  )
  yield* waitUntil(Effect.map(running.stdout, (text) => text.includes("dashboard:")))
  const address = /dashboard: (\S+?)\/?\n/.exec(yield* running.stdout)?.[1] ?? ""
  const { statuses, wrong } = yield* holdToDocument(address, runs)
  yield* Console.log(`${runs} requests by the OpenAPI document, valid and invalid; answers by status:`)
  for (const [status, count] of [...statuses].sort(([first], [second]) => first - second)) {
    yield* Console.log(`  ${status}  ${String(count).padStart(6)}`)
  }
  yield* Console.log(`not as described, or 5xx: ${wrong.length} (bound: 0)`)
  for (const one of wrong.slice(0, 10)) yield* Console.log(`  ${one}`)
  return wrong.length === 0
}).pipe(Effect.scoped)
