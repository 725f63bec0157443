/** The environment: whatever stands in it, it is read or refused with a line that shows no secret. */
import { ConfigProvider, Effect, Either, FastCheck as fc } from "effect"
import { secretNames } from "../../../src/programs/settings/definitions.js"
import { check as checkEach, read, settingsTable } from "../../../src/programs/settings/Settings.js"
import { must, target } from "../Target.js"
import { anyText, editedOf } from "../texts.js"

const secret = "s3cr3tThatNobodyMaySee"

const names = settingsTable().map(({ name }) => name).filter((name) => /^[A-Z][A-Z0-9_]*$/.test(name))
const secrets = new Set(secretNames)

const good = [
  "true",
  "12",
  "3.5",
  "30s",
  "docker.io,ghcr.io",
  "ghcr.io=me:pass registry.example=you:word",
  "docker.io=http://127.0.0.1:5000",
  "https://api.example.org/v3",
  "postgres://me:pass@localhost/census",
  "write:0123456789abcdef",
  "debug",
  "23",
  "nginx,acme/app",
  "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----"
]

const value = fc.oneof({ weight: 2, arbitrary: editedOf(good, 3) }, anyText)

/** Settings as people and their tools write them. */
export const settings = target({
  name: "settings",
  about: "environments with anything in any setting: read, or one line that says what is wrong and no secret",
  brief: 150,
  input: () =>
    fc.array(
      fc.tuple(fc.constantFrom(...names), value, fc.constantFrom("before", "behind", "alone")),
      { minLength: 1, maxLength: 5 }
    ),
  check: Effect.succeed((entries: ReadonlyArray<readonly [string, string, string]>) => {
    const environment = new Map(
      entries.map(([name, value, where]) => [
        name,
        !secrets.has(name) ? value : where === "before" ? secret + value : where === "behind" ? value + secret : secret
      ])
    )
    return Effect.gen(function*() {
      const result = yield* Effect.either(read)
      if (Either.isLeft(result)) must(!String(result.left.message).includes(secret), result.left.message)
      const each = JSON.stringify(yield* checkEach)
      must(!each.includes(secret), `a secret is shown: ${each}`)
      if (Either.isRight(result)) must(!JSON.stringify(result.right).includes(secret), "a secret is not redacted")
    }).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(environment)))
  })
})
