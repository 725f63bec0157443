/**
 * Every setting of the program, in the order of the README's table.
 */
import { Duration, Either } from "effect"
import { hostname } from "node:os"
import { readPrivateKey } from "../../layers/github/privateKey.js"
import { catalogDefinitions } from "./catalogDefinitions.js"
import { discoveryDefinitions } from "./discoveryDefinitions.js"
import * as Read from "./readers.js"
import { registryDefinitions } from "./registryDefinitions.js"
import { serverDefinitions } from "./serverDefinitions.js"
import { type Description, optional, type Reader, withDefault } from "./Setting.js"
import { updatesDefinitions } from "./updatesDefinitions.js"
import { watchDefinitions } from "./watchDefinitions.js"

const map = <A, B>(read: Reader<A>, f: (value: A) => B): Reader<B> => (text) => Either.map(read(text), f)

const wholeNumber = (name: string, unit: string, fallback: number, bounds: Read.Bounds, doc: string) =>
  withDefault(name, { type: "whole number", unit, default: String(fallback), doc }, Read.wholeNumber(bounds))

const durations = { hours: Duration.hours, days: Duration.days, seconds: Duration.seconds } as const

const duration = (
  name: string,
  unit: keyof typeof durations,
  fallback: number,
  bounds: Read.Bounds,
  doc: string
) =>
  withDefault(name, { type: "number", unit, default: String(fallback), doc }, map(Read.number(bounds), durations[unit]))

const secret = (doc: string, more: Partial<Description> = {}): Description => ({
  type: "secret",
  doc,
  secret: true,
  ...more
})

export const definitions = {
  githubApiUrl: withDefault("GITHUB_API_URL", {
    type: "URL",
    default: "https://api.github.com",
    doc: "GitHub's API; GraphQL is at `/graphql` below it."
  }, Read.httpUrl),
  githubToken: optional("GITHUB_TOKEN", secret("A personal access token. Public read access is enough."), Read.token),
  githubTokens: optional(
    "GITHUB_TOKENS",
    secret("More personal access tokens, with commas between them; each has a budget of its own.", {
      type: "list of secrets"
    }),
    Read.tokens
  ),
  githubAppId: optional("GITHUB_APP_ID", { type: "number", doc: "A GitHub App's id (or client id)." }, Read.appId),
  githubAppPrivateKey: optional(
    "GITHUB_APP_PRIVATE_KEY",
    secret("The App's private key: PEM, or base64 of PEM."),
    readPrivateKey
  ),
  githubAppInstallationIds: optional("GITHUB_APP_INSTALLATION_IDS", {
    type: "list of numbers",
    default: "all",
    doc: "Which installations of the App to use."
  }, Read.ids),
  githubBatchSize: wholeNumber(
    "GITHUB_BATCH_SIZE",
    "repositories",
    100,
    { min: 1, max: 500 },
    "Repositories asked for in one GraphQL request."
  ),
  dockerhubApiBaseUrl: withDefault("DOCKERHUB_API_BASE_URL", {
    type: "URL",
    default: "https://hub.docker.com/v2",
    doc: "Docker Hub's API."
  }, Read.httpUrl),
  dockerhubUsername: optional("DOCKERHUB_USERNAME", {
    type: "text",
    doc: "A Docker Hub account; logging in lets namespaces with more than 100 repositories be listed."
  }, Read.name),
  dockerhubToken: optional("DOCKERHUB_TOKEN", secret("That account's access token or password."), Read.token),
  dockerhubBatchSize: wholeNumber(
    "DOCKERHUB_BATCH_SIZE",
    "rows",
    100,
    { min: 1, max: 10_000 },
    "Rows claimed from the database at a time."
  ),
  dockerhubRefreshInterval: duration(
    "DOCKERHUB_REFRESH_INTERVAL_HOURS",
    "hours",
    24,
    { min: 0.01, max: 24 },
    "How long a snapshot stays fresh. At 24, an image is due once for every UTC day."
  ),
  dockerhubDiscoveryInterval: duration(
    "DOCKERHUB_DISCOVERY_INTERVAL_DAYS",
    "days",
    14,
    { min: 0.001, max: 3650 },
    "How long until a repository is checked again."
  ),
  dockerhubIdleSleep: duration(
    "DOCKERHUB_IDLE_SLEEP_SEC",
    "seconds",
    60,
    { min: 0.1, max: 86_400 },
    "How long to wait before looking again when nothing is due."
  ),
  ...discoveryDefinitions,
  ...registryDefinitions,
  ...watchDefinitions,
  ...catalogDefinitions,
  ...updatesDefinitions,
  lease: duration(
    "IMAGE_CENSUS_LEASE_SEC",
    "seconds",
    600,
    { min: 1, max: 86_400 },
    "How long claimed rows stay claimed when their process has died."
  ),
  databaseUrl: optional(
    "DATABASE_URL",
    secret("Postgres 14 or newer. Unset: an embedded one in the data folder.", {
      type: "secret URL"
    }),
    Read.databaseUrl
  ),
  dataDir: withDefault("IMAGE_CENSUS_DATA_DIR", {
    type: "folder",
    default: ".image-census",
    doc: "Where the embedded Postgres lives; `memory:` for one that is gone afterwards."
  }, Read.path),
  egress: withDefault("IMAGE_CENSUS_EGRESS", {
    type: "text",
    default: hostname(),
    doc: "Name of the address from which Docker Hub is reached; processes with the same name share its turn and park."
  }, Read.name),
  ...serverDefinitions,
  httpsProxy: optional(
    "HTTPS_PROXY",
    secret("Proxy for https addresses.", { type: "URL", alias: "https_proxy" }),
    Read.proxyUrl
  ),
  httpProxy: optional(
    "HTTP_PROXY",
    secret("Proxy for http addresses, and for https ones where HTTPS_PROXY is not set.", {
      type: "URL",
      alias: "http_proxy"
    }),
    Read.proxyUrl
  ),
  noProxy: optional("NO_PROXY", {
    type: "list of hosts",
    doc: "Hosts that are reached without the proxy, with commas between them.",
    alias: "no_proxy"
  }, Read.hosts),
  logLevel: withDefault("LOG_LEVEL", {
    type: "trace, debug, info, warning, error, fatal or none",
    default: "info",
    doc: "What is logged, on standard error."
  }, Read.logLevel),
  logFormat: withDefault("LOG_FORMAT", {
    type: "pretty, logfmt or json",
    default: "pretty",
    doc: "How it is logged."
  }, Read.choice("pretty", "logfmt", "json"))
} as const

/** Names of the settings that no other program is to get. Those of proxies it may need. */
export const secretNames: ReadonlyArray<string> = Object.values(definitions)
  .filter(({ name, secret }) => secret && name !== "HTTPS_PROXY" && name !== "HTTP_PROXY")
  .map(({ name }) => name)
