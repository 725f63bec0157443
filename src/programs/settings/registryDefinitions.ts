/**
 * The settings of registries, in the order of the README's table.
 */
import { Duration, Either } from "effect"
import * as Read from "./readers.js"
import * as ReadRegistry from "./registryReaders.js"
import { optional, withDefault } from "./Setting.js"

export const registryDefinitions = {
  registryAuths: optional("REGISTRY_AUTHS", {
    type: "list of secrets",
    doc:
      "Credentials of registries, first of all sources: `host=user:secret`, blanks between them; `%2C` is a comma in one.",
    secret: true
  }, ReadRegistry.registryAuths),
  ghcrUser: optional("GHCR_USER", {
    type: "text",
    doc: "The user for ghcr.io."
  }, Read.name),
  ghcrToken: optional("GHCR_TOKEN", {
    type: "secret",
    doc: "That user's token with `read:packages`.",
    secret: true
  }, Read.token),
  dockerConfig: optional("DOCKER_CONFIG", {
    type: "folder",
    default: "~/.docker",
    doc: "Where Docker's `config.json` lies; its credentials and credential helpers are used last."
  }, Read.name),
  registryEndpoints: optional("REGISTRY_ENDPOINTS", {
    type: "list of URLs",
    doc:
      "Mirrors for reads, `registry=URL` with commas between them. The registry's own host with `http://` says that " +
      "it is reached without TLS."
  }, ReadRegistry.registryAddresses),
  dockerhubPublicProxy: optional("DOCKERHUB_PUBLIC_PROXY", {
    type: "URL",
    doc: "A mirror for reads of docker.io, where `REGISTRY_ENDPOINTS` names none."
  }, ReadRegistry.mirrorUrl),
  registryConcurrency: withDefault("REGISTRY_CONCURRENCY", {
    type: "whole number",
    unit: "requests",
    default: "6",
    doc: "Requests in flight to one registry."
  }, Read.wholeNumber({ min: 1, max: 1000 })),
  registryRate: optional("REGISTRY_REQUESTS_PER_SECOND", {
    type: "list of numbers",
    doc: "At most so many requests per second to a registry: `docker.io=5,ghcr.io=10`."
  }, ReadRegistry.rates),
  registryMaxWait: withDefault("REGISTRY_MAX_WAIT_SEC", {
    type: "number",
    unit: "seconds",
    default: "30",
    doc: "How long a command waits for a registry that asks to wait; it ends with that message where it is longer."
  }, (text) => Either.map(Read.number({ min: 0, max: 86_400 })(text), Duration.seconds)),
  quayApiBaseUrl: withDefault("QUAY_API_BASE_URL", {
    type: "URL",
    default: "https://quay.io/api/v1",
    doc: "Quay's own API."
  }, Read.httpUrl),
  verifyPullsPerDay: withDefault("VERIFY_PULLS_PER_DAY", {
    type: "whole number",
    unit: "manifests",
    default: "200",
    doc: "Manifests fetched from each registry in a UTC day to read which repository images name; 0 reads none."
  }, Read.wholeNumber({ min: 0, max: 1_000_000 })),
  cacheDir: optional("IMAGE_CENSUS_CACHE_DIR", {
    type: "folder",
    default: "memory only",
    doc: "Manifests and small blobs are kept below it in `image-census-cache`, for this and later commands."
  }, Read.name)
} as const
