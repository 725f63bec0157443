/**
 * `updates`: which newer versions could be run.
 */
import { Args, Command, Options } from "@effect/cli"
import { Clock, Duration, Effect, Either, Option } from "effect"
import { type ImageReference } from "../../domain/ImageReference.js"
import * as Platform from "../../domain/Platform.js"
import { parseSource } from "../../domain/ReleaseNotes.js"
import * as TimeSpan from "../../domain/TimeSpan.js"
import { tagPattern, type UpdatePolicy } from "../../domain/UpdatePolicy.js"
import type { UpdateQuestion } from "../../services/UpdateFinder.js"
import { type Looked, lookUpAll } from "../updates/Batch.js"
import type { CommandLayers } from "./CommandLayers.js"
import { Ended, UsageError } from "./errors.js"
import * as Output from "./output.js"
import * as References from "./references.js"
import { argument, described, withSettings } from "./run.js"
import { Stdio } from "./Stdio.js"
import { counted, table } from "./text.js"
import { withTicker } from "./ticker.js"
import { entriesOf, type Found, type Wrong } from "./updatesSources.js"
import * as Text from "./updatesText.js"

const options = {
  from: Options.text("from").pipe(
    Options.withDescription(
      "The images of a Compose file's services, of a Dockerfile's stages, or of a list; - for a list on standard input."
    ),
    Options.repeated
  ),
  level: Options.choice("level", ["patch", "minor", "major"]).pipe(
    Options.withDescription("How far an update may go."),
    Options.withDefault("minor")
  ),
  match: Options.text("match").pipe(
    Options.withDescription("Only tags that match: a pattern with * and ?, or /a regular expression/."),
    Options.repeated
  ),
  exclude: Options.text("exclude").pipe(Options.withDescription("No tags that match."), Options.repeated),
  pre: Options.boolean("pre").pipe(
    Options.withDescription("Pre-releases too. Who runs one is always offered the next.")
  ),
  sameVariant: Options.boolean("same-variant").pipe(
    Options.withDescription("The variant's own version has to stay: no alpine3.20 for alpine3.19.")
  ),
  minAge: Options.text("min-age").pipe(
    Options.withDescription(
      "Only tags that have been there for so long, such as 72h: by the registry's date, else since a command with this option saw them first."
    ),
    Options.withDefault("0")
  ),
  platform: Options.text("platform").pipe(
    Options.withDescription("What the images have to run on, where a file does not say."),
    Options.withDefault("linux/amd64")
  ),
  source: Options.text("source").pipe(
    Options.withDescription("The repository of the source, for images that do not say."),
    Options.optional
  ),
  explain: Options.boolean("explain").pipe(Options.withDescription("Say why other tags were passed over."))
}

const wrong = (option: string, text = "") => ({ message }: { readonly message: string }) =>
  new UsageError({ message: `--${option}${text === "" ? "" : ` ${text}`}: ${message}` })

interface Flags {
  readonly level: UpdatePolicy["level"]
  readonly match: ReadonlyArray<string>
  readonly exclude: ReadonlyArray<string>
  readonly pre: boolean
  readonly sameVariant: boolean
  readonly minAge: string
  readonly platform: string
  readonly source: Option.Option<string>
}

/** What every image is asked, out of the options; fails for the first that is wrong. */
const askingOf = (flags: Flags) =>
  Effect.gen(function*() {
    const { level, pre, sameVariant } = flags
    const policy: UpdatePolicy = {
      level,
      pre,
      sameVariant,
      match: yield* Effect.forEach(flags.match, (text) => Either.mapLeft(tagPattern(text), wrong("match"))),
      exclude: yield* Effect.forEach(flags.exclude, (text) => Either.mapLeft(tagPattern(text), wrong("exclude")))
    }
    const platform = yield* Either.mapLeft(Platform.parse(flags.platform, Platform.linuxAmd64), wrong("platform"))
    const minAge = yield* Either.mapLeft(TimeSpan.parse(flags.minAge), wrong("min-age"))
    const source = yield* Effect.transposeMapOption(flags.source, (text) =>
      Option.match(parseSource(text), {
        onNone: () =>
          new UsageError({ message: `--source: "${text}" names no repository; write https://host/owner/name` }),
        onSome: (found) => Effect.succeed(found)
      }))
    return { policy, platform, minAge, source }
  })

/** An image that is to be looked up. */
interface Asked {
  readonly found: Found
  readonly question: UpdateQuestion
}

const askedOf = (found: Found, asking: Effect.Effect.Success<ReturnType<typeof askingOf>>) =>
  Either.gen(function*() {
    const reference: ImageReference = yield* References.referenceOf(found.text)
    const platform = found.platform === undefined ? asking.platform : yield* Either.mapLeft(
      Platform.parse(found.platform, asking.platform),
      ({ message }) => new UsageError({ message })
    )
    return { found, question: { ...asking, reference, platform } } satisfies Asked
  })

// What is built here may be known to no registry; that is no failure then.
const isUnpublished = ({ found }: Asked, looked: Looked): boolean =>
  found.builds && Either.isLeft(looked) && (looked.left._tag === "NOT_FOUND" || looked.left._tag === "AUTH")

const told = (where: string, line: string): string => where === "" ? line : `${where}: ${line}`

const printText = (answered: ReadonlyArray<readonly [Asked, Looked]>, explain: boolean) =>
  Effect.gen(function*() {
    const { stdout } = yield* Stdio
    const now = yield* Clock.currentTimeMillis
    const rows = answered.map(([{ question }, looked]) =>
      Either.match(looked, {
        onLeft: () => Text.failedRow(question.reference),
        onRight: (answer) => Text.row(answer, now)
      })
    )
    if (rows.length > 0) yield* Output.printLines(table(Text.columns, rows, yield* stdout.columns))
    const answers = answered.flatMap(([, looked]) => Option.toArray(Either.getRight(looked)))
    if (explain) yield* Output.printLines(["", ...answers.flatMap(Text.explanations)])
    yield* Effect.forEach(answers.flatMap(Text.remarks), (line) => Output.tell(line), { discard: true })
  })

const codeOf = (answered: ReadonlyArray<readonly [Asked, Looked]>, wrongs: number): 0 | 1 | 2 | 3 | 10 => {
  const errors = answered.flatMap(([, looked]) => Option.toArray(Either.getLeft(looked)))
  if (errors.some(({ _tag }) => _tag === "AUTH")) return 3
  if (errors.length > 0) return 1
  if (wrongs > 0) return 2
  return answered.some(([, looked]) => Either.isRight(looked) && Text.isNewer(looked.right)) ? 10 : 0
}

/** `updates [REF…]`. */
export const updates = (layers: CommandLayers) =>
  Command.make(
    "updates",
    {
      references: argument("ref", "An image with its tag, such as nginx:1.27.0 or ghcr.io/o/n:1.2@sha256:…").pipe(
        Args.repeated
      ),
      ...options,
      json: Output.json
    },
    ({ explain, from, json, references, ...flags }) =>
      Effect.gen(function*() {
        const asking = yield* askingOf(flags)
        const { stdin } = yield* Stdio
        if (references.length + from.length === 0 && stdin.isTerminal) {
          return yield* new UsageError({ message: "say which images: references, --from FILE, or - for a list" })
        }
        for (const text of references) if (text !== "-") yield* References.referenceOf(text)
        const entries = yield* entriesOf(references.length + from.length === 0 ? ["-"] : references, from)
        const wrongs = new Array<Wrong>()
        const asked = new Array<Asked>()
        for (const entry of entries) {
          if (entry._tag === "Skipped") yield* Output.tell(told(entry.where, `skipped: ${entry.reason}`))
          else if (entry._tag === "Wrong") wrongs.push(entry)
          else {
            const read = askedOf(entry, asking)
            if (Either.isRight(read)) asked.push(read.right)
            else wrongs.push({ ...entry, _tag: "Wrong", reason: read.left.message })
          }
        }
        let done = 0
        const looked = yield* withTicker(
          () => `${done} of ${counted(asked.length, "image")} looked up`,
          lookUpAll(asked.map(({ question }) => question), Effect.sync(() => void (done += 1)))
        ).pipe(Effect.provide(layers.updates({ remember: Duration.toMillis(asking.minAge) > 0 })))
        const all = asked.flatMap((one, index) => {
          const answer = looked[index]
          return answer === undefined ? [] : [[one, answer] as const]
        })
        const answered = all.filter(([one, looked]) => !isUnpublished(one, looked))
        for (const [{ found }] of all.filter(([one, looked]) => isUnpublished(one, looked))) {
          yield* Output.tell(told(found.where, `skipped: ${found.text} is built here, and no registry shows it`))
        }
        const now = yield* Clock.currentTimeMillis
        if (json) {
          yield* Output.printJson([
            ...answered.map(([{ found }, looked]) =>
              Either.match(looked, {
                onLeft: (error) => Text.failedRecord(error, found.text, found.where, now),
                onRight: (answer) => Text.record(answer, found.text, found.where, explain)
              })
            ),
            ...wrongs.map(({ reason, text, where }) => ({
              reference: text,
              from: where === "" ? null : where,
              status: "error",
              error: "USAGE",
              message: reason,
              retryAt: null
            }))
          ])
        } else yield* printText(answered, explain)
        for (const [{ found }, looked] of answered) {
          if (Either.isLeft(looked)) yield* Output.tell(told(found.where, Text.failure(found.text, looked.left, now)))
        }
        for (const { reason, text, where } of wrongs) yield* Output.tell(told(where, `${text}: ${reason}`))
        const code = codeOf(answered, wrongs.length)
        if (code !== 0) return yield* new Ended({ code })
      }).pipe(withSettings)
  ).pipe(
    Command.withDescription(described(
      "Says which newer, compatible tags there are, verified for a platform, with the notes of their releases. In the " +
        "table, ? marks what could not be verified, and parentheses what --level forbids. Exit code 0: nothing newer; " +
        "10: newer versions were found; another one: an image could not be looked up.",
      [
        ["image-census updates nginx:1.27.0 ghcr.io/traefik/whoami:v1.9.0", "two images"],
        ["image-census updates --from compose.yaml --level major", "all services of a Compose file"],
        ["image-census updates --from Dockerfile --platform linux/arm64", "what the stages are built on"],
        ["image-census updates --json --explain postgres:16.1-alpine", "for a program, with what was passed over"]
      ]
    ))
  )
