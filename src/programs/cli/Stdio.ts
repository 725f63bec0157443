import { Context, type Effect, type Stream } from "effect"
import type { Transient } from "../../domain/Errors.js"

/** One of the streams on which a command writes. */
export interface Output {
  readonly isTerminal: boolean
  /** Width of the terminal in characters, as it is now; none where it is no terminal. */
  readonly columns: Effect.Effect<number | undefined>
}

/** The command's standard streams, as far as `Console` does not cover them. */
export class Stdio extends Context.Tag("image-census/Stdio")<Stdio, {
  readonly stdin: { readonly isTerminal: boolean; readonly bytes: Stream.Stream<Uint8Array, Transient> }
  readonly stdout: Output & {
    /** Writes bytes as they are, as fast as they are taken. */
    readonly write: (bytes: Uint8Array) => Effect.Effect<void, Transient>
  }
  readonly stderr: Output & {
    /** Writes as it is, without a line break: for lines that are drawn again. */
    readonly write: (text: string) => Effect.Effect<void>
    /** The same at once, for a console's unsafe half. */
    readonly unsafeWrite: (text: string) => void
  }
  /** Whether colours are wanted: neither where `NO_COLOR` is set nor where standard output is no terminal. */
  readonly colors: boolean
}>() {}
