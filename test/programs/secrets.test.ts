/**
 * Secrets are planted in every place where a person may put one, the services repeat what they are sent, and everything
 * that leaves the program is searched.
 */
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Config, Effect, Layer, Option } from "effect"
import { createHash, generateKeyPairSync } from "node:crypto"
import * as Database from "../../src/layers/store/Database.js"
import { definitions } from "../../src/programs/settings/definitions.js"
import { testProcess } from "../support/databases.js"
import { startEchoes } from "../support/echoes.js"
import { runProgram, startProgram, temporaryFolder } from "../support/program.js"

const patience = 1_200_000

/** A secret by which to know the place that it was planted in. */
const mark = (place: string): string =>
  `Pl4nt-${place}-${createHash("sha256").update(place).digest("hex").slice(0, 12)}`

const base64 = (text: string): string => Buffer.from(text).toString("base64")

const pem = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" })
  .toString()

const user = "planter"

/** Every setting that is a secret: its value, and what of it must never be seen. A new one has to be added here. */
const planted = (
  host: string
): Readonly<Record<string, { readonly value: string; readonly secrets: ReadonlyArray<string> }>> => {
  const plain = (name: string) => ({ value: mark(name), secrets: [mark(name)] })
  const paired = (name: string, value: (secret: string) => string) => ({
    value: value(mark(name)),
    secrets: [mark(name), `${user}:${mark(name)}`]
  })
  return {
    GITHUB_TOKEN: plain("GITHUB_TOKEN"),
    GITHUB_TOKENS: { value: `${mark("one")},${mark("other")}`, secrets: [mark("one"), mark("other")] },
    GITHUB_APP_PRIVATE_KEY: { value: pem, secrets: pem.split("\n").filter((line) => line.length === 64) },
    DOCKERHUB_TOKEN: {
      value: mark("DOCKERHUB_TOKEN"),
      secrets: [mark("DOCKERHUB_TOKEN"), `hub:${mark("DOCKERHUB_TOKEN")}`]
    },
    REGISTRY_AUTHS: paired("REGISTRY_AUTHS", (secret) => `${host}=${user}:${secret}`),
    GHCR_TOKEN: { value: mark("GHCR_TOKEN"), secrets: [mark("GHCR_TOKEN"), `gh:${mark("GHCR_TOKEN")}`] },
    WATCH_WEBHOOK_SECRET: plain("WATCH_WEBHOOK_SECRET"),
    DATABASE_URL: paired("DATABASE_URL", (secret) => `postgres://${user}:${secret}@127.0.0.1:1/census`),
    IMAGE_CENSUS_API_TOKENS: {
      value: `read:${createHash("sha256").update("a").digest("hex")}`,
      secrets: [createHash("sha256").update("a").digest("hex")]
    },
    HTTPS_PROXY: paired("HTTPS_PROXY", (secret) => `http://${user}:${secret}@${host}`),
    HTTP_PROXY: paired("HTTP_PROXY", (secret) => `http://${user}:${secret}@${host}`)
  }
}

/** Places besides the settings. */
const others = {
  config: mark("docker-config"),
  helper: mark("helper"),
  hookUser: mark("hook-user"),
  hookPath: mark("hook-path"),
  hookQuery: mark("hook-query"),
  argument: mark("argument"),
  typo: mark("typo")
}

const formsOf = (
  secret: string
): ReadonlyArray<string> => [secret, encodeURIComponent(secret), base64(secret).replace(/=+$/, "")]

/** Which planted secrets a text holds. */
const found = (text: string, secrets: ReadonlyArray<string>): ReadonlyArray<string> =>
  secrets.filter((secret) => formsOf(secret).some((form) => text.includes(form)))

/** Runs a command; a sync would wait until the services are good again. */
const runFor = (environment: Readonly<Record<string, string>>, line: ReadonlyArray<string>) =>
  Effect.scoped(Effect.gen(function*() {
    const running = yield* startProgram({ environment }, ...line)
    yield* Effect.forkScoped(Effect.delay(running.signal("SIGTERM"), line[0] === "sync" ? "10 seconds" : "1 minute"))
    return yield* running.ended
  }))

const rowsAsText = (dataDir: string) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient
    const tables = yield* sql<{ readonly name: string }>`
      select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`
    const texts = yield* Effect.forEach(
      tables,
      ({ name }) =>
        Effect.map(
          // The actions of watches are where their secrets are stored.
          sql<{ readonly row: string }>`select (to_jsonb(t) - 'actions')::text as row from ${sql(name)} t`,
          (rows) => rows.map(({ row }) => `${name} ${row}`)
        )
    )
    return texts.flat()
  }).pipe(
    Effect.provide(Database.layer({ url: Option.none(), dataDir, process: testProcess })),
    Effect.provide(NodeContext.layer)
  )

describe("a secret", () => {
  it("is planted for every setting that is one", () => {
    const secret = Object.values(definitions).filter(({ secret }) => secret).map(({ name }) => name)
    assert.deepStrictEqual(Object.keys(planted("host")).toSorted(), secret.toSorted())
  })

  it.scopedLive(
    "is in nothing that the program prints, traces, locks or tells the database",
    () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* temporaryFolder
        const dataDir = `${folder}/data`
        const echoes = yield* startEchoes
        const { host } = echoes
        const plants = planted(host)
        const secrets = [...Object.values(plants).flatMap(({ secrets }) => secrets), ...Object.values(others)]

        yield* fs.makeDirectory(`${folder}/docker`)
        yield* fs.writeFileString(
          `${folder}/docker/config.json`,
          JSON.stringify({
            auths: { "quay.io": { auth: base64(`${user}:${others.config}`) } },
            credHelpers: { "helped.example": "planted" }
          })
        )
        const helper = `${folder}/docker-credential-planted`
        yield* fs.writeFileString(
          helper,
          `#!/bin/sh\nenv > ${folder}/helper.env\necho '{"Username":"${user}","Secret":"${others.helper}"}'\n`,
          { mode: 0o755 }
        )
        const path = yield* Effect.orDie(Config.string("PATH"))
        const { DATABASE_URL: database, ...settings } = Object.fromEntries(
          Object.entries(plants).map(([name, { value }]) => [name, value])
        )
        const environment = {
          ...settings,
          PATH: `${folder}:${path}`,
          DOCKER_CONFIG: `${folder}/docker`,
          GITHUB_API_URL: `http://${host}`,
          GITHUB_APP_ID: "12345",
          DOCKERHUB_API_BASE_URL: `http://${host}/v2`,
          DOCKERHUB_USERNAME: "hub",
          QUAY_API_BASE_URL: `http://${host}/api/v1`,
          GHCR_USER: "gh",
          REGISTRY_ENDPOINTS: ["docker.io", "ghcr.io", "quay.io", "helped.example"].map((name) =>
            // Another name of this machine: what is set for the first is sent there first.
            `${name}=http://${host.replace("127.0.0.1", "localhost")}`
          )
            .join(","),
          REGISTRY_MAX_WAIT_SEC: "1",
          IMAGE_CENSUS_DATA_DIR: dataDir,
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://${host}`,
          NO_PROXY: "127.0.0.1,localhost",
          LOG_LEVEL: "debug"
        }
        const hook = `http://${user}:${others.hookUser}@${host}/hooks/${others.hookPath}?token=${others.hookQuery}`
        const printing = JSON.stringify([
          process.execPath,
          "-e",
          `require("fs").writeFileSync("${folder}/command.env", JSON.stringify(process.env)); console.log(process.argv.join(" ")); process.exit(1)`,
          others.argument,
          `--key=${others.argument}`
        ])
        const image = `${host}/acme/app:1`
        const lines: ReadonlyArray<ReadonlyArray<string>> = [
          ["doctor"],
          ["repos", "add", "acme/app"],
          ["digest", image],
          ["inspect", "ghcr.io/acme/app:1"],
          ["tags", "quay.io/acme/app"],
          ["digest", "helped.example/acme/app:1"],
          ["digest", "proxied.example/acme/app:1"],
          ["updates", "nginx:1.27"],
          [
            "watch",
            "add",
            image,
            "--on",
            `webhook:${hook}`,
            "--on",
            `command:${printing}`,
            "--allow-private",
            "--json"
          ],
          ["watch", "add", "nginx:1", "--on", `command:deploy ${others.typo} | tee`],
          ["watch", "fire", image],
          ["watch", "run", "--once"],
          ["watch", "list"],
          ["watch", "list", "--json"],
          ["watch", "events", "--json"],
          ["sync", "--once"],
          ["status", "--json"]
        ]
        const leaks: Array<string> = []
        const look = (place: string, text: string): void => {
          for (const secret of found(text, secrets)) leaks.push(`${place}: ${secret}`)
        }
        const said = new Map<string, string>()
        for (const line of lines) {
          const { stderr, stdout } = yield* runFor(environment, line)
          const name = line.slice(0, 2).join(" ")
          said.set(name, `${said.get(name) ?? ""}${stdout}${stderr}`)
          look(name, `${stdout}\n${stderr}`)
        }
        const away = yield* runProgram({ environment: { ...environment, DATABASE_URL: database ?? "" } }, "status")
        look("a database that is away", `${away.stdout}\n${away.stderr}`)

        for (const name of (yield* fs.readDirectory(dataDir)).filter((name) => name.startsWith("lock."))) {
          const lock = yield* fs.readFileString(`${dataDir}/${name}`)
          look(name, lock)
          assert.match(lock, /"command":"image-census status"/)
        }
        for (const row of yield* rowsAsText(dataDir)) look("database", row)
        for (const trace of echoes.traces) look("traces", trace)

        assert.deepStrictEqual([...new Set(leaks)], [])
        // They were where they belong, and the services did repeat them.
        assert.isAbove(echoes.traces.length, 0)
        const sent = echoes.received.join("\n")
        for (const name of ["GITHUB_TOKEN", "DOCKERHUB_TOKEN", "REGISTRY_AUTHS", "GHCR_TOKEN"]) {
          assert.include(sent, mark(name), name)
        }
        for (const other of [others.config, others.helper, others.hookUser, others.hookPath, others.hookQuery]) {
          assert.include(sent, other)
        }
        assert.include(said.get("watch list") ?? "", `http://${host}/…`)
        assert.include(said.get("watch events") ?? "", "HTTP 500")
        // Programs that are started get none of ours but the proxies', without which they may reach nothing.
        const kept = [...plants["HTTPS_PROXY"]?.secrets ?? [], ...plants["HTTP_PROXY"]?.secrets ?? []]
        for (const name of ["helper.env", "command.env"]) {
          const held = found(yield* fs.readFileString(`${folder}/${name}`), secrets)
          assert.deepStrictEqual(held.filter((secret) => !kept.includes(secret)), [], name)
        }
      }).pipe(Effect.provide(Layer.fresh(NodeContext.layer))),
    patience
  )
})
