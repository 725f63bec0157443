/**
 * A watched reference: what is looked at, how often, and what is done when it moves.
 */
import { type Duration, Either, Option, ParseResult, Schema } from "effect"
import type { DayWindow } from "./DayWindow.js"
import { canonical, type ImageReference, parseStored } from "./ImageReference.js"
import * as Platform from "./Platform.js"
import type { UpdateLevel } from "./UpdatePolicy.js"

/** Sends the event to an address: CloudEvents 1.0, JSON, structured mode. */
export const WebhookAction = Schema.TaggedStruct("Webhook", {
  /** http or https; its user and password are sent as Basic credentials. All but its host may be secret. */
  url: Schema.String,
  /** May the address be in a loopback, link-local or private network? */
  allowPrivate: Schema.Boolean
})

/** Starts a program, without a shell: the event is in its environment and on its standard input. */
export const CommandAction = Schema.TaggedStruct("Command", {
  /** The program and its arguments, which may be secret. */
  argv: Schema.NonEmptyArray(Schema.String)
})
type CommandAction = typeof CommandAction.Type

/** What is done with an event. */
export const WatchAction = Schema.Union(WebhookAction, CommandAction)
export type WatchAction = typeof WatchAction.Type

/** What a person wants of newer versions of a watched reference. */
export interface UpdateRule {
  readonly level: UpdateLevel
  /** How old an update has to be: by the registry's date of it, else since it was first seen. */
  readonly minAge: Duration.Duration
  /** When the actions may run; none means at any time. */
  readonly between: Option.Option<DayWindow>
}

/** What a person asks to be watched. There is one watch for a reference and a platform. */
export interface NewWatch {
  /** With a tag and without a digest: a digest never moves. */
  readonly reference: ImageReference
  /** Only this platform's manifest counts; none: the digest behind the tag. */
  readonly platform: Option.Option<Platform.Platform>
  /** From one look to the next. */
  readonly every: Duration.Duration
  /** Each event is delivered to each of them. None: events are kept and shown only. */
  readonly actions: ReadonlyArray<WatchAction>
  /** None: newer versions are looked up and stored, but fire nothing. */
  readonly updates: Option.Option<UpdateRule>
}

/** A watch as it is stored. */
export interface Watch extends NewWatch {
  readonly id: string
}

/** A stored reference in full, as text: `docker.io/library/nginx:latest`. */
export const ReferenceText: Schema.Schema<ImageReference, string> = Schema.transformOrFail(
  Schema.String,
  Schema.declare((value: unknown): value is ImageReference => typeof value === "object" && value !== null),
  {
    strict: true,
    decode: (text, _, ast) =>
      Either.mapLeft(parseStored(text), ({ message }) => new ParseResult.Type(ast, text, message)),
    encode: (reference) => ParseResult.succeed(canonical(reference))
  }
)

/** A platform as text; the empty text is none. */
export const PlatformText: Schema.Schema<Option.Option<Platform.Platform>, string> = Schema.transformOrFail(
  Schema.String,
  Schema.declare((value: unknown): value is Option.Option<Platform.Platform> => Option.isOption(value)),
  {
    strict: true,
    decode: (text, _, ast) =>
      text === ""
        ? Either.right(Option.none())
        : Either.mapBoth(Platform.parse(text), {
          onLeft: ({ message }) => new ParseResult.Type(ast, text, message),
          onRight: Option.some
        }),
    encode: (platform) => ParseResult.succeed(platformText(platform))
  }
)

/** The platform of a watch as text, by which watches are told apart; empty for none. */
export const platformText = (platform: Option.Option<Platform.Platform>): string =>
  Option.match(platform, { onNone: () => "", onSome: (some) => Platform.formatAll(Platform.normalize(some)) })

/** By which two watches are the same. */
export const watchKey = (watch: Pick<NewWatch, "reference" | "platform">): string =>
  `${canonical(watch.reference)} ${platformText(watch.platform)}`

/** A webhook's address as it may be shown, `https://host/…`: user, password, path and query are often secrets. */
export const shownAddress = (text: string): string => {
  if (!URL.canParse(text)) return "…"
  const { host, pathname, protocol, search } = new URL(text)
  return `${protocol}//${host}/${pathname === "/" && search === "" ? "" : "…"}`
}

/** A command as it may be shown: its program, and that there are arguments. */
export const shownCommand = ([program, ...args]: CommandAction["argv"]): ReadonlyArray<string> =>
  args.length === 0 ? [program] : [program, "…"]

/** An action for people, without what may be secret in it. */
export const describeAction = (action: WatchAction): string =>
  action._tag === "Webhook" ? `webhook ${shownAddress(action.url)}` : `command ${shownCommand(action.argv).join(" ")}`
