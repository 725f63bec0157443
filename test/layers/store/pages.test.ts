/**
 * Lists in pages: every row once, in one order, whatever the size of a page and however many rows are equal.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, FastCheck as fc, Layer, Option } from "effect"
import * as CensusPagesSql from "../../../src/layers/store/CensusPagesSql.js"
import type { ImageOrder, ImagePlace, ListedImage } from "../../../src/services/CensusPages.js"
import { CensusPages, placeOf } from "../../../src/services/CensusPages.js"
import { testDatabases } from "../../support/databases.js"

const orders = ["pulls", "name", "stars", "growth7", "growth30", "growth90"] as const

// Few values, so that many are equal; names in which collations differ.
const rows = fc.uniqueArray(
  fc.record({
    image: fc.constantFrom("a", "B", "b", "a-b", "ab", "a_b", "é", "Z/z", "a/a", "a/B", "1", "_", "x.y"),
    pulls: fc.option(fc.integer({ min: -1, max: 2 })),
    stars: fc.option(fc.integer({ min: 0, max: 1 })),
    growth: fc.option(fc.integer({ min: -1, max: 1 }))
  }),
  { selector: ({ image }) => image, maxLength: 13 }
)

const fill = (images: ReadonlyArray<{ readonly image: string; readonly growth: number | null }>) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient
    yield* sql`truncate repo_docker, repo_docker_growth restart identity cascade`
    yield* sql`insert into repo_docker (image_name, pulls, stars, last_synced_at, known_since, due_on)
      select image, pulls, stars, now(), current_date, current_date
      from jsonb_to_recordset(${JSON.stringify(images)}::jsonb) x (image text, pulls bigint, stars int)`
    yield* sql`insert into repo_docker_growth (image_name, as_of, days_7, days_30, days_90)
      select image, current_date, growth, growth, growth
      from jsonb_to_recordset(${JSON.stringify(images.filter(({ growth }) => growth !== null))}::jsonb)
        x (image text, growth bigint)`
  })

const everyPage = (order: ImageOrder, limit: number) =>
  Effect.gen(function*() {
    const pages = yield* CensusPages
    const all: Array<ListedImage> = []
    let after = Option.none<ImagePlace>()
    while (true) {
      const page = yield* pages.images({ search: Option.none(), registry: Option.none(), order, after, limit })
      all.push(...page)
      const last = page.at(-1)
      if (last === undefined || page.length < limit) return all
      after = Option.some(placeOf(order, last))
    }
  })

for (const database of testDatabases) {
  describe.skipIf(!database.available)(`pages of images, ${database.name}`, () => {
    layer(Layer.provideMerge(CensusPagesSql.layer, database.migrated), { timeout: 60_000 })((it) => {
      it.effect("hold every image once, in the same order for every size of a page", () =>
        Effect.gen(function*() {
          const context = yield* Effect.context<CensusPages | SqlClient>()
          yield* Effect.promise(() =>
            fc.assert(
              fc.asyncProperty(
                rows,
                fc.constantFrom(...orders),
                fc.integer({ min: 1, max: 5 }),
                (images, order, limit) =>
                  Effect.runPromise(Effect.provide(
                    Effect.gen(function*() {
                      yield* fill(images)
                      const whole = yield* everyPage(order, 200)
                      const paged = yield* everyPage(order, limit)
                      const names = paged.map(({ image }) => image)
                      assert.deepStrictEqual(names, whole.map(({ image }) => image))
                      assert.sameMembers(names, images.map(({ image }) => image))
                      assert.strictEqual(names.length, images.length)
                      // Numbers fall, and those without one are last.
                      const numbers = order === "name"
                        ? []
                        : paged.map((row) => Option.getOrNull(placeOf(order, row).value))
                      const known = numbers.filter((number) => number !== null)
                      assert.deepStrictEqual(numbers.slice(0, known.length), known)
                      known.forEach((number, n) => assert.isTrue(n === 0 || number <= (known[n - 1] ?? number)))
                    }),
                    context
                  ))
              ),
              { numRuns: 60 }
            )
          )
        }))
    })
  })
}
