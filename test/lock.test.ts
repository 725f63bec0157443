import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import { readFileSync } from "node:fs"

const Lock = Schema.parseJson(Schema.Struct({
  packages: Schema.Record({
    key: Schema.String,
    value: Schema.Struct({
      resolved: Schema.optional(Schema.Unknown),
      optionalDependencies: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String }))
    })
  })
}))

const { packages } = Schema.decodeSync(Lock)(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"))

it("the lock file serves every platform (npm run lock)", () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) =>
      !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages)
    )
  )
  assert.deepStrictEqual(missing, [])
})

it("the lock file names no registry", () => {
  assert.deepStrictEqual(Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined), [])
})
