/**
 * `kill -9` of the real program at twenty random moments, on both databases.
 */
import { Console, Effect } from "effect"
import { type KillsFigures, survivesKills } from "../support/kills.js"
import { temporaryFolder } from "../support/program.js"
import { build } from "./build.js"
import { createDatabase } from "./databases.js"
import { server } from "./server.js"
import { line } from "./table.js"

const kills = 20
const repositories = 400
const widths = [10, 13] as const

const right = (one: KillsFigures): boolean =>
  one.undone === 0 && one.found === one.expected &&
  [one.lost, one.doubled, one.withoutSnapshot, one.wrong].every((list) => list.length === 0)

/** Prints what was lost, doubled or left undone: nothing; fails where there is something. */
export const killsBench = Effect.gen(function*() {
  yield* Console.log(`kill -9 at ${kills} random moments, ${repositories} repositories, leases of 2 s\n`)
  yield* build
  const { url } = yield* server
  const databases = [
    ["Postgres", { DATABASE_URL: yield* createDatabase(url, "kills") }],
    ["PGlite", { IMAGE_CENSUS_DATA_DIR: yield* temporaryFolder }]
  ] as const
  yield* Console.log(line(widths, [
    "",
    "kills",
    "at work",
    "lost",
    "doubled",
    "no snapshot",
    "undone",
    "found",
    "wrong",
    "Hub calls",
    "seconds"
  ]))
  let held = true
  for (const [name, database] of databases) {
    const one = yield* survivesKills({ database, kills, repositories })
    held = held && right(one)
    yield* Console.log(line(widths, [
      name,
      one.kills,
      one.duringWork,
      one.lost.length,
      one.doubled.length,
      one.withoutSnapshot.length,
      one.undone,
      `${one.found}/${one.expected}`,
      one.wrong.length,
      `${one.hubCalls}/${one.candidates}`,
      one.seconds.toFixed(0)
    ]))
  }
  yield* Console.log(line(widths, ["bound", "", "", 0, 0, 0, 0, "all", 0]))
  return held
}).pipe(Effect.scoped, Effect.withSpan("killsBench"))
