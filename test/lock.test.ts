import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import { readFileSync } from "node:fs"

const Lock = Schema.parseJson(Schema.Struct({
  packages: Schema.Record({
    key: Schema.String,
    value: Schema.Struct({
      resolved: Schema.optional(Schema.Unknown),
      version: Schema.optional(Schema.String),
      integrity: Schema.optional(Schema.String),
      dev: Schema.optional(Schema.Boolean),
      optional: Schema.optional(Schema.Boolean),
      optionalDependencies: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String }))
    })
  })
}))

const textOf = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), "utf8")

const { packages } = Schema.decodeSync(Lock)(textOf("package-lock.json"))
const unfetched = Schema.decodeSync(Schema.parseJson(Schema.Array(Schema.String)))(
  textOf("scripts/unfetched-packages.json")
)

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

it("the lock file holds the SHA-512 of every package, less tools for other platforms that were not to be had", () => {
  const without = Object.entries(packages).filter(([path, { integrity }]) =>
    path !== "" && !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? "")
  )
  const names = without.map(([path, { version }]) => `${path.split("node_modules/").at(-1)}@${version}`)
  assert.deepStrictEqual(names.toSorted(), unfetched.toSorted())
  for (const [path, { dev, optional }] of without) assert.isTrue(dev === true && optional === true, path)
})
