/**
 * The console between a command and its terminal.
 */
import type { Console } from "effect"

type Show = (text: string) => string

const texts = (show: Show, args: ReadonlyArray<unknown>) =>
  args.map((argument) => typeof argument === "string" ? show(argument) : argument)

/** A console to which texts are written as `log` and `error` show them. The program uses no other methods of it. */
export const shownAs = (
  console: Console.Console,
  { error, log }: { readonly log: Show; readonly error: Show }
): Console.Console => ({
  ...console,
  log: (...args) => console.log(...texts(log, args)),
  error: (...args) => console.error(...texts(error, args)),
  unsafe: {
    ...console.unsafe,
    log: (...args) => console.unsafe.log(...texts(log, args)),
    error: (...args) => console.unsafe.error(...texts(error, args))
  }
})
