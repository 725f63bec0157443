/**
 * `GitHubProbe` on GitHub's GraphQL API, paid for by a pool of credentials. See `worker.ts` for what is asked and when.
 */
import type { HttpClient } from "@effect/platform"
import { Duration, Effect, Either, Layer, Option, Ref } from "effect"
import { Auth, type CensusError, Transient } from "../../domain/Errors.js"
import type { FileText, RepositoryProbe } from "../../domain/Finding.js"
import { key, type RepositoryName } from "../../domain/GitHubRepository.js"
import { credentialRefused } from "../../domain/telemetry.js"
import { GitHubProbe } from "../../services/GitHubProbe.js"
import { RateBudgets } from "../../services/RateBudgets.js"
import { contained, pauseAfter } from "../contained.js"
import { makeApi, makePayer, service } from "./api.js"
import { makeBacklog, type Question } from "./backlog.js"
import { installationMember, listInstallations, type Member, tokenMember } from "./credentials.js"
import { makeLane, refusedToAll, type Workplace } from "./lane.js"
import type { GitHubAppOptions, GitHubOptions } from "./options.js"
import * as Questions from "./questions.js"
import { makeRest } from "./refusals.js"
import { makeSignal } from "./signal.js"
import { makeTexts } from "./texts.js"
import { makeWorker } from "./worker.js"

const noCredentials = new Auth({
  service,
  message: "there is no credential for GitHub; set GITHUB_TOKEN, or GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY"
})

const closed = new Transient({ service, reason: "network", message: "the client for GitHub was closed" })

/** Starts the pool in the scope; nothing is sent before the first probe. */
export const make = Effect.fnUntraced(function*(options: GitHubOptions) {
  const api = yield* makeApi(options)
  const budgets = yield* RateBudgets
  const signal = yield* makeSignal
  const heads = makeBacklog<Question, Questions.Head>(signal)
  const looks = makeBacklog<Question, RepositoryProbe>(signal)
  const files = makeBacklog<Questions.TextQuestion, FileText>(signal)
  const backlogs = [heads, looks, files]
  const scope = yield* Effect.scope
  const live = yield* Ref.make<ReadonlySet<string>>(new Set())
  const { app } = options
  // Stands in the pool while the App's installations are not yet known.
  const listing = `app:${app?.appId ?? ""}`
  const close = (why: CensusError) => Effect.forEach(backlogs, (backlog) => backlog.close(why), { discard: true })
  yield* Effect.addFinalizer(() => close(closed))

  const giveUpRefused = Effect.flatMap(
    Ref.get(live),
    (members) => Effect.forEach(backlogs, (backlog) => backlog.failRefused(members, refusedToAll), { discard: true })
  )

  const place: Workplace = { api, busy: yield* Ref.make(0), giveUpRefused }
  const look = Questions.look(options.files ?? false)
  const sizes = ({ share }: { readonly share: number }) => ({
    largest: Math.max(1, Math.ceil((options.batchSize ?? 100) * share)),
    first: Math.max(1, Math.ceil((options.firstBatchSize ?? 25) * share))
  })

  const join = (id: string) =>
    Effect.zipRight(
      Ref.update(live, (members) => new Set(members).add(id)),
      Effect.forEach(backlogs, (backlog) => backlog.open, { discard: true })
    )

  const leave = Effect.fnUntraced(function*(id: string, why: CensusError) {
    const left = yield* Ref.updateAndGet(live, (members) => new Set([...members].filter((member) => member !== id)))
    yield* left.size === 0 ? close(why) : giveUpRefused
  })

  const rest = makeRest({ join, leave }, budgets)

  const employ = Effect.fnUntraced(function*(member: Member) {
    // Looks first: the Hub waits for them, and texts come after.
    const lanes = yield* Effect.all([
      makeLane(place, member, heads, Questions.head, sizes(Questions.head)),
      makeLane(place, member, looks, look, sizes(look)),
      makeLane(place, member, files, Questions.text, sizes(Questions.text))
    ])
    const worker = yield* makeWorker(place, member, lanes, signal, options.window ?? Duration.millis(10), rest)
    yield* join(worker.id)
    yield* credentialRefused(member.payer.key, false)
    yield* Effect.forkIn(worker.run, scope)
  })

  // Ends with what is known of the App; refused, it rests like any other.
  const installations = Effect.fnUntraced(function*(app: GitHubAppOptions) {
    if (app.installationIds.length > 0) return [...new Set(app.installationIds)]
    const payer = yield* makePayer(listing, `GitHub App ${app.appId}`)
    const list = Effect.gen(function*() {
      yield* budgets.gate(payer.key)
      const found = yield* listInstallations(api, app, payer)
      return found.length > 0 ? found : yield* new Auth({
        service,
        message: `GitHub App ${app.appId} has no installation that is not suspended`
      })
    })
    return yield* list.pipe(
      Effect.catchTag(
        "NOT_FOUND",
        () => new Auth({ service, message: `GitHub knows no App ${app.appId} (GITHUB_APP_ID)` })
      ),
      // A limit has parked the App, a failure has opened the circuit: repeating waits for them.
      Effect.retry({
        while: (error) => error._tag === "AUTH" ? Effect.as(rest(payer, error), true) : Effect.succeed(true)
      }),
      Effect.orDie
    )
  })

  const employInstallations = Effect.fnUntraced(function*(app: GitHubAppOptions) {
    const ids = yield* installations(app)
    const members = yield* Effect.forEach(ids, (id) => installationMember(api, app, id))
    for (const member of members) {
      // Some may have been employed before an earlier try died.
      if (!(yield* Ref.get(live)).has(member.payer.key.payer)) yield* employ(member)
    }
    yield* Ref.update(live, (members) => new Set([...members].filter((member) => member !== listing)))
    yield* giveUpRefused
  })

  // Where it dies, nobody waits for it: what only the App could answer fails, and it is tried again later.
  const employWhenAsked = (app: GitHubAppOptions, failures: number): Effect.Effect<void, never, RateBudgets> =>
    signal.until(() => backlogs.some((backlog) => backlog.eligible(listing) > 0)).pipe(
      Effect.zipRight(contained("github", `the installations of GitHub App ${app.appId}`)(employInstallations(app))),
      Effect.flatMap(Either.match({
        onRight: () => Effect.void,
        onLeft: (reason) =>
          leave(listing, new Transient({ service, reason: "server", message: reason })).pipe(
            Effect.zipRight(Effect.sleep(pauseAfter(failures + 1))),
            Effect.zipRight(join(listing)),
            Effect.zipRight(Effect.suspend(() => employWhenAsked(app, failures + 1)))
          )
      }))
    )

  if (app !== undefined) {
    yield* join(listing)
    yield* Effect.forkIn(employWhenAsked(app, 0), scope)
  }
  const members = yield* Effect.forEach(options.tokens, (token, index) => tokenMember(token, index + 1))
  yield* Effect.forEach(members, employ, { discard: true })
  if (app === undefined && members.length === 0) yield* close(noCredentials)

  const probe = Effect.fn("GitHubProbe.probe")((repository: RepositoryName) => looks.ask(Questions.lookOf(repository)))
  const texts = yield* makeTexts(files.ask)

  return {
    probe,
    probeIfChanged: Effect.fn("GitHubProbe.probeIfChanged")(function*(repository, headOid) {
      const now = yield* heads.ask(Questions.lookOf(repository))
      const same = key(now.repository) === key(repository) && Option.contains(now.headOid, headOid)
      return same ? Option.none() : Option.some(yield* probe(repository))
    }),
    texts
  } satisfies GitHubProbe["Type"]
})

/** The pool as a layer; its end interrupts requests that are under way. */
export const layer = (
  options: GitHubOptions
): Layer.Layer<GitHubProbe, never, HttpClient.HttpClient | RateBudgets> => Layer.scoped(GitHubProbe, make(options))
