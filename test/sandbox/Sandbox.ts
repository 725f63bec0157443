/**
 * The simulated world on loopback ports, for as long as a scope is open.
 */
import { Effect, type Scope } from "effect"
import { control } from "./control.js"
import { defaultAccount } from "./dockerhub/DockerHub.js"
import { serve } from "./service/serve.js"
import { makeSimulation, type Simulation, type SimulationOptions } from "./Simulation.js"

export interface SandboxOptions extends SimulationOptions {
  /** The port of the first service; the others follow. Default 0: any that are free. */
  readonly port?: number
}

export interface RunningSandbox extends Simulation {
  /** The address of every service, by name: `http://127.0.0.1:54321`. */
  readonly addresses: Readonly<Record<string, string>>
  /** Where the counters and switches are. */
  readonly controlUrl: string
  /** The settings that make image-census use this sandbox, with a personal token. */
  readonly environment: Readonly<Record<string, string>>
  /** The same with the App instead of the token; only where the sandbox has an App. */
  readonly appEnvironment: Readonly<Record<string, string>>
}

/** The settings for these services; registries are called by their host. */
const settingsOf = (served: ReadonlyArray<readonly [string, string]>): Readonly<Record<string, string>> => {
  const urls = new Map(served)
  const registries = served.filter(([name]) => name.includes(".")).map(([name, url]) => `${name}=${url}`)
  const quay = urls.get("quay.io")
  return {
    GITHUB_API_URL: urls.get("github") ?? "",
    DOCKERHUB_API_BASE_URL: `${urls.get("dockerhub") ?? ""}/v2`,
    // A sandbox without registries must not lead anybody to the real ones.
    ...(registries.length === 0
      ? { DISCOVERY_REGISTRIES: "docker.io", VERIFY_PULLS_PER_DAY: "0" }
      : { REGISTRY_ENDPOINTS: registries.join(",") }),
    ...(quay === undefined ? {} : { QUAY_API_BASE_URL: `${quay}/api/v1` })
  }
}

const tokenSettings = ([first = "", ...more]: ReadonlyArray<string>): Readonly<Record<string, string>> => ({
  GITHUB_TOKEN: first,
  ...(more.length === 0 ? {} : { GITHUB_TOKENS: more.join(",") })
})

/** Serves a world until the scope closes. */
export const startSandbox = (options: SandboxOptions = {}): Effect.Effect<RunningSandbox, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { port = 0 } = options
    const simulation = yield* makeSimulation(options)
    const portAt = (i: number): number => port === 0 ? 0 : port + i
    const services = Array.from(simulation.services.values())
    const served = yield* Effect.forEach(
      services,
      ({ handle, name }, i) => Effect.map(serve(handle, portAt(i)), ({ url }) => [name, url] as const)
    )
    const { url: controlUrl } = yield* serve(control(simulation), portAt(services.length))
    const urls = settingsOf(served)
    const { github } = simulation
    return {
      ...simulation,
      addresses: Object.fromEntries(served),
      controlUrl,
      environment: { ...urls, ...tokenSettings(github.tokens) },
      appEnvironment: {
        ...urls,
        GITHUB_APP_ID: String(github.appId),
        GITHUB_APP_PRIVATE_KEY: Buffer.from(github.privateKeyPem).toString("base64")
      }
    }
  })

/** Settings with which the sandbox's Hub lets its default account in. */
export const loginEnvironment: Readonly<Record<string, string>> = {
  DOCKERHUB_USERNAME: defaultAccount.username,
  DOCKERHUB_TOKEN: defaultAccount.secret
}
