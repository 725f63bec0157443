/**
 * What one setting is, and how the text that a person wrote is read. Every reader answers a wrong text with one line
 * that says what was wrong and what would be right.
 */
import { Config, ConfigError, Either, Option } from "effect"

/** A setting of the program: an environment variable, all that a table says of it, and how it is read. */
export interface Setting<A> {
  readonly name: string
  /** In a word or two: `whole number`, `URL`, `secret`. */
  readonly type: string
  /** Of a number; empty where there is none. */
  readonly unit: string
  /** As a person would write it; empty where there is none. */
  readonly default: string
  /** One line. */
  readonly doc: string
  /** Is the value never to be shown? */
  readonly secret: boolean
  /** What was written, without blanks around it; none where that is nothing. May be a secret. */
  readonly text: Config.Config<Option.Option<string>>
  /** Reads it. Empty and blank are unset. Fails with `InvalidData` whose message never holds a secret. */
  readonly config: Config.Config<A>
}

/** How a text becomes a value; left says what was wrong and what would be right. */
export type Reader<A> = (text: string) => Either.Either<A, string>

/** What stands in a table. */
export interface Description {
  readonly type: string
  readonly unit?: string
  readonly default?: string
  readonly doc: string
  readonly secret?: boolean
  /** Another name under which the variable is known, looked at where the first is unset. */
  readonly alias?: string
}

const textOf = (name: string): Config.Config<Option.Option<string>> =>
  Config.option(Config.string(name)).pipe(
    Config.map(Option.map((text) => text.trim())),
    Config.map(Option.filter((text) => text !== ""))
  )

/** A setting that need not be there. */
export const optional = <A>(name: string, description: Description, read: Reader<A>): Setting<Option.Option<A>> => {
  const { alias, default: fallback = "", doc, secret = false, type, unit = "" } = description
  const text = alias === undefined
    ? textOf(name)
    : Config.map(Config.all([textOf(name), textOf(alias)]), ([first, second]) => Option.orElse(first, () => second))
  const config = Config.mapOrFail(
    text,
    (text): Either.Either<Option.Option<A>, ConfigError.ConfigError> =>
      Option.match(text, {
        onNone: () => Either.right(Option.none()),
        onSome: (text) =>
          Either.mapBoth(read(text), {
            onLeft: (message) => ConfigError.InvalidData([name], message),
            onRight: (value) => Option.some(value)
          })
      })
  )
  return { name, type, unit, default: fallback, doc, secret, text, config }
}

/** A setting with a value of its own where nothing is set; `fallback` is read like any text. */
export const withDefault = <A>(
  name: string,
  description: Description & { readonly default: string },
  read: Reader<A>
) => {
  const setting = optional(name, description, read)
  const config = Config.mapOrFail(
    setting.config,
    (value): Either.Either<A, ConfigError.ConfigError> =>
      Option.match(value, {
        onSome: (value) => Either.right(value),
        onNone: () => Either.mapLeft(read(description.default), (message) => ConfigError.InvalidData([name], message))
      })
  )
  return { ...setting, config } satisfies Setting<A>
}
