/**
 * The registries of the world as services of the sandbox: Docker Hub's, GHCR, and Quay with its own API.
 */
import { type Duration, Effect } from "effect"
import { quayApi } from "../quay/api.js"
import { type Answer, json, type Request, text } from "../service/Exchange.js"
import { type Fault, type Faults, retryHeaders } from "../service/Faults.js"
import { makeService, type Service } from "../service/Service.js"
import type { State } from "../State.js"
import { makeAnswers, type RegistryAnswer, type RegistryKind } from "./answers.js"
import { contentOf } from "./content.js"

export interface RegistriesOptions {
  /** What every answer takes. Default 0. */
  readonly latency?: Duration.DurationInput
  /** Manifests that Docker Hub lets one fetch in six hours. Default 100. */
  readonly pullLimit?: number
  /** Hosts of more registries, which answer as GHCR does. Default: none. */
  readonly others?: ReadonlyArray<string>
}

const answerOf = ({ body = "", headers = {}, status }: RegistryAnswer): Answer => ({
  _tag: "Answer",
  status,
  headers,
  body: typeof body === "string" ? body : Buffer.from(body).toString("utf8")
})

const errorBody = (code: string, message: string) => ({ errors: [{ code, message }] })

const refuse = (fault: Fault, _: Request, now: number): Answer => {
  switch (fault.kind) {
    case "unauthorized":
      return json(fault.status ?? 401, errorBody("UNAUTHORIZED", "authentication required"))
    case "forbidden":
    case "ip-allow-list":
    case "saml":
      return json(fault.status ?? 403, errorBody("DENIED", "denied"))
    case "unavailable":
      return text(fault.status ?? 503, "upstream connect error\n", "text/plain")
    default:
      return json(fault.status ?? 429, errorBody("TOOMANYREQUESTS", "retry later"), retryHeaders(fault, now))
  }
}

interface Registry {
  /** `ghcr.io`: the service's name, and the host in its images. */
  readonly name: string
  readonly origin: string
  readonly kind: RegistryKind
}

const registries: ReadonlyArray<Registry> = [
  { name: "docker.io", origin: "https://registry-1.docker.io", kind: "dockerhub" },
  { name: "ghcr.io", origin: "https://ghcr.io", kind: "ghcr" },
  { name: "quay.io", origin: "https://quay.io", kind: "quay" }
]

/** For the option `more` of a simulation: services by the origin of the real ones. */
export const registryServices =
  (options: RegistriesOptions = {}) => (state: State, faults: Faults): ReadonlyMap<string, Service> => {
    const { latency = 0, others = [], pullLimit } = options
    const serviceOf = ({ kind, name }: Registry): Service => {
      const answers = makeAnswers(
        contentOf(state.world, name),
        pullLimit === undefined ? { kind } : { kind, pullLimit }
      )
      const api = quayApi(state)
      const registry = ({ body, headers, method, origin, path, query }: Request): Answer => {
        const url = new URL(`${origin}${path}?${query}`)
        return answerOf(answers({ method, url, headers, body: Buffer.from(body) }))
      }
      return makeService({
        name,
        credential: ({ headers }) => headers["authorization"] === undefined ? "anonymous" : "token",
        refuse,
        handle: (request) => {
          const answer = kind === "quay" && request.path.startsWith("/api/")
            ? api(request)
            : Effect.sync(() => registry(request))
          return Effect.zipLeft(answer, Effect.sleep(latency))
        }
      }, faults)
    }
    const more = others.map((name): Registry => ({ name, origin: `https://${name}`, kind: "ghcr" }))
    return new Map([...registries, ...more].map((registry) => [registry.origin, serviceOf(registry)]))
  }
