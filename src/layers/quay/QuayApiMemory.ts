/**
 * A Quay in memory, for tests and for users of the library.
 */
import { Effect, Layer } from "effect"
import { Auth } from "../../domain/Errors.js"
import { QuayApi, type QuayRepository } from "../../services/QuayApi.js"

/** A Quay with these public repositories (`namespace/name`) and no others. */
export const make = (repositories: Iterable<readonly [string, QuayRepository]> = []): QuayApi["Type"] => {
  const known = new Map(Array.from(repositories, ([name, repository]) => [name.toLowerCase(), repository]))
  return QuayApi.of({
    repository: Effect.fn("QuayApi.repository")((namespace: string, name: string) => {
      const path = `${namespace}/${name}`
      const found = known.get(path.toLowerCase())
      return found === undefined
        ? Effect.fail(new Auth({ service: "quay.io", scope: "one", message: `quay.io/${path}: private or missing` }))
        : Effect.succeed(found)
    })
  })
}

/** As `make`. */
export const layerMemory = (
  repositories: Iterable<readonly [string, QuayRepository]> = []
): Layer.Layer<QuayApi> => Layer.succeed(QuayApi, make(repositories))
