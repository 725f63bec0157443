/**
 * `GitHubProbe` on GitHub's GraphQL API, paid for by a pool of credentials. See `worker.ts` for what is asked and when.
 */
import type { HttpClient } from "@effect/platform"
import { Duration, Effect, Layer, Ref } from "effect"
import { Auth, Transient } from "../../domain/Errors.js"
import { GitHubProbe } from "../../services/GitHubProbe.js"
import { RateBudgets } from "../../services/RateBudgets.js"
import { makeApi, makePayer, service } from "./api.js"
import { makeBacklog } from "./backlog.js"
import { installationMember, listInstallations, type Member, tokenMember } from "./credentials.js"
import type { GitHubAppOptions, GitHubOptions } from "./options.js"
import { makeWorker, refusedToAll, type WorkerOptions, type Workplace } from "./worker.js"

const noCredentials = new Auth({
  service,
  message: "there is no credential for GitHub; set GITHUB_TOKEN, or GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY"
})

const closed = new Transient({ service, reason: "network", message: "the client for GitHub was closed" })

// Stands in the pool while the App's installations are not yet known.
const listing = "app"

/** Starts the pool in the scope; nothing is sent before the first probe. */
export const make = Effect.fnUntraced(function*(options: GitHubOptions) {
  const api = yield* makeApi(options)
  const budgets = yield* RateBudgets
  const backlog = yield* makeBacklog
  const scope = yield* Effect.scope
  const live = yield* Ref.make<ReadonlySet<string>>(new Set())
  const { app } = options
  yield* Effect.addFinalizer(() => backlog.close(closed))

  const giveUpRefused = Effect.gen(function*() {
    const members = yield* Ref.get(live)
    const all = (refused: ReadonlySet<string>) => [...members].every((member) => refused.has(member))
    yield* backlog.failWhere((slot) => all(slot.refusedTo), refusedToAll)
  })

  const workerOptions: WorkerOptions = {
    batchSize: options.batchSize ?? 100,
    firstBatchSize: options.firstBatchSize ?? 25,
    window: options.window ?? Duration.millis(10)
  }
  const place: Workplace = { api, backlog, options: workerOptions, busy: yield* Ref.make(0), giveUpRefused }

  const join = (id: string) => Ref.update(live, (members) => new Set(members).add(id))

  const leave = Effect.fnUntraced(function*(id: string, why: Auth) {
    const left = yield* Ref.updateAndGet(live, (members) => new Set([...members].filter((member) => member !== id)))
    if (left.size === 0) return yield* backlog.close(why)
    yield* Effect.logWarning(`${why.message}. Going on without it.`)
    yield* giveUpRefused
  })

  const employ = Effect.fnUntraced(function*(member: Member) {
    const worker = yield* makeWorker(place, member)
    yield* join(worker.id)
    yield* worker.run.pipe(
      Effect.catchTag("AUTH", (why) => leave(worker.id, why)),
      Effect.forkIn(scope)
    )
  })

  const installations = Effect.fnUntraced(function*(app: GitHubAppOptions) {
    if (app.installationIds.length > 0) return [...new Set(app.installationIds)]
    const payer = yield* makePayer(`app:${app.appId}`, `GitHub App ${app.appId}`)
    const found = yield* budgets.gate(payer.key).pipe(
      Effect.zipRight(listInstallations(api, app, payer)),
      // A limit has parked the App, a failure has opened the circuit: repeating waits for them.
      Effect.retry({ while: (error) => error._tag === "RATE_LIMIT" || error._tag === "TRANSIENT" }),
      Effect.catchTags({
        NOT_FOUND: () => new Auth({ service, message: `GitHub knows no App ${app.appId} (GITHUB_APP_ID)` })
      })
    )
    return found.length > 0 ? found : yield* new Auth({
      service,
      message: `GitHub App ${app.appId} has no installation that is not suspended`
    })
  })

  const employInstallations = Effect.fnUntraced(function*(app: GitHubAppOptions) {
    const ids = yield* installations(app)
    const members = yield* Effect.forEach(ids, (id) => installationMember(api, app, id))
    yield* Effect.forEach(members, employ, { discard: true })
    yield* Ref.update(live, (members) => new Set([...members].filter((member) => member !== listing)))
    yield* giveUpRefused
  })

  if (app !== undefined) {
    yield* join(listing)
    yield* backlog.awaitWork(listing).pipe(
      Effect.zipRight(employInstallations(app)),
      Effect.catchTag("AUTH", (why) => leave(listing, why)),
      Effect.forkIn(scope)
    )
  }
  const members = yield* Effect.forEach(options.tokens, (token, index) => tokenMember(token, index + 1))
  yield* Effect.forEach(members, employ, { discard: true })
  if (app === undefined && members.length === 0) yield* backlog.close(noCredentials)

  return {
    probe: Effect.fn("GitHubProbe.probe")((repository) => backlog.ask(repository))
  } satisfies GitHubProbe["Type"]
})

/** The pool as a layer; its end interrupts requests that are under way. */
export const layer = (
  options: GitHubOptions
): Layer.Layer<GitHubProbe, never, HttpClient.HttpClient | RateBudgets> => Layer.scoped(GitHubProbe, make(options))
