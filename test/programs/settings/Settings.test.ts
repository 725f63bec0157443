import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, Either, LogLevel, Option, Redacted } from "effect"
import { generateKeyPairSync } from "node:crypto"
import { read, settingsTable } from "../../../src/programs/settings/Settings.js"

const readFrom = (environment: Readonly<Record<string, string>>) =>
  read.pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment)))))

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 })
const pkcs1 = rsa.privateKey.export({ type: "pkcs1", format: "pem" }).toString()
const pkcs8 = rsa.privateKey.export({ type: "pkcs8", format: "pem" }).toString()
const elliptic = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
  .export({ type: "pkcs8", format: "pem" }).toString()

const secret = "s3cr3t-that-nobody-may-see"

/** A wrong value, the setting that the line names, and a word of what would be right. */
const wrongValues: ReadonlyArray<readonly [Readonly<Record<string, string>>, string, RegExp]> = [
  [{ GITHUB_API_URL: "api.github.com" }, "GITHUB_API_URL", /http/],
  [{ GITHUB_API_URL: "ftp://api.github.com" }, "GITHUB_API_URL", /http/],
  [{ GITHUB_API_URL: `https://me:${secret}@api.github.com` }, "GITHUB_API_URL", /credentials/],
  [{ GITHUB_API_URL: `me:${secret}@api.github.com` }, "GITHUB_API_URL", /http/],
  [{ DISCOVERY_REGISTRIES: "dockerhub" }, "DISCOVERY_REGISTRIES", /docker\.io,ghcr\.io/],
  [{ DISCOVERY_WORKFLOWS: "sometimes" }, "DISCOVERY_WORKFLOWS", /true, false/],
  [{ IMAGE_CENSUS_API_TOKENS: `write:${secret}` }, "IMAGE_CENSUS_API_TOKENS", /entry 1 .*token new/],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" }, "OTEL_EXPORTER_OTLP_ENDPOINT", /http/],
  [{ IMAGE_CENSUS_KEEP_PULLS_DAYS: "7" }, "IMAGE_CENSUS_KEEP_PULLS_DAYS", /120/],
  [{ IMAGE_CENSUS_KEEP_TAG_HISTORY_DAYS: "0" }, "IMAGE_CENSUS_KEEP_TAG_HISTORY_DAYS", /1/],
  [{ IMAGE_CENSUS_KEEP_EVENTS_DAYS: "0" }, "IMAGE_CENSUS_KEEP_EVENTS_DAYS", /1/],
  [{ IMAGE_CENSUS_API_ORIGINS: "dashboard.example.org" }, "IMAGE_CENSUS_API_ORIGINS", /https:/],
  [{ IMAGE_CENSUS_OPEN_BADGES: "some" }, "IMAGE_CENSUS_OPEN_BADGES", /neither true nor false/],
  [{ GITHUB_TOKEN: `${secret} ${secret}` }, "GITHUB_TOKEN", /token alone/],
  [{ GITHUB_TOKEN: `${secret}ü` }, "GITHUB_TOKEN", /token alone/],
  [{ GITHUB_TOKENS: `abc,${secret}\u0007` }, "GITHUB_TOKENS", /token alone/],
  [{ GITHUB_APP_ID: "my-app", GITHUB_APP_PRIVATE_KEY: pkcs8 }, "GITHUB_APP_ID", /number/],
  [{ GITHUB_APP_ID: "-5", GITHUB_APP_PRIVATE_KEY: pkcs8 }, "GITHUB_APP_ID", /number/],
  [{ GITHUB_APP_ID: "5" }, "GITHUB_APP_PRIVATE_KEY", /missing/],
  [{ GITHUB_APP_PRIVATE_KEY: pkcs8 }, "GITHUB_APP_ID", /missing/],
  [{ GITHUB_APP_ID: "5", GITHUB_APP_PRIVATE_KEY: secret }, "GITHUB_APP_PRIVATE_KEY", /PEM/],
  [{ GITHUB_APP_ID: "5", GITHUB_APP_PRIVATE_KEY: elliptic }, "GITHUB_APP_PRIVATE_KEY", /RSA/],
  [
    {
      GITHUB_APP_ID: "5",
      GITHUB_APP_PRIVATE_KEY: `-----BEGIN RSA PRIVATE KEY-----\n${secret}\n-----END RSA PRIVATE KEY-----`
    },
    "GITHUB_APP_PRIVATE_KEY",
    /no private key/
  ],
  [
    { GITHUB_APP_ID: "5", GITHUB_APP_PRIVATE_KEY: pkcs8, GITHUB_APP_INSTALLATION_IDS: "1,two" },
    "GITHUB_APP_INSTALLATION_IDS",
    /"two"/
  ],
  [
    { GITHUB_APP_ID: "5", GITHUB_APP_PRIVATE_KEY: pkcs8, GITHUB_APP_INSTALLATION_IDS: "0" },
    "GITHUB_APP_INSTALLATION_IDS",
    /"0"/
  ],
  [{ GITHUB_APP_INSTALLATION_IDS: "12" }, "GITHUB_APP_ID", /missing/],
  [{ GITHUB_BATCH_SIZE: "many" }, "GITHUB_BATCH_SIZE", /whole number/],
  [{ GITHUB_BATCH_SIZE: "0" }, "GITHUB_BATCH_SIZE", /from 1/],
  [{ GITHUB_BATCH_SIZE: "-1" }, "GITHUB_BATCH_SIZE", /from 1/],
  [{ GITHUB_BATCH_SIZE: "1.5" }, "GITHUB_BATCH_SIZE", /whole number/],
  [{ GITHUB_BATCH_SIZE: "100000" }, "GITHUB_BATCH_SIZE", /to 500/],
  [{ DOCKERHUB_API_BASE_URL: "hub" }, "DOCKERHUB_API_BASE_URL", /http/],
  [{ DOCKERHUB_USERNAME: "me" }, "DOCKERHUB_TOKEN", /missing/],
  [{ DOCKERHUB_TOKEN: secret }, "DOCKERHUB_USERNAME", /missing/],
  [{ DOCKERHUB_USERNAME: "me", DOCKERHUB_TOKEN: `${secret}\t${secret}` }, "DOCKERHUB_TOKEN", /token alone/],
  [{ DOCKERHUB_USERNAME: "m\u0000e", DOCKERHUB_TOKEN: secret }, "DOCKERHUB_USERNAME", /one line/],
  [{ DOCKERHUB_BATCH_SIZE: "1e3" }, "DOCKERHUB_BATCH_SIZE", /whole number/],
  [{ DOCKERHUB_BATCH_SIZE: "-100" }, "DOCKERHUB_BATCH_SIZE", /from 1/],
  [{ DOCKERHUB_REFRESH_INTERVAL_HOURS: "25" }, "DOCKERHUB_REFRESH_INTERVAL_HOURS", /to 24/],
  [{ DOCKERHUB_REFRESH_INTERVAL_HOURS: "-24" }, "DOCKERHUB_REFRESH_INTERVAL_HOURS", /from 0/],
  [{ DOCKERHUB_REFRESH_INTERVAL_HOURS: "0" }, "DOCKERHUB_REFRESH_INTERVAL_HOURS", /from 0/],
  [{ DOCKERHUB_REFRESH_INTERVAL_HOURS: "daily" }, "DOCKERHUB_REFRESH_INTERVAL_HOURS", /not a number/],
  [{ DOCKERHUB_DISCOVERY_INTERVAL_DAYS: "NaN" }, "DOCKERHUB_DISCOVERY_INTERVAL_DAYS", /not a number/],
  [{ DOCKERHUB_DISCOVERY_INTERVAL_DAYS: "-14" }, "DOCKERHUB_DISCOVERY_INTERVAL_DAYS", /too small/],
  [{ DOCKERHUB_IDLE_SLEEP_SEC: "Infinity" }, "DOCKERHUB_IDLE_SLEEP_SEC", /not a number/],
  [{ DOCKERHUB_IDLE_SLEEP_SEC: "-60" }, "DOCKERHUB_IDLE_SLEEP_SEC", /too small/],
  [{ REGISTRY_AUTHS: secret }, "REGISTRY_AUTHS", /host=user:secret/],
  [{ REGISTRY_AUTHS: `quay.io=me:x ghcr.io=${secret}` }, "REGISTRY_AUTHS", /host=user:secret/],
  [{ REGISTRY_AUTHS: `https://quay.io=me:${secret}` }, "REGISTRY_AUTHS", /host=user:secret/],
  [
    { REGISTRY_AUTHS: `quay.io=me:x,ghcr.io=you:${secret}` },
    "REGISTRY_AUTHS",
    /holds a comma.*blanks between entries.*%2C/
  ],
  [{ REGISTRY_AUTHS: `quay.io=me:${secret},x` }, "REGISTRY_AUTHS", /holds a comma/],
  [{ GHCR_TOKEN: secret }, "GHCR_USER", /missing/],
  [{ GHCR_USER: "me" }, "GHCR_TOKEN", /missing/],
  [{ DOCKER_CONFIG: "a\u0000b" }, "DOCKER_CONFIG", /control characters/],
  [{ REGISTRY_ENDPOINTS: "mirror.example" }, "REGISTRY_ENDPOINTS", /registry=URL/],
  [{ REGISTRY_ENDPOINTS: "docker.io=mirror.example" }, "REGISTRY_ENDPOINTS", /http/],
  [{ REGISTRY_ENDPOINTS: `docker.io=https://me:${secret}@mirror.example` }, "REGISTRY_ENDPOINTS", /credentials/],
  [{ DOCKERHUB_PUBLIC_PROXY: "ftp://mirror.example" }, "DOCKERHUB_PUBLIC_PROXY", /http/],
  [{ REGISTRY_CONCURRENCY: "0" }, "REGISTRY_CONCURRENCY", /from 1/],
  [{ REGISTRY_REQUESTS_PER_SECOND: "5" }, "REGISTRY_REQUESTS_PER_SECOND", /registry=NUMBER/],
  [{ REGISTRY_REQUESTS_PER_SECOND: "docker.io=0" }, "REGISTRY_REQUESTS_PER_SECOND", /registry=NUMBER/],
  [{ QUAY_API_BASE_URL: "quay.io" }, "QUAY_API_BASE_URL", /http/],
  [{ VERIFY_PULLS_PER_DAY: "few" }, "VERIFY_PULLS_PER_DAY", /whole number/],
  [{ REGISTRY_MAX_WAIT_SEC: "-1" }, "REGISTRY_MAX_WAIT_SEC", /from 0/],
  [{ UPDATES_HOUR: "24" }, "UPDATES_HOUR", /from 0 to 23/],
  [{ IMAGE_CENSUS_CACHE_DIR: "a\u0000b" }, "IMAGE_CENSUS_CACHE_DIR", /control characters/],
  [{ WATCH_INTERVAL_SEC: "0" }, "WATCH_INTERVAL_SEC", /from 1/],
  [{ WATCH_JITTER_PERCENT: "80" }, "WATCH_JITTER_PERCENT", /from 0 to 50/],
  [{ WATCH_WEBHOOK_SECRET: `${secret} ${secret}` }, "WATCH_WEBHOOK_SECRET", /blanks/],
  [{ WATCH_WEBHOOK_TIMEOUT_SEC: "soon" }, "WATCH_WEBHOOK_TIMEOUT_SEC", /not a number/],
  [{ WATCH_COMMAND_TIMEOUT_SEC: "0" }, "WATCH_COMMAND_TIMEOUT_SEC", /from 1/],
  [{ WATCH_CONCURRENCY: "0" }, "WATCH_CONCURRENCY", /from 1/],
  [{ WATCH_DELIVERY_ATTEMPTS: "many" }, "WATCH_DELIVERY_ATTEMPTS", /whole number/],
  [{ DOCKER_SCRAPER_ENABLED: "perhaps" }, "DOCKER_SCRAPER_ENABLED", /true nor false/],
  [{ DOCKER_SCRAPER_MAX_TAGS: "some" }, "DOCKER_SCRAPER_MAX_TAGS", /or all/],
  [{ DOCKER_SCRAPER_MAX_TAGS: "0" }, "DOCKER_SCRAPER_MAX_TAGS", /from 1/],
  [{ DOCKER_SCRAPER_INTERVAL_H: "0" }, "DOCKER_SCRAPER_INTERVAL_H", /too small/],
  [{ CATALOG_NEW_AS: "hidden" }, "CATALOG_NEW_AS", /published, draft/],
  [{ CATALOG_FROM_LINKS: "maybe" }, "CATALOG_FROM_LINKS", /true nor false/],
  [{ IMAGE_CENSUS_LEASE_SEC: "ten" }, "IMAGE_CENSUS_LEASE_SEC", /not a number/],
  [{ IMAGE_CENSUS_LEASE_SEC: "0" }, "IMAGE_CENSUS_LEASE_SEC", /too small/],
  [{ DATABASE_URL: `mysql://me:${secret}@db/x` }, "DATABASE_URL", /postgresql:\/\//],
  [{ DATABASE_URL: secret }, "DATABASE_URL", /postgresql:\/\//],
  [{ IMAGE_CENSUS_DATA_DIR: "a\u0000b" }, "IMAGE_CENSUS_DATA_DIR", /control characters/],
  [{ IMAGE_CENSUS_EGRESS: "x".repeat(300) }, "IMAGE_CENSUS_EGRESS", /255/],
  [{ HTTPS_PROXY: `socks5://me:${secret}@proxy` }, "HTTPS_PROXY", /HTTP proxy/],
  [{ https_proxy: "http://" }, "HTTPS_PROXY", /HTTP proxy/],
  [{ HTTP_PROXY: "http://a b" }, "HTTP_PROXY", /HTTP proxy/],
  [{ NO_PROXY: "a\u0001" }, "NO_PROXY", /control characters/],
  [{ LOG_LEVEL: "loud" }, "LOG_LEVEL", /debug, info/],
  [{ LOG_FORMAT: "xml" }, "LOG_FORMAT", /pretty, logfmt, json/]
]

describe("Settings", () => {
  it.effect("have the defaults of the table when nothing is set", () =>
    Effect.gen(function*() {
      const settings = yield* readFrom({})
      assert.strictEqual(settings.github.apiUrl, "https://api.github.com")
      assert.strictEqual(settings.github.batchSize, 100)
      assert.isTrue(Option.isNone(settings.github.app))
      assert.deepStrictEqual(settings.github.tokens, [])
      assert.strictEqual(settings.dockerhub.apiBaseUrl, "https://hub.docker.com/v2")
      assert.strictEqual(Duration.toHours(settings.dockerhub.refreshInterval), 24)
      assert.strictEqual(Duration.toDays(settings.dockerhub.discoveryInterval), 14)
      assert.strictEqual(Duration.toSeconds(settings.dockerhub.idleSleep), 60)
      assert.strictEqual(settings.store.dataDir, ".image-census")
      assert.isTrue(Option.isNone(settings.store.databaseUrl))
    }))

  it.effect("count empty and blank as unset", () =>
    Effect.gen(function*() {
      const blank = Object.fromEntries(settingsTable().map(({ name }, index) => [name, index % 2 === 0 ? "" : "  "]))
      assert.deepStrictEqual(yield* readFrom(blank), yield* readFrom({}))
    }))

  it.effect("put the credentials of registries into their order", () =>
    Effect.gen(function*() {
      const { registries } = yield* readFrom({
        REGISTRY_AUTHS: "Quay.IO=me:a=b:c%2C%2c%252C%252c%25\n Index.docker.io=you:x ",
        GHCR_USER: "gh",
        GHCR_TOKEN: "t1",
        DOCKERHUB_USERNAME: "hub",
        DOCKERHUB_TOKEN: "t2",
        REGISTRY_ENDPOINTS: "GHCR.io=http://127.0.0.1:5001,docker.io=https://mirror.example/x/",
        DOCKERHUB_PUBLIC_PROXY: "proxy.example"
      })
      assert.deepStrictEqual(
        registries.auths.map(({ registry, secret, username }) => [registry, username, Redacted.value(secret)]),
        [["quay.io", "me", "a=b:c,,%2C%2c%25"], ["docker.io", "you", "x"], ["ghcr.io", "gh", "t1"], [
          "docker.io",
          "hub",
          "t2"
        ]]
      )
      assert.deepStrictEqual(registries.endpoints.map(({ address, registry }) => [registry, address.href]), [
        ["ghcr.io", "http://127.0.0.1:5001/"],
        ["docker.io", "https://mirror.example/x"],
        ["docker.io", "https://proxy.example/"]
      ])
    }))

  it.effect("take long lists of hosts and deep folders", () =>
    Effect.gen(function*() {
      const NO_PROXY = Array.from({ length: 100 }, (_, index) => `host${index}.example.org`).join(",")
      const IMAGE_CENSUS_DATA_DIR = `/${"folder/".repeat(60)}data`
      const settings = yield* readFrom({ NO_PROXY, IMAGE_CENSUS_DATA_DIR })
      assert.deepStrictEqual(settings.http.noProxy, Option.some(NO_PROXY))
      assert.strictEqual(settings.store.dataDir, IMAGE_CENSUS_DATA_DIR)
    }))

  it.effect("read what is set", () =>
    Effect.gen(function*() {
      const settings = yield* readFrom({
        GITHUB_TOKEN: " one ",
        GITHUB_TOKENS: "two, three\none",
        GITHUB_APP_ID: "Iv1.0123456789abcdef",
        GITHUB_APP_PRIVATE_KEY: Buffer.from(pkcs1).toString("base64"),
        GITHUB_APP_INSTALLATION_IDS: "12, 34",
        DOCKERHUB_API_BASE_URL: "http://127.0.0.1:8080/v2/",
        DOCKERHUB_USERNAME: "me",
        DOCKERHUB_TOKEN: "dckr_pat_x",
        DOCKERHUB_REFRESH_INTERVAL_HOURS: "0.5",
        DATABASE_URL: "postgres://me@localhost/census",
        https_proxy: "proxy.example.org:3128",
        LOG_LEVEL: "WARN",
        LOG_FORMAT: "JSON"
      })
      assert.deepStrictEqual(settings.github.tokens.map(Redacted.value), ["one", "two", "three"])
      const app = Option.getOrThrow(settings.github.app)
      assert.strictEqual(app.id, "Iv1.0123456789abcdef")
      assert.strictEqual(Redacted.value(app.privateKey), pkcs8)
      assert.deepStrictEqual(app.installationIds, Option.some([12, 34]))
      assert.strictEqual(settings.dockerhub.apiBaseUrl, "http://127.0.0.1:8080/v2")
      assert.strictEqual(Redacted.value(Option.getOrThrow(settings.dockerhub.login).token), "dckr_pat_x")
      assert.strictEqual(Duration.toMinutes(settings.dockerhub.refreshInterval), 30)
      assert.strictEqual(
        Redacted.value(Option.getOrThrow(settings.http.httpsProxy)),
        "http://proxy.example.org:3128/"
      )
      assert.strictEqual(settings.log.level, LogLevel.Warning)
      assert.strictEqual(settings.log.format, "json")
    }))

  it.effect("take the App's key as PEM with line breaks, with \\n, and as base64", () =>
    Effect.gen(function*() {
      for (const key of [pkcs1, pkcs8, pkcs8.replaceAll("\n", "\\n"), Buffer.from(pkcs8).toString("base64")]) {
        const { github } = yield* readFrom({ GITHUB_APP_ID: "5", GITHUB_APP_PRIVATE_KEY: key })
        assert.strictEqual(Redacted.value(Option.getOrThrow(github.app).privateKey), pkcs8)
      }
    }))

  it.effect.each(wrongValues)("refuse %o, naming %s", ([environment, name, right]) =>
    Effect.gen(function*() {
      const failure = yield* Effect.flip(readFrom(environment))
      assert.deepStrictEqual(failure.errors.map((error) => error.setting), [name])
      assert.match(failure.message, right)
      assert.strictEqual(failure.message.split("\n").length, 1)
      assert.notInclude(failure.message, secret)
      assert.notInclude(JSON.stringify(failure), secret)
    }))

  it("has a wrong value of every setting above, so that none is forgotten", () => {
    // Of a list of images, wrong entries are named and skipped.
    const tried = new Set([...wrongValues.map(([, name]) => name), "DOCKER_SCRAPER_IMAGES"])
    assert.deepStrictEqual(settingsTable().map(({ name }) => name).filter((name) => !tried.has(name)), [])
  })

  it.effect("tell everything that is wrong at once, a line each", () =>
    Effect.gen(function*() {
      const failure = yield* Effect.flip(readFrom({
        GITHUB_BATCH_SIZE: "x",
        DOCKERHUB_IDLE_SLEEP_SEC: "-1",
        DOCKERHUB_TOKEN: secret,
        DATABASE_URL: secret,
        LOG_FORMAT: "xml"
      }))
      assert.deepStrictEqual(failure.message.split("\n").map((line) => line.split(":")[0]), [
        "GITHUB_BATCH_SIZE",
        "DOCKERHUB_USERNAME",
        "DOCKERHUB_IDLE_SLEEP_SEC",
        "DATABASE_URL",
        "LOG_FORMAT"
      ])
    }))

  it.effect("show no secret when they are printed", () =>
    Effect.gen(function*() {
      const settings = yield* readFrom({
        GITHUB_TOKEN: secret,
        GITHUB_TOKENS: secret,
        DOCKERHUB_USERNAME: "me",
        DOCKERHUB_TOKEN: secret,
        DATABASE_URL: `postgres://me:${secret}@localhost/x`,
        HTTPS_PROXY: `http://me:${secret}@proxy`
      })
      assert.notInclude(JSON.stringify(settings), secret)
      assert.notInclude(String(Either.right(settings)), secret)
    }))
})
