/**
 * Which images the services of a Compose file run (compose-spec). `extends` and `include` are not followed.
 */
import { Either } from "effect"
import { Malformed } from "./Malformed.js"
import { isMap, listOf, mapOf, read, textOf, type YamlMap } from "./workflow/Yaml.js"

/** A service, its texts as they are written: variables are not filled in. */
export interface ComposeService {
  readonly name: string
  /** Undefined where it has none. */
  readonly image: string | undefined
  readonly platform: string | undefined
  /** Has it a `build`? Its image is then the name of what is built. */
  readonly builds: boolean
}

// `<<` takes the fields of one or several mappings below its own.
const merged = (map: YamlMap, depth = 0): YamlMap => {
  const { "<<": below, ...own } = map
  if (below === undefined || depth > 8) return map
  const parts = isMap(below) ? [below] : listOf(below).filter(isMap)
  return Object.assign({}, ...parts.toReversed().map((part) => merged(part, depth + 1)), own)
}

const malformed = (message: string): Malformed =>
  new Malformed({ what: "Compose file", input: "", reason: "format", message })

/** Reads the services of a Compose file. Fails where it is no YAML, or has no services. */
export const parseComposeFile = (text: string): Either.Either<ReadonlyArray<ComposeService>, Malformed> =>
  read(text).pipe(
    Either.mapLeft((reason) => malformed(`not a Compose file: ${reason === "not-yaml" ? "it is no YAML" : reason}`)),
    Either.flatMap((document) => {
      const services = mapOf(document)["services"]
      if (!isMap(services)) return Either.left(malformed("not a Compose file: it has no services"))
      return Either.right(
        Object.entries(services).map(([name, value]): ComposeService => {
          const service = merged(mapOf(value))
          return {
            name,
            image: textOf(service["image"]),
            platform: textOf(service["platform"]),
            builds: service["build"] !== undefined && service["build"] !== null
          }
        })
      )
    })
  )
