/**
 * compose.yaml, as far as it can be checked where no Docker daemon is: what depends on what, who is healthy when, and
 * that no secret stands in it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Record, Schema } from "effect"
import { textOf, yamlOf } from "./files.js"

const Words = Schema.Array(Schema.String)

const Service = Schema.Struct({
  image: Schema.String,
  build: Schema.optional(Schema.String),
  command: Schema.optional(Words),
  environment: Schema.Record({ key: Schema.String, value: Schema.String }),
  ports: Schema.optional(Words),
  read_only: Schema.optional(Schema.Boolean),
  cap_drop: Schema.optional(Words),
  depends_on: Schema.optional(
    Schema.Record({ key: Schema.String, value: Schema.Struct({ condition: Schema.Literal("service_healthy") }) })
  ),
  healthcheck: Schema.Struct({ test: Words, interval: Schema.String, timeout: Schema.String, retries: Schema.Number })
})

const compose = yamlOf(
  "compose.yaml",
  Schema.Struct({
    services: Schema.Record({ key: Schema.String, value: Service }),
    volumes: Schema.Record({ key: Schema.String, value: Schema.Unknown })
  })
)

const own = Object.entries(compose.services).filter(([, { build }]) => build !== undefined)

describe("compose.yaml", () => {
  it("runs Postgres, the daemon and the dashboard, each with a health check", () => {
    assert.deepStrictEqual(Record.keys(compose.services).toSorted(), ["daemon", "dashboard", "postgres"])
  })

  it("starts the program only with a healthy database, without rights, on a file system that is not written", () => {
    for (const [name, service] of own) {
      assert.property(service.depends_on, "postgres", name)
      assert.deepStrictEqual(service.cap_drop, ["ALL"], name)
      assert.isTrue(service.read_only, name)
    }
  })

  it("holds the image of others by its tag and its digest, and says how to renew it", () => {
    const others = Object.values(compose.services).filter(({ build }) => build === undefined)
    assert.isNotEmpty(others)
    for (const { image } of others) assert.match(image, /^[a-z]+:\d+\.\d+-[a-z]+@sha256:[0-9a-f]{64}$/)
    assert.match(textOf("compose.yaml"), /# .*image-census digest postgres:/)
  })

  it("takes every secret from outside, and says so where a needed one is missing", () => {
    for (const [name, { environment }] of Object.entries(compose.services)) {
      for (const [key, value] of Object.entries(environment)) {
        if (!/TOKEN|PASSWORD|KEY|DATABASE_URL/.test(key)) continue
        assert.match(value, /\$\{[A-Z_]+:[?-]/, `${name}: ${key}`)
      }
    }
    for (const [name, { environment }] of own) {
      assert.match(environment["IMAGE_CENSUS_API_TOKENS"] ?? "", /:\?/, name)
    }
  })

  it("lets the dashboard ask GitHub and Docker Hub as the daemon does, in one turn with it", () => {
    const { daemon, dashboard } = compose.services
    assert.deepStrictEqual(dashboard?.environment, daemon?.environment)
    const names = ["GITHUB_TOKEN", "GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "DOCKERHUB_USERNAME", "DOCKERHUB_TOKEN"]
    assert.includeMembers(Record.keys(dashboard?.environment ?? {}), [...names, "IMAGE_CENSUS_EGRESS"])
  })

  it("publishes the dashboard to this machine only", () => {
    const ports = Object.values(compose.services).flatMap(({ ports = [] }) => ports)
    assert.isNotEmpty(ports)
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/)
  })
})
