/**
 * The program's log: on standard error, as `LOG_LEVEL` and `LOG_FORMAT` ask for.
 */
import { Array as Arr, Cause, DateTime, Effect, FiberRef, HashMap, Inspectable, Layer, Logger, LogLevel } from "effect"
import { Settings } from "../settings/Settings.js"
import { oneLine } from "./text.js"

const textOf = (value: unknown): string => {
  if (typeof value === "string") return value
  if (value instanceof Error) return value.message
  return Inspectable.toStringUnknown(Inspectable.redact(value), 0)
}

// Whatever a text from outside holds, it begins no line of the log.
const shown = (value: unknown): string => oneLine(textOf(value))

/**
 * A line for people: `2026-11-21 04:58:12 WARN message: more (key=value)`. A cause's stack is shown only for debugging, on
 * lines of its own that are indented.
 */
export const lineLogger = (level: LogLevel.LogLevel): Logger.Logger<unknown, string> =>
  Logger.make(({ annotations, cause, date, logLevel, message }) => {
    const time = DateTime.formatIso(DateTime.unsafeFromDate(date)).slice(0, 19).replace("T", " ")
    const notes = Array.from(HashMap.entries(annotations), ([name, value]) => `${oneLine(name)}=${shown(value)}`)
    const line = `${time} ${logLevel.label} ${Arr.ensure(message).map(shown).join(": ")}` +
      (notes.length === 0 ? "" : ` (${notes.join(", ")})`)
    if (Cause.isEmpty(cause)) return line
    return LogLevel.lessThanEqual(level, LogLevel.Debug)
      ? [line, ...Cause.pretty(cause, { renderErrorCause: true }).split(/[\n\r]+/)].join("\n    ")
      : `${line}: ${shown(Cause.squash(cause))}`
  })

// A value of its own: `--log-level info` asks for the same level, and is to be told from nobody asking.
const unasked: LogLevel.LogLevel = { ...LogLevel.Info }

/** Runs a command line that may ask for a level with `--log-level`. */
export const askable: <A, E, R>(commandLine: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = Effect.locallyWith(
  FiberRef.currentMinimumLogLevel,
  (level) => level === LogLevel.Info ? unasked : level
)

/** The log as the settings ask for. `--log-level`, which has been taken in already, goes before `LOG_LEVEL`. */
export const layer: Layer.Layer<never, never, Settings> = Layer.unwrapEffect(Effect.gen(function*() {
  const { log } = yield* Settings
  const already = yield* FiberRef.get(FiberRef.currentMinimumLogLevel)
  const level = already === unasked ? log.level : already
  const logfmt = Logger.map(Logger.logfmtLogger, oneLine)
  const logger = { pretty: lineLogger(level), logfmt, json: Logger.jsonLogger }[log.format]
  return Layer.merge(
    Logger.replace(Logger.defaultLogger, Logger.withConsoleError(logger)),
    Logger.minimumLogLevel(level)
  )
}))
