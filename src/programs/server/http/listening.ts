/**
 * The socket: why it could not be opened, and how it is closed.
 */
import { Effect, Predicate } from "effect"
import type { Server } from "node:http"
import { SettingsError } from "../../../domain/Errors.js"

/** Whether somebody else listens there already. */
const isTaken = (cause: unknown): boolean => Predicate.hasProperty(cause, "code") && cause.code === "EADDRINUSE"

/** Why a server does not listen, as an error of the option that is to blame. */
export const listenError = ({ host, port }: { readonly host: string; readonly port: number }) => (cause: unknown) =>
  isTaken(cause)
    ? new SettingsError({
      setting: "--port",
      message: `${port} is taken on ${host}; give another with --port, or 0 for any that is free`
    })
    : new SettingsError({ setting: "--host", message: `cannot listen on ${host}, port ${port}: ${String(cause)}` })

const patience = "1 second"

const closed = (server: Server): Effect.Effect<void> =>
  Effect.async((resume) => {
    server.close(() => resume(Effect.void))
  })

/** Takes no more connections, ends streams, and gives requests that are under way a second. */
export const drain = (server: Server, endStreams: Effect.Effect<void>): Effect.Effect<void> =>
  endStreams.pipe(
    // A finalizer cannot be interrupted, and a timeout would wait with it for whoever keeps a connection open.
    Effect.zipRight(Effect.timeoutOption(Effect.interruptible(closed(server)), patience)),
    Effect.zipRight(Effect.sync(() => server.closeAllConnections()))
  )
