/**
 * Live progress on standard error while a sync runs: drawn again and again on a terminal, a line now and then elsewhere.
 */
import { Clock, type Console, Effect, MutableRef, Ref, Schedule } from "effect"
import { RateBudgets } from "../../services/RateBudgets.js"
import { SyncProgress } from "../sync/SyncProgress.js"
import * as Output from "./output.js"
import * as ProgressText from "./progressText.js"
import { Stdio } from "./Stdio.js"

const redrawEvery = "250 millis"
const tellEvery = "10 seconds"

const up = (lines: number): string => lines === 0 ? "" : `\r\u001B[${lines}A\u001B[0J`

// Looks at the run, with what it saw before for the rates.
const see = Effect.fnUntraced(function*(samples: Ref.Ref<ReadonlyArray<ProgressText.Sample>>) {
  const budgets = yield* RateBudgets
  const view: ProgressText.View = {
    now: yield* Clock.currentTimeMillis,
    state: yield* Ref.get(yield* SyncProgress),
    budgets: yield* budgets.snapshot,
    samples: yield* Ref.get(samples)
  }
  yield* Ref.set(samples, ProgressText.sampled(view))
  return view
})

const noSamples = Ref.make<ReadonlyArray<ProgressText.Sample>>([])

const redrawn = Effect.fnUntraced(function*<A, E, R>(effect: Effect.Effect<A, E, R>) {
  const { stderr } = yield* Stdio
  const samples = yield* noSamples
  const drawn = MutableRef.make(0)
  const clear = () => up(MutableRef.getAndSet(drawn, 0))
  const draw = Effect.gen(function*() {
    const lines = ProgressText.screen(yield* see(samples), (yield* stderr.columns) ?? 80)
    yield* stderr.write(`${clear()}${lines.join("\n")}\n`)
    MutableRef.set(drawn, lines.length)
  })
  const console = yield* Effect.console
  // What the log writes must not be overdrawn: it takes the lines away first.
  const takeAway = () => stderr.unsafeWrite(clear())
  const aside: Console.Console = {
    ...console,
    error: (...args) => Effect.suspend(() => (takeAway(), console.error(...args))),
    unsafe: { ...console.unsafe, error: (...args) => (takeAway(), console.unsafe.error(...args)) }
  }
  yield* draw.pipe(Effect.repeat(Schedule.spaced(redrawEvery)), Effect.forkScoped)
  return yield* Effect.withConsole(effect, aside).pipe(Effect.ensuring(Effect.suspend(() => stderr.write(clear()))))
}, Effect.scoped)

const told = Effect.fnUntraced(function*<A, E, R>(effect: Effect.Effect<A, E, R>) {
  const samples = yield* noSamples
  const tell = Effect.flatMap(see(samples), (view) => Output.tell(ProgressText.line(view)))
  yield* tell.pipe(Effect.delay(tellEvery), Effect.forever, Effect.forkScoped)
  return yield* effect
}, Effect.scoped)

/** Runs a sync with its progress shown. */
export const withProgress = Effect.fnUntraced(function*<A, E, R>(effect: Effect.Effect<A, E, R>) {
  const { stderr } = yield* Stdio
  return yield* (stderr.isTerminal ? redrawn(effect) : told(effect))
})
