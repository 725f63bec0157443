/**
 * A turn that processes share through a Postgres server: a session's advisory lock, on a connection of its own, because
 * a lock that went back into a pool with its connection would stop everybody.
 */
import { Effect, Fiber, Option, Predicate, Redacted, Ref, Schedule, type Scope } from "effect"
import { Client } from "pg"

/** The lock's connection failed. `code`: a SQLSTATE, or the system's code of a broken connection. */
export interface LockFailure {
  readonly code: string
}

/** A query on the lock's connection; its rows. */
export type Ask = (query: string, values: ReadonlyArray<unknown>) => Effect.Effect<ReadonlyArray<unknown>, LockFailure>

/** A turn that one process holds at a time. */
export interface TurnLock {
  /**
   * Runs `use` while this process holds the lock; `onTurn` comes before it, on the lock's connection. Waits for as long as it takes,
   * also for a database that cannot be reached, and can be interrupted at any time. Callers in one process
   * have to come one after another.
   *
   * A process that dies gives the lock back with its connection. Where the connection alone is lost, the server gives
   * the turn to another process; what runs here is let finish, and the next turn is asked for anew.
   */
  readonly hold: (
    onTurn: (ask: Ask) => Effect.Effect<void, LockFailure>
  ) => <A, E, R>(use: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

// SQLSTATE lock_not_available: the wait in the server was over before the lock was free.
const notYet = "55P03"
// A server that does not answer within this is as good as gone.
const answerMillis = 5_000
const patience = Schedule.exponential("250 millis").pipe(Schedule.union(Schedule.spaced("5 seconds")))

// The wait for the lock is bounded, so that an abandoned wait soon ends in the server too. The server learns within half
// a minute that the machine of a holder is gone.
const preparation = `set lock_timeout = '500ms'; set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5;
  set tcp_keepalives_count = 3`

const failure = (cause: unknown): LockFailure => ({
  code: Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : "the connection broke"
})

const askOn = (client: Client): Ask => (text, values) =>
  Effect.tryPromise({ try: () => client.query(text, [...values]), catch: failure }).pipe(
    Effect.map(({ rows }): ReadonlyArray<unknown> => rows)
  )

// What has to be done when a caller is interrupted is done in a fiber of its own, which is not, for a second at most.
const apart = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<Option.Option<A>, E> =>
  Effect.flatMap(Effect.forkDaemon(Effect.interruptible(Effect.timeoutOption(effect, "1 second"))), Fiber.join)

// Closing is a courtesy: with or without an answer to it, the socket is gone.
const end = (client: Client) => Effect.ignore(apart(Effect.tryPromise(() => client.end())))

const connect = (url: Redacted.Redacted): Effect.Effect<Client, LockFailure> =>
  Effect.gen(function*() {
    const client = yield* Effect.try({
      try: () =>
        new Client({
          connectionString: Redacted.value(url),
          application_name: "image-census turn",
          connectionTimeoutMillis: answerMillis,
          query_timeout: answerMillis,
          keepAlive: true
        }),
      catch: failure
    })
    // Without a listener a connection that breaks while idle would end the process. The next query fails, and tells.
    client.on("error", () => undefined)
    yield* Effect.tryPromise({ try: () => client.connect(), catch: failure }).pipe(
      Effect.zipRight(Effect.tryPromise({ try: () => client.query(preparation), catch: failure })),
      Effect.onExit((exit) => exit._tag === "Failure" ? end(client) : Effect.void)
    )
    return client
  })

/**
 * A lock in the database at this address, which has to be a server, reached directly or through a pooler in session mode.
 * Connects when a turn is first asked for; disconnects with the scope.
 * @param name what the turn is for: processes that name the same share it.
 */
export const makeTurnLock = Effect.fn("TurnLock.make")(function*(
  url: Redacted.Redacted,
  name: string
): Effect.fn.Return<TurnLock, never, Scope.Scope> {
  const connection = yield* Ref.make(Option.none<Client>())
  const waiting = yield* Ref.make(false)
  const disconnect = Effect.flatMap(
    Ref.getAndSet(connection, Option.none<Client>()),
    Option.match({ onNone: () => Effect.void, onSome: end })
  )
  yield* Effect.addFinalizer(() => disconnect)

  const connected = Effect.flatMap(
    Ref.get(connection),
    Option.match({
      onNone: () => Effect.tap(connect(url), (client) => Ref.set(connection, Option.some(client))),
      onSome: (client) => Effect.succeed(client)
    })
  )

  const say = (failure: LockFailure) =>
    Effect.flatMap(Ref.getAndSet(waiting, true), (known) =>
      known
        ? Effect.void
        : Effect.logWarning(`the turn of ${name} waits for the database: ${failure.code}`))

  // However it ends other than well, the connection goes, and with it a lock that it may hold or get later.
  const take = (onTurn: (ask: Ask) => Effect.Effect<void, LockFailure>) =>
    Effect.gen(function*() {
      const ask = askOn(yield* connected)
      yield* ask("select pg_advisory_lock(hashtextextended($1, 0))", [`image-census turn of ${name}`]).pipe(
        Effect.retry({ while: ({ code }) => code === notYet })
      )
      // A statement of its own: that of the lock sees the rows as they were before it waited.
      yield* onTurn(ask)
    }).pipe(
      Effect.onExit((exit) => exit._tag === "Failure" ? disconnect : Effect.void),
      Effect.tapError(say),
      Effect.retry(patience),
      Effect.zipRight(Ref.set(waiting, false)),
      Effect.orDie
    )

  const give = Effect.flatMap(
    Ref.get(connection),
    Option.match({
      onNone: () => Effect.void,
      onSome: (client) =>
        apart(askOn(client)("select pg_advisory_unlock_all()", [])).pipe(
          Effect.filterOrFail(Option.isSome, () => failure(undefined)),
          Effect.catchAll((error) => Effect.zipRight(say(error), disconnect))
        )
    })
  )

  const hold: TurnLock["hold"] = (onTurn) => (use) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        yield* restore(take(onTurn))
        const exit = yield* Effect.exit(restore(use))
        yield* give
        return yield* exit
      })
    )

  return { hold }
})
