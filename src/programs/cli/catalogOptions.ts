/**
 * What the commands of the catalog take from the command line.
 */
import { Args, Options } from "@effect/cli"
import { Effect, Either, Option } from "effect"
import { type CatalogName, parseName, parseTagged } from "../../domain/CatalogImage.js"
import { format, normalize, parse as parsePlatform } from "../../domain/Platform.js"
import type { CatalogFilter } from "../../services/ImageCatalog.js"
import { UsageError } from "./errors.js"
import { argument } from "./run.js"

const described = "An image such as nginx, org/name or ghcr.io/owner/name."

export const imageArgument = argument("image", described)

/** One image or more, by their names. */
export const imageArguments = imageArgument.pipe(Args.repeated)

/** Reads names; fails at the first that is none. */
export const namesOf = (texts: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<CatalogName>, UsageError> =>
  Effect.forEach(texts, (text) => Either.mapLeft(parseName(text), ({ message }) => new UsageError({ message })))

/** Reads the name of an image, or of one of its tags (`nginx:1.27`). */
export const taggedOf = (text: string) =>
  Either.mapLeft(parseTagged(text), ({ message }) => new UsageError({ message }))

/** `--official`, `--platform`, `--search`, `--all`: which images. */
export const filterOptions = {
  official: Options.boolean("official").pipe(Options.withDescription("Only Docker's official images.")),
  platform: Options.text("platform").pipe(
    Options.withDescription("Only what runs on this platform, such as linux/arm64."),
    Options.optional
  ),
  search: Options.text("search").pipe(
    Options.withDescription("Only images with this in name, title, description, label or category."),
    Options.optional
  ),
  all: Options.boolean("all").pipe(Options.withDescription("Hidden images too."))
}

/** A platform in the form in which the catalog has it. */
export const platformOf = (platform: Option.Option<string>): Either.Either<string | undefined, UsageError> =>
  Option.match(platform, {
    onNone: () => Either.right(undefined),
    onSome: (text) =>
      Either.mapBoth(parsePlatform(text), {
        onLeft: ({ message }) => new UsageError({ message }),
        onRight: (found) => format(normalize(found))
      })
  })

/** The filter that these options mean. */
export const filterOf = (options: {
  readonly official: boolean
  readonly platform: Option.Option<string>
  readonly search: Option.Option<string>
  readonly all: boolean
}): Either.Either<CatalogFilter, UsageError> =>
  Either.map(platformOf(options.platform), (platform) => ({
    official: options.official ? true : undefined,
    platform,
    search: Option.getOrUndefined(options.search),
    visibility: options.all ? ["published", "draft", "hidden"] : undefined
  }))
