import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const built = fileURLToPath(new URL("../../dist/", import.meta.url))

it.effect("the built program loads single modules, not whole packages: that is a fifth of its memory", () =>
  Effect.sync(() => {
    const files = readdirSync(built, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"))
    const whole = files.filter((name) =>
      /from "(?:effect|@effect\/(?:platform|platform-node|sql|sql-pg|experimental))";/.test(
        readFileSync(`${built}${name}`, "utf8")
      )
    )
    assert.isAbove(files.length, 100)
    assert.deepStrictEqual(whole, [])
  }))
