/**
 * A line on the terminal for work that takes longer than a second.
 */
import { Effect, Schedule } from "effect"
import { Stdio } from "./Stdio.js"
import { cut, oneLine, span } from "./text.js"

const erase = "\r\u001B[2K"

/** Shows on a terminal what `text` says and for how long the work has been going on; nothing elsewhere. */
export const withTicker = Effect.fnUntraced(function*<A, E, R>(text: () => string, work: Effect.Effect<A, E, R>) {
  const { stderr } = yield* Stdio
  if (!stderr.isTerminal) return yield* work
  let seconds = 0
  let drawn = false
  const draw = Effect.gen(function*() {
    seconds += 1
    const columns = (yield* stderr.columns) ?? 80
    drawn = true
    yield* stderr.write(erase + cut(oneLine(`${text()} · ${span(seconds * 1000)}`), columns - 1))
  })
  const clear = Effect.suspend(() => drawn ? stderr.write(erase) : Effect.void)
  yield* draw.pipe(Effect.schedule(Schedule.spaced("1 second")), Effect.forkScoped)
  return yield* Effect.ensuring(work, clear)
}, Effect.scoped)
