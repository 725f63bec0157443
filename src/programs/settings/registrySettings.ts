/**
 * What is set about registries, with the order of credentials decided.
 */
import { Config, type Duration, Option, type Redacted } from "effect"
import { registryDefinitions } from "./registryDefinitions.js"
import type { RegistryAddress, RegistryAuth } from "./registryReaders.js"

/** The credentials and the ways of registries. */
export interface RegistrySettings {
  /** Those of the environment; of several for a registry the first one counts. */
  readonly auths: ReadonlyArray<RegistryAuth & { readonly setting: string }>
  /** None: Docker's usual one. */
  readonly dockerConfig: Option.Option<string>
  readonly endpoints: ReadonlyArray<RegistryAddress>
  readonly concurrency: number
  readonly requestsPerSecond: Readonly<Record<string, number>>
  readonly maxWait: Duration.Duration
  readonly cacheDir: Option.Option<string>
  readonly quayApiBaseUrl: string
  /** Manifests a day from each registry; 0 for none. */
  readonly verifyPullsPerDay: number
}

const dockerHub = "docker.io"

/** The settings that stand for themselves. */
export const registrySettings: Config.Config<RegistrySettings> = Config.all({
  auths: registryDefinitions.registryAuths.config,
  dockerConfig: registryDefinitions.dockerConfig.config,
  endpoints: registryDefinitions.registryEndpoints.config,
  proxy: registryDefinitions.dockerhubPublicProxy.config,
  concurrency: registryDefinitions.registryConcurrency.config,
  rate: registryDefinitions.registryRate.config,
  maxWait: registryDefinitions.registryMaxWait.config,
  cacheDir: registryDefinitions.cacheDir.config,
  quayApiBaseUrl: registryDefinitions.quayApiBaseUrl.config,
  verifyPullsPerDay: registryDefinitions.verifyPullsPerDay.config
}).pipe(Config.map(({ auths, endpoints, proxy, rate, ...settings }) => ({
  auths: Option.getOrElse(auths, () => []).map((auth) => ({ ...auth, setting: "REGISTRY_AUTHS" })),
  ...settings,
  // The first one for a registry counts.
  endpoints: [
    ...Option.getOrElse(endpoints, () => []),
    ...Option.toArray(Option.map(proxy, (address) => ({ registry: dockerHub, address })))
  ],
  requestsPerSecond: Option.getOrElse(rate, () => ({}))
})))

/** The settings with a login of its own for a registry, behind those that are there. */
export const withLogin = (
  settings: RegistrySettings,
  registry: string,
  setting: string,
  login: Option.Option<readonly [username: string, secret: Redacted.Redacted]>
): RegistrySettings => ({
  ...settings,
  auths: [
    ...settings.auths,
    ...Option.toArray(Option.map(login, ([username, secret]) => ({ registry, username, secret, setting })))
  ]
})
