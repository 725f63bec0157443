/** The stores on an embedded database: texts of strangers in every column that takes one. */
import { Cause, Duration, Effect, Exit, FastCheck as fc, Layer, Option, Stream } from "effect"
import type { Transient } from "../../../src/domain/Errors.js"
import * as CensusPagesSql from "../../../src/layers/store/CensusPagesSql.js"
import * as ImageCatalogSql from "../../../src/layers/store/ImageCatalogSql.js"
import * as LinkStoreSql from "../../../src/layers/store/LinkStoreSql.js"
import * as RepoDockerStoreSql from "../../../src/layers/store/RepoDockerStoreSql.js"
import * as WatchStoreSql from "../../../src/layers/store/WatchStoreSql.js"
import { CensusPages } from "../../../src/services/CensusPages.js"
import { ImageCatalog } from "../../../src/services/ImageCatalog.js"
import { LinkStore } from "../../../src/services/LinkStore.js"
import { RepoDockerStore } from "../../../src/services/RepoDockerStore.js"
import { WatchStore } from "../../../src/services/WatchStore.js"
import * as Catalog from "../../support/catalogFindings.js"
import { pglite } from "../../support/embeddedDatabase.js"
import { hit, repository } from "../../support/findings.js"
import { answers, claimed, lane, reads, thereAt, workflow } from "../../support/links.js"
import { must, target } from "../Target.js"
import { anyText } from "../texts.js"

const at = Date.UTC(2026, 10, 20)

type Stores = RepoDockerStore | LinkStore | ImageCatalog | WatchStore | CensusPages

/** What is tried with texts; `n` is another one in every case. */
type Trial = (texts: ReadonlyArray<string>, n: number) => Effect.Effect<void, Transient, Stores>

const named = (of: string, n: number) => repository(`owner${n}/${of}`)

const stored = (of: string, n: number) =>
  Effect.flatMap(
    RepoDockerStore,
    ({ repositories }) => Stream.runHead(repositories({ search: Option.some(`owner${n}/${of}`) }))
  )

const trials: Readonly<Record<string, Trial>> = {
  "what discovery found": ([image = "", path = "", head = ""], n) =>
    Effect.gen(function*() {
      const store = yield* RepoDockerStore
      const claims = yield* store.claimNamed([named("clean", n), named("hostile", n)], Duration.minutes(1))
      yield* store.recordDiscovery(claims.map((claim) => {
        if (claim.repository.name === "clean") return hit(claim, at, `owner${n}/clean`, 7n)
        const reading = reads(claim, at, [claimed(`ghcr.io/owner${n}/x`, { path, detail: head })], [
          workflow({ path, uses: [{ path: image, oid: head }], templates: [head], problem: Option.some(image) })
        ])
        return { ...hit(claim, at, image, 7n), ...(reading.reading === undefined ? {} : { reading: reading.reading }) }
      }))
      const clean = yield* stored("clean", n)
      must(Option.isSome(clean) && Option.contains(clean.value.outcome, "hit"), "a clean repository went with another")
    }),
  "why a look was put off": ([reason = ""], n) =>
    Effect.gen(function*() {
      const store = yield* RepoDockerStore
      const claims = yield* store.claimNamed([named("late", n)], Duration.minutes(1))
      const notBefore = at + 60_000
      const { refused } = yield* store.recordDiscovery(
        claims.map((claim) => ({ claim, at, result: { _tag: "Deferred", reason, notBefore } }))
      )
      must(refused === 0, "a reason is refused")
    }),
  "what a registry and an image say": ([value = "", tag = "", label = ""], n) =>
    Effect.gen(function*() {
      const store = yield* RepoDockerStore
      const links = yield* LinkStore
      const registry = `r${n}.example`
      const [claim] = yield* store.claimNamed([named("linked", n)], Duration.minutes(1))
      if (claim === undefined) return
      yield* store.recordDiscovery([
        reads(claim, at, ["a", "b"].map((name) => claimed(`${registry}/owner${n}/${name}`)))
      ])
      const checks = yield* links.claimChecks(lane(registry))
      must(checks.length === 2, `${checks.length} images are looked for, not 2`)
      yield* links.recordChecks(checks.map((check) => answers(check, at, thereAt())))
      const sources = yield* links.claimSources({ ...lane(registry), pullsPerDay: 100 })
      yield* links.recordSources(sources.map((claim, index) => ({
        claim,
        at,
        dueAt: at + 1,
        pulls: 1,
        result: index === 0
          ? {
            _tag: "Says",
            tag,
            digest: value,
            label: { label, value, source: { forge: Option.none(), host: value, path: tag } }
          }
          : { _tag: "Silent", tag: "latest", digest: `sha256:${"a".repeat(64)}` }
      })))
      const found = yield* Stream.runCollect(links.links({ hidden: true, repository: named("linked", n) }))
      must(found.length === 2, `${found.length} links are there, not 2`)
      yield* links.explain(named("linked", n))
    }),
  "what Docker Hub says in the catalog": ([description = "", tag = "", category = ""], n) =>
    Effect.gen(function*() {
      const catalog = yield* ImageCatalog
      const image = `owner${n}/described`
      yield* catalog.add([Catalog.name(image)], "published")
      const claim = yield* Catalog.claimOne(catalog, image)
      const tags = [Catalog.tag("1.0", "a", at), Catalog.tag(tag, "b", at, ["linux/amd64", category])]
      yield* catalog.record({
        ...Catalog.look(claim, at, Catalog.listing(tags)),
        image: Option.some({
          _tag: "Found",
          found: Catalog.found({
            description,
            fullDescription: description.repeat(20),
            categories: [category],
            logo: Option.some(tag),
            licence: Option.some(category),
            source: Option.some(description)
          }),
          counters: Option.some({ pulls: 7n, stars: 1, lastUpdated: Option.some(at) })
        }),
        repositories: [category]
      })
      const { items } = yield* catalog.tags(image)
      must(items.some((one) => one.tag === "1.0"), "a clean tag went with another")
      const entry = yield* catalog.image(Catalog.name(image))
      must(Option.exists(entry, ({ lookedAt }) => Option.isSome(lookedAt)), "an image went with its texts")
    }),
  "what people search for": ([text = "", other = ""]) =>
    Effect.gen(function*() {
      const store = yield* RepoDockerStore
      const catalog = yield* ImageCatalog
      const links = yield* LinkStore
      const watches = yield* WatchStore
      const pages = yield* CensusPages
      const search = Option.some(text)
      // What no database can hold may be refused, and nothing else.
      const questions: ReadonlyArray<Effect.Effect<unknown, Transient>> = [
        Stream.runCount(store.images({ search })),
        Stream.runCount(store.repositories({ search })),
        store.image(text),
        catalog.list({ search: text, platform: other }, { after: other, limit: 3 }),
        catalog.tags(text, { after: other, platform: text }),
        catalog.history(text, Option.some(other), { after: other }),
        links.explain({ owner: text, name: other }),
        Stream.runCount(links.links({ image: text })),
        watches.events({ limit: 1, id: text, watch: other }),
        Stream.runCount(watches.list(Option.some({ reference: text, platform: Option.some(other) }))),
        pages.image(text),
        pages.repository({ owner: text, name: other })
      ]
      yield* Effect.forEach(questions, (question) =>
        text.includes("\u0000") || other.includes("\u0000") ? Effect.option(question) : question)
    })
}

const stores = Layer.mergeAll(
  RepoDockerStoreSql.layer({ holder: "fuzz" }),
  LinkStoreSql.layer({ holder: "fuzz" }),
  WatchStoreSql.layer({ holder: "fuzz" }),
  ImageCatalogSql.layer({ holder: "fuzz" }),
  Layer.fresh(CensusPagesSql.layer)
).pipe(Layer.provide(pglite.migrated))

/** What is stored of strangers, and what is asked for. */
export const store = target({
  name: "store",
  about: "texts of strangers in every column, and in every question: no defect, and clean rows beside them are written",
  brief: 60,
  input: () => fc.tuple(fc.constantFrom(...Object.keys(trials)), fc.array(anyText, { minLength: 3, maxLength: 3 })),
  check: Effect.gen(function*() {
    const context = yield* Layer.build(stores)
    let count = 0
    return ([trial, texts]: readonly [string, ReadonlyArray<string>]) =>
      Effect.gen(function*() {
        const exit = yield* Effect.exit(Effect.provide(trials[trial]?.(texts, count++) ?? Effect.void, context))
        if (Exit.isFailure(exit)) return yield* Effect.dieMessage(`${trial}: ${Cause.pretty(exit.cause)}`)
      })
  })
})
