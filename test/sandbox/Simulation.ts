/**
 * A world with its services, not yet on any port.
 */
import { type HttpClient } from "@effect/platform"
import { Effect } from "effect"
import { type DockerHubOptions, makeDockerHub } from "./dockerhub/DockerHub.js"
import { type GitHub, type GitHubOptions, makeGitHub } from "./github/GitHub.js"
import type { ServiceCounts } from "./service/Counters.js"
import type { Answer, Request } from "./service/Exchange.js"
import { type Faults, makeFaults } from "./service/Faults.js"
import { clientOf } from "./service/inProcess.js"
import type { Service } from "./service/Service.js"
import { makeState, type State } from "./State.js"
import { expectedOf, makeWorld, type WorldOptions } from "./world/make.js"
import type { Expected, World } from "./world/World.js"

export interface SimulationOptions {
  /** Default: 1,000 made-up repositories. */
  readonly world?: WorldOptions | World
  readonly github?: GitHubOptions
  readonly dockerhub?: DockerHubOptions
  /** More services of the same world, by the origin under which the real one is known. */
  readonly more?: (state: State, faults: Faults) => ReadonlyMap<string, Service>
  /** What stands before the service of an origin: it may answer instead of it, or change the usual answer. */
  readonly before?: (origin: string) => (request: Request, usual: Effect.Effect<Answer>) => Effect.Effect<Answer>
}

export interface Simulation {
  readonly state: State
  /** What a run of discovery over the whole list has to report, as long as the world is not changed. */
  readonly expected: Expected
  readonly faults: Faults
  readonly github: GitHub
  readonly dockerhub: Service
  /** Every service by the origin of the real one: `https://api.github.com`, `https://hub.docker.com`, … */
  readonly services: ReadonlyMap<string, Service>
  /** Reaches the services under the real ones' origins, without sockets and on the ambient clock. */
  readonly client: HttpClient.HttpClient
  /** By the service's name. */
  readonly counters: () => Readonly<Record<string, ServiceCounts>>
  readonly resetCounters: () => void
}

export const githubOrigin = "https://api.github.com"
export const dockerhubOrigin = "https://hub.docker.com"

/**
 * Makes a world and its services. Time is that of the clock under which requests are made: with TestClock and
 * `client`, ten minutes of a fault pass in no time.
 */
export const makeSimulation = (options: SimulationOptions = {}): Effect.Effect<Simulation> =>
  Effect.sync(() => {
    const { world = {} } = options
    const state = makeState("listed" in world ? world : makeWorld(world))
    const faults = makeFaults()
    const github = makeGitHub(state, faults, options.github)
    const dockerhub = makeDockerHub(state, faults, options.dockerhub)
    const services = new Map<string, Service>([
      [githubOrigin, github],
      [dockerhubOrigin, dockerhub],
      ...(options.more?.(state, faults) ?? [])
    ])
    const all = Array.from(services.values())
    const { before } = options
    for (const [origin, service] of before === undefined ? [] : services) {
      const stands = before?.(origin)
      if (stands !== undefined) {
        services.set(origin, { ...service, handle: (request) => stands(request, service.handle(request)) })
      }
    }
    return {
      state,
      expected: expectedOf(state.world),
      faults,
      github,
      dockerhub,
      services,
      client: clientOf(new Map(Array.from(services, ([origin, service]) => [origin, service.handle]))),
      counters: () => Object.fromEntries(all.map(({ counters, name }) => [name, counters.read()])),
      resetCounters: () => all.forEach(({ counters }) => counters.reset())
    }
  })
