/**
 * References to images among a command's arguments and on standard input.
 */
import { Args } from "@effect/cli"
import { Effect, Either, Stream } from "effect"
import { type ImageReference, parse, parseStored, withDefaultTag } from "../../domain/ImageReference.js"
import { UsageError } from "./errors.js"
import { argument } from "./run.js"
import * as Sources from "./sources.js"
import { Stdio } from "./Stdio.js"

/** Reads a reference as people type it; `latest` is added where there is neither tag nor digest. */
export const referenceOf = (text: string): Either.Either<ImageReference, UsageError> =>
  Either.mapLeft(parse(text), ({ message }) => new UsageError({ message }))

/** Reads a reference to something that is stored, such as a watch: also one that could not be added any more. */
export const storedReferenceOf = (text: string): Either.Either<ImageReference, UsageError> =>
  Either.mapBoth(parseStored(text), {
    onLeft: ({ message }) => new UsageError({ message }),
    onRight: withDefaultTag
  })

const described = "An image such as nginx, ghcr.io/owner/name:1.2 or name@sha256:…"

/** One reference. */
export const reference = (name = "ref") => argument(name, described)

/** One or more references. */
export const references = argument("ref", described).pipe(Args.repeated)

const trimmed = <R>(lines: Stream.Stream<string, UsageError, R>) =>
  lines
    .pipe(Stream.map((line) => line.trim()), Stream.filter((line) => line !== "" && !line.startsWith("#")))

/**
 * The references of a command, in their order: arguments, of which `-` stands for the lines of standard input. Without
 * arguments, standard input is read unless it is a terminal. Fails at the first that is none.
 */
export const all = Effect.fn("references.all")(function*(texts: ReadonlyArray<string>) {
  const { stdin } = yield* Stdio
  if (texts.length === 0 && stdin.isTerminal) {
    return yield* new UsageError({ message: "say which images, or - for a list of them on standard input" })
  }
  // What is wrong among the arguments is told before anything is asked.
  yield* Effect.forEach(texts, (text) => text === "-" ? Effect.void : Effect.asVoid(referenceOf(text)))
  return Stream.fromIterable(texts.length === 0 ? ["-"] : texts).pipe(
    Stream.flatMap((text) =>
      text === "-"
        ? trimmed(Stream.mapError(Sources.lines("-"), ({ message }) => new UsageError({ message })))
        : Stream.succeed(text)
    ),
    Stream.mapEffect((text) => Effect.map(referenceOf(text), (reference) => ({ text, reference })))
  )
})
