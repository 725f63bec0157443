/**
 * Requests beside a daemon in the same process whose jobs hold all connections that they have.
 */
import { NodeContext } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { assert, it } from "@effect/vitest"
import {
  ConfigProvider,
  Context,
  Deferred,
  Duration,
  Effect,
  Either,
  Exit,
  Layer,
  Option,
  Redacted,
  Schema,
  Scope
} from "effect"
import { canonical, parseNormalized } from "../../../src/domain/ImageReference.js"
import { make } from "../../../src/programs/cli/layers.js"
import { start } from "../../../src/programs/server/start.js"
import * as Settings from "../../../src/programs/settings/Settings.js"
import { WatchStore } from "../../../src/services/WatchStore.js"
import { ask } from "../../support/apiRequests.js"
import { serverOptions } from "../../support/apiServer.js"
import { postgres, scratchUrl, testProcess } from "../../support/databases.js"

const reference = Either.getOrThrow(parseNormalized("nginx:1"))
const watch = {
  reference,
  platform: Option.none(),
  every: Duration.hours(1),
  actions: [],
  updates: Option.none()
}

/** As many as the jobs of a process have. */
const connections = 10

const Waiting = Schema.Tuple(Schema.Struct({ count: Schema.Int }))

// Whoever writes events waits for this lock, with a connection in the hand.
const lock = "hashtextextended('image-census/watch-events', 0)"

const paths = ["/status", "/status/history", "/images", "/repositories", "/watches", "/updates", "/events", "/catalog"]

it.scopedLive.skipIf(!postgres.available)(
  "requests do not wait for connections that jobs hold",
  () =>
    Effect.gen(function*() {
      const url = yield* scratchUrl
      const { server } = make({ version: "1.2.3", process: testProcess, home: "/nowhere" }, NodeContext.layer)
      const context = yield* Effect.withConfigProvider(
        Layer.build(Layer.provide(server, Settings.layer)),
        ConfigProvider.fromMap(new Map([["DATABASE_URL", Redacted.value(url)]]))
      )
      const store = Context.get(context, WatchStore)
      yield* store.add([watch])
      const open = yield* Scope.make()
      const address = yield* Effect.provide(start(serverOptions).pipe(Scope.extend(open)), context)
      const sql = Context.get(yield* Layer.build(PgClient.layer({ url, maxConnections: 2 })), PgClient.PgClient)
      const locked = yield* Deferred.make<void>()
      const enough = yield* Deferred.make<void>()
      const hold = sql.withTransaction(
        sql.unsafe(`select pg_advisory_xact_lock(${lock})`).pipe(
          Effect.zipRight(Deferred.succeed(locked, undefined)),
          Effect.zipRight(Deferred.await(enough))
        )
      )
      const fire = store.fire({ reference: canonical(reference), platform: Option.none() })
      const waiting = sql`select count(*)::int as count from pg_stat_activity
      where datname = current_database() and wait_event = 'advisory'`.pipe(
        Effect.flatMap(Schema.decodeUnknown(Waiting)),
        Effect.map(([{ count }]) => count)
      )
      const look = Effect.gen(function*() {
        yield* Deferred.await(locked)
        yield* Effect.repeat(Effect.delay(waiting, "50 millis"), { until: (count) => count >= connections }).pipe(
          Effect.timeout("10 seconds")
        )
        const answers = yield* Effect.forEach(
          paths,
          (path) => Effect.timeoutOption(ask(address, `/api/v1${path}`), "5 seconds"),
          { concurrency: "unbounded" }
        )
        return answers.map(Option.map(({ status }) => status))
      }).pipe(Effect.ensuring(Deferred.succeed(enough, undefined)))
      const fires = Effect.zipRight(
        Deferred.await(locked),
        Effect.replicateEffect(fire, connections, { concurrency: "unbounded" })
      )
      const [found] = yield* Effect.all([look, hold, fires], { concurrency: "unbounded" })
      assert.deepStrictEqual(found, paths.map(() => Option.some(200)))
      // It ends with its own scope, not with that of what it stands on.
      yield* Scope.close(open, Exit.void)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(ask(address, "/healthz"))))
    }),
  60_000
)
