import { assert, layer } from "@effect/vitest"
import { Duration, Effect, Either, Logger, LogLevel, Option, Stream } from "effect"
import { key } from "../../src/domain/GitHubRepository.js"
import { parse, parseNormalized } from "../../src/domain/ImageReference.js"
import { ImageCatalog } from "../../src/services/ImageCatalog.js"
import { LinkStore, type StoredLink } from "../../src/services/LinkStore.js"
import { RepoDockerStore } from "../../src/services/RepoDockerStore.js"
import { WatchStore } from "../../src/services/WatchStore.js"
import { hostsOfLabels } from "../sandbox/strangers/images.js"
import { elsewhere, privateRegistry } from "../sandbox/strangers/listings.js"
import { owner, ownRegistry } from "../sandbox/strangers/Stranger.js"
import { imageOf, strangers, withStrangers } from "../sandbox/strangers/world.js"
import { compared } from "../sandbox/truth.js"
import { expectedOf, makeWorld } from "../sandbox/world/make.js"
import type { Published, World } from "../sandbox/world/World.js"
import { watchOf } from "../support/watches.js"
import { daemonStores, makeDaemon } from "./daemon.js"

const world = makeWorld({ repositories: 200 })
/** A registry that strangers made fail is left alone for a while, so that some of the others are found later. */
const mostRounds = 24

const familiar = ({ registry, repository }: Published): string =>
  registry === "docker.io" ? repository : `${registry}/${repository}`

/** What the others really publish: by their workflows, and under their names. */
const published = (world: World): ReadonlyArray<string> =>
  [
    ...new Set([
      ...world.publishers.flatMap(({ images }) => images.map(familiar)),
      ...expectedOf(world).links.keys()
    ])
  ].toSorted()

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), (chunk) => [...chunk])

const proven = ({ image, repository }: StoredLink): boolean => {
  const read = parseNormalized(image)
  const one = Either.isRight(read) ? world.published.get(`${read.right.registry}/${read.right.repository}`) : undefined
  return one !== undefined && key(one.of) === key(repository) && ["own", "old"].includes(one.label)
}

const isStranger = (image: string): boolean => image.startsWith(`${owner}/`) || image.includes(`/${owner}/`)

layer(daemonStores, { excludeTestServices: true, timeout: 120_000 })("a world full of strangers", (it) => {
  it.effect(
    "is counted like one without them: the jobs go on, all others are found, and nothing false is written",
    () =>
      Effect.gen(function*() {
        const store = yield* RepoDockerStore
        const links = yield* LinkStore
        const watches = yield* WatchStore
        const catalog = yield* ImageCatalog
        const daemon = yield* makeDaemon(withStrangers(world))
        const watched = [...published(world).slice(0, 6), ...strangers.map(imageOf)]
        yield* daemon.onClock(Effect.gen(function*() {
          yield* store.addRepositories(daemon.state.world.listed.map(({ asked }) => asked))
          yield* watches.add(watched.map((image) => watchOf(image, { every: Duration.minutes(5), actions: [] })))
          const missed = Effect.map(collect(links.links({ hidden: true })), (stored) => {
            const done = new Set(
              stored.filter((one) => !proven(one) || one.verification.state === "verified").map(
                ({ image }) => image
              )
            )
            return published(world).filter((image) => !done.has(image))
          })
          for (let round = 0; round < mostRounds && (round < 2 || (yield* missed).length > 0); round++) {
            assert.deepStrictEqual(yield* daemon.round, [], `round ${round}`)
          }

          // Everybody else's images, found and proven as if nobody else were there.
          const stored = yield* collect(links.links({ hidden: true }))
          assert.deepStrictEqual(yield* missed, [])
          const verified = stored.filter(({ verification }) => verification.state === "verified")
          assert.deepStrictEqual(
            stored.filter(proven).filter((link) => !verified.includes(link)).map(({ image }) => image),
            []
          )
          const shown = stored.filter((link) => link.shown)
          const truth = compared(
            daemon,
            [...new Set(shown.map(({ image }) => image))],
            verified.map(({ image, repository }) => ({ image, repository: key(repository) }))
          )
          assert.isTrue(truth.right, truth.lines.join("\n"))
          const repositories = yield* collect(store.repositories({ search: Option.none() }))
          const outcomes = new Map(repositories.map(({ outcome, repository }) => [
            key(repository),
            Option.getOrUndefined(outcome)
          ]))
          const names = { hit: "hit", miss: "miss", none: "no-dockerfile", unknown: "not-found" } as const
          assert.deepStrictEqual(
            world.listed.flatMap(({ asked, now, outcome }) => {
              const is = outcomes.get(key(now?.name ?? asked)) ?? outcomes.get(key(asked))
              return is === names[outcome] ? [] : [`${key(asked)}: ${is}, not ${names[outcome]}`]
            }),
            []
          )

          // Of strangers there is an answer, or the reason why there is none.
          for (const { repository } of repositories.filter(({ repository }) => repository.owner === owner)) {
            const known = Option.getOrThrow(yield* links.explain(repository))
            if (Option.isNone(known.checkedAt)) {
              assert.isTrue(Option.exists(known.lastError, (reason) => reason !== ""), key(repository))
            }
            for (const claim of known.claims) {
              const said = Option.isSome(claim.outcome) || Option.exists(claim.lastError, (reason) => reason !== "")
              assert.isTrue(said, `${claim.image} has neither an answer nor a reason`)
            }
          }
          const { items } = yield* catalog.list({}, { limit: 1_000 })
          for (const { lastError, lookedAt, name } of items) {
            const reason = Option.getOrElse(lastError, () => "")
            if (!isStranger(name.image)) assert.strictEqual(reason, "", name.image)
            assert.isTrue(
              Option.isSome(lookedAt) || reason !== "",
              `${name.image} was not looked at, and nobody says why`
            )
          }
          const states = yield* collect(watches.list(Option.none()))
          assert.strictEqual(states.length, watched.length)
          for (const { state, watch } of states) {
            const image = `${watch.reference.registry}/${watch.reference.repository}`
            const seen = Option.isSome(state.digest)
            if (!isStranger(image)) assert.isTrue(seen, image)
            assert.isTrue(
              seen || Option.isSome(state.problem) || Option.isSome(state.outcome),
              `${image} has neither a digest nor a reason`
            )
          }
          const status = yield* store.status({ discovery: Duration.days(14), refresh: Duration.hours(24) })
          assert.strictEqual(status.leased, 0)

          // Nothing was asked where only a stranger points, and nobody got what is not for them.
          const asked = new Set(daemon.left.map(({ url }) => url.host))
          const allowed = new Set([
            "api.github.com",
            "hub.docker.com",
            "registry-1.docker.io",
            "ghcr.io",
            "quay.io",
            ownRegistry,
            // A public address, to which a redirect may lead as a stranger.
            elsewhere,
            privateRegistry
          ])
          assert.deepStrictEqual([...asked].filter((host) => !allowed.has(host)), [])
          assert.deepStrictEqual(hostsOfLabels.filter((host) => asked.has(host)), [])
          assert.deepStrictEqual(daemon.left.filter(({ secret }) => secret).map(({ url }) => url.href), [])
        }))
      }).pipe(Logger.withMinimumLogLevel(LogLevel.None)),
    900_000
  )

  it("has every kind of stranger once", () => {
    const names = strangers.map(imageOf)
    assert.strictEqual(new Set(names).size, names.length)
    assert.isAtLeast(names.length, 200)
    assert.isTrue(names.every((name) => Either.isRight(parse(name))))
  })
})
