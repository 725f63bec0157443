/**
 * Where the contract of `RepoDockerStore` is tried: two stores on one database that starts empty, for every kind of it.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import { Chunk, Effect, Option, Stream } from "effect"
import * as CatalogMemory from "../../src/layers/memory/ImageCatalogMemory.js"
import * as LinksMemory from "../../src/layers/memory/LinkStoreMemory.js"
import * as Memory from "../../src/layers/memory/RepoDockerStoreMemory.js"
import { emptyTables } from "../../src/layers/memory/store/tables.js"
import * as CatalogSql from "../../src/layers/store/ImageCatalogSql.js"
import * as LinksSql from "../../src/layers/store/LinkStoreSql.js"
import * as Sql from "../../src/layers/store/RepoDockerStoreSql.js"
import type { ImageCatalog } from "../../src/services/ImageCatalog.js"
import type { LinkStore } from "../../src/services/LinkStore.js"
import type { RepoDockerStore } from "../../src/services/RepoDockerStore.js"
import { contractOf } from "./contract.js"

type Store = RepoDockerStore["Type"]

interface TwoStores {
  /** The store of one process, and of another on the same database. */
  readonly store: Store
  readonly other: Store
  /** The links of the first process, and of the other one. */
  readonly links: LinkStore["Type"]
  readonly otherLinks: LinkStore["Type"]
  /** Their catalogs. */
  readonly catalog: ImageCatalog["Type"]
  readonly otherCatalog: ImageCatalog["Type"]
}

/** When every test starts: half an hour before the end of a UTC day, and of a month. */
export const evening = Date.parse("2026-11-30T23:30:00Z")
export const hour = 3_600_000
export const day = 24 * hour

const memory = Effect.sync((): TwoStores => {
  const tables = emptyTables()
  return {
    store: Memory.make("one", tables),
    other: Memory.make("two", tables),
    links: LinksMemory.make("one", tables),
    otherLinks: LinksMemory.make("two", tables),
    catalog: CatalogMemory.make("one", tables),
    otherCatalog: CatalogMemory.make("two", tables)
  }
})

const sql = Effect.gen(function*() {
  yield* (yield* SqlClient)`truncate repos, repos_docker_leases, repo_docker, repo_docker_links, repo_docker_pulls_daily,
    repos_docker_readings, repo_docker_claims, repo_docker_checks, repo_docker_sources, repo_docker_source_pulls,
    repo_docker_activity_daily, repo_docker_links_removed,
    catalog_images, catalog_state, catalog_tags, catalog_tag_digests, catalog_words, catalog_passes, catalog_official,
    image_census_defects
    restart identity`
  const stores: TwoStores = {
    store: yield* Sql.make({ holder: "one" }),
    other: yield* Sql.make({ holder: "two" }),
    links: yield* LinksSql.make({ holder: "one" }),
    otherLinks: yield* LinksSql.make({ holder: "two" }),
    catalog: yield* CatalogSql.make({ holder: "one" }),
    otherCatalog: yield* CatalogSql.make({ holder: "two" })
  }
  return stores
})

/** Tests of the contract, on every kind of store. */
export const { onEvery: onEveryStore, when } = contractOf({ memory, sql, startsAt: evening })

export const collect = <A, E>(stream: Stream.Stream<A, E>) =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

export const everything = { search: Option.none<string>() }
