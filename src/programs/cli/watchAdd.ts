/**
 * `watch add`: which references are watched, how, and what is done then.
 */
import { Command, Options } from "@effect/cli"
import { Array as Arr, Chunk, Duration, Effect, Either, Option, Stream } from "effect"
import * as DayWindow from "../../domain/DayWindow.js"
import { familiar, type ImageReference } from "../../domain/ImageReference.js"
import * as Platform from "../../domain/Platform.js"
import * as TimeSpan from "../../domain/TimeSpan.js"
import type { UpdateRule, WatchAction } from "../../domain/Watch.js"
import * as WatchActionText from "../../domain/WatchActionText.js"
import { WatchActions } from "../../services/WatchActions.js"
import { WatchStore } from "../../services/WatchStore.js"
import { Settings } from "../settings/Settings.js"
import type { CommandLayers } from "./CommandLayers.js"
import { UsageError } from "./errors.js"
import * as Output from "./output.js"
import * as References from "./references.js"
import { described, withProgram, withSettings } from "./run.js"
import { grouped } from "./text.js"

const options = {
  platform: Options.text("platform").pipe(
    Options.withDescription("Only this platform's manifest counts, such as linux/arm64."),
    Options.optional
  ),
  every: Options.text("every").pipe(
    Options.withDescription(
      "From one look to the next, such as 30s, 5m or 1h; WATCH_INTERVAL_SEC where it is not given."
    ),
    Options.optional
  ),
  on: Options.text("on").pipe(
    Options.withDescription(
      "What is done when it moves; may be given several times. webhook:https://host/path, command:[\"program\",\"argument\"], " +
        "or command with the program and its arguments at the end, behind --."
    ),
    Options.repeated
  ),
  allowPrivate: Options.boolean("allow-private").pipe(
    Options.withDescription("Let webhooks go to addresses in loopback, link-local and private networks.")
  ),
  updateLevel: Options.choice("update-level", ["patch", "minor", "major"]).pipe(
    Options.withDescription("Tell newer versions too, as far as this (the daemon looks for them every night)."),
    Options.optional
  ),
  minAge: Options.text("min-age").pipe(
    Options.withDescription("Tell newer versions only when they are so old, such as 3d."),
    Options.optional
  ),
  between: Options.text("between").pipe(
    Options.withDescription("Tell newer versions only in this part of the day, in UTC, such as 02:00-05:00."),
    Options.optional
  ),
  json: Output.json
}

interface Flags {
  readonly platform: Option.Option<string>
  readonly every: Option.Option<string>
  readonly on: ReadonlyArray<string>
  readonly allowPrivate: boolean
  readonly updateLevel: Option.Option<UpdateRule["level"]>
  readonly minAge: Option.Option<string>
  readonly between: Option.Option<string>
}

const wrong = (option: string) => ({ message }: { readonly message: string }) =>
  new UsageError({ message: `--${option}: ${message}` })

const shortest = Duration.seconds(1)

/** What `--every` says. */
const everyOf = (text: Option.Option<string>, usual: Duration.Duration) =>
  Option.match(text, {
    onNone: () => Either.right(usual),
    onSome: (text) =>
      Either.filterOrLeft(
        Either.mapLeft(TimeSpan.parse(text), wrong("every")),
        (every) => Duration.greaterThanOrEqualTo(every, shortest),
        () => new UsageError({ message: "--every has to be at least 1s" })
      )
  })

/** A platform as people write it, out of `--platform`. */
export const platformOf = (text: Option.Option<string>) =>
  Either.transposeMapOption(text, (text) => Either.mapLeft(Platform.parse(text), wrong("platform")))

const ruleOf = ({ between, minAge, updateLevel }: Flags): Either.Either<Option.Option<UpdateRule>, UsageError> =>
  Option.isNone(between) && Option.isNone(minAge) && Option.isNone(updateLevel)
    ? Either.right(Option.none())
    : Either.gen(function*() {
      return Option.some({
        level: Option.getOrElse(updateLevel, () => "minor" as const),
        minAge: Option.isNone(minAge)
          ? Duration.zero
          : yield* Either.mapLeft(TimeSpan.parse(minAge.value), wrong("min-age")),
        between: yield* Either.transposeMapOption(
          between,
          (text) => Either.mapLeft(DayWindow.parse(text), wrong("between"))
        )
      })
    })

const isBareCommand = (text: string): boolean => text === "command"

const actionOf = (text: string, allowPrivate: boolean, program: Option.Option<ReadonlyArray<string>>) => {
  if (!isBareCommand(text)) return Either.mapLeft(WatchActionText.parse(text, allowPrivate), wrong("on"))
  const argv = Option.getOrElse(program, () => [])
  return Arr.isNonEmptyReadonlyArray(argv)
    ? Either.right<WatchAction>({ _tag: "Command", argv: [...argv] })
    : Either.left(
      new UsageError({ message: "--on command: the program and its arguments are missing; write them behind --" })
    )
}

const watchable = (reference: ImageReference) =>
  Option.isSome(reference.digest)
    ? new UsageError({
      message: `${familiar(reference)} names a digest, which never moves; watch a tag, such as ${
        familiar({
          ...reference,
          tag: Option.orElse(reference.tag, () => Option.some("latest")),
          digest: Option.none()
        })
      }`
    })
    : Effect.succeed(reference)

const requireAllowed = (action: WatchAction) =>
  Effect.gen(function*() {
    const actions = yield* WatchActions
    const problem = yield* actions.problemOf(action)
    if (Option.isSome(problem)) return yield* new UsageError({ message: `--on: ${problem.value}` })
  })

const args = withProgram(
  "ref",
  "Images with their tags, such as nginx:1.27; - for a list of them on standard input. Behind --, the program of " +
    "--on command and its arguments."
)

/** `watch add`. */
export const add = (layers: CommandLayers) =>
  Command.make("add", { args, ...options }, ({ args, json, ...flags }) =>
    Effect.gen(function*() {
      const { watch } = yield* Settings
      const store = yield* WatchStore
      if (Option.isSome(args.program) && !flags.on.some(isBareCommand)) {
        return yield* new UsageError({
          message: "what stands behind -- is a program, and needs --on command before it"
        })
      }
      const platform = yield* platformOf(flags.platform)
      const every = yield* everyOf(flags.every, watch.interval)
      const updates = yield* ruleOf(flags)
      const actions = yield* Effect.forEach(flags.on, (text) => actionOf(text, flags.allowPrivate, args.program))
      yield* Effect.forEach(actions, requireAllowed, { discard: true })
      const texts = yield* References.all(args.texts)
      const references = yield* Stream.runCollect(Stream.mapEffect(texts, ({ reference }) => watchable(reference)))
      const result = yield* store.add(
        Chunk.toReadonlyArray(references).map((reference) => ({ reference, platform, every, actions, updates }))
      )
      yield* json
        ? Output.printJson(result)
        : Output.printLines([`${grouped(result.added)} added, ${grouped(result.changed)} changed`])
    }).pipe(Effect.provide([layers.store, layers.actions]), withSettings)).pipe(
      Command.withDescription(described(
        "Watches tags: the daemon and watch run look at them with a HEAD each. The first look only takes down what is " +
          "there; each move after it is an event, delivered to every action at least once and in order. To add a watch " +
          "again changes it.",
        [
          ["image-census watch add nginx:1.27 --on webhook:https://example.org/hook", "call an address"],
          [
            "image-census watch add ghcr.io/o/n:latest --platform linux/arm64 --on command -- /usr/local/bin/redeploy web",
            "start a program"
          ],
          ["image-census watch add --every 1h - < images.txt", "many, to be seen with watch events"],
          [
            "image-census watch add redis:7.2 --on https://example.org/hook --update-level minor --min-age 3d --between 02:00-05:00",
            "tell newer versions too, at night"
          ]
        ]
      ))
    )
