/**
 * The lock on the embedded database's folder: two processes that open it would lose each other's rows silently.
 *
 * The lock is a file `lock.<n>`; whoever made the highest number holds the folder. Numbers only grow: a lock that is
 * given back is marked, not removed, and only the holder of a higher number removes lower ones. So two processes that
 * find the same dead holder compete for the same next number, and the file system lets exactly one of them make it.
 */
import { FileSystem, Path } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import { Clock, DateTime, Duration, Effect, Option, Order, Random, Schedule, Schema } from "effect"
import { SettingsError } from "../../domain/Errors.js"
import type { ProcessIdentity } from "./ProcessIdentity.js"

/** A process that opens a folder. */
export interface FolderProcess extends ProcessIdentity {
  /** Whether a process of this number exists on this machine, for systems without `/proc`. */
  readonly exists: (pid: number) => boolean
}

const Holder = Schema.parseJson(Schema.Struct({
  id: Schema.String,
  pid: Schema.Int,
  host: Schema.String,
  command: Schema.String,
  startedAt: Schema.Number,
  /** Boot and process namespace: where these are ours, the process number means something here. */
  machine: Schema.String,
  /** The kernel's start time of the process: another process that got the same number has another. */
  incarnation: Schema.String,
  released: Schema.Boolean
}))
type Holder = typeof Holder.Type

const heartbeat = Duration.seconds(10)
/** A holder on another machine is taken for dead when its lock was not touched for so long. */
const silence = Duration.minutes(2)

const machineOf = (fs: FileSystem.FileSystem, host: string) =>
  Effect.all([
    fs.readFileString("/proc/sys/kernel/random/boot_id"),
    fs.readLink("/proc/self/ns/pid")
  ]).pipe(Effect.map(([boot, namespace]) => `${boot.trim()} ${namespace}`), Effect.orElseSucceed(() => host))

// Field 22 of /proc/<pid>/stat, counted after the command's closing parenthesis, which may hold anything.
const incarnationOf = (fs: FileSystem.FileSystem, pid: number) =>
  fs.readFileString(`/proc/${pid}/stat`).pipe(
    Effect.map((text) => text.slice(text.lastIndexOf(")") + 2).split(" ")),
    Effect.map((fields) => fields[0] === "Z" || fields[0] === "X" ? Option.none() : Option.fromNullable(fields[19])),
    Effect.orElseSucceed(() => Option.none<string>())
  )

const isAlive = (fs: FileSystem.FileSystem, self: FolderProcess, machine: string, holder: Holder, file: string) =>
  Effect.gen(function*() {
    if (holder.machine !== machine) {
      const info = yield* fs.stat(file)
      const touched = Option.match(info.mtime, { onNone: () => 0, onSome: (date) => date.getTime() })
      return (yield* Clock.currentTimeMillis) - touched < Duration.toMillis(silence)
    }
    const now = yield* incarnationOf(fs, holder.pid)
    if (Option.isSome(now)) return now.value === holder.incarnation
    return holder.incarnation === "" && self.exists(holder.pid)
  })

const refusal = (folder: string, message: string) =>
  new SettingsError({ setting: "IMAGE_CENSUS_DATA_DIR", message: `${folder} ${message}` })

// Folder by folder: Node's own way of making parents never ends in file systems that answer as if a parent were missing
// (/proc does).
const makeFolder = (
  fs: FileSystem.FileSystem,
  path: Path.Path,
  folder: string,
  mode?: { readonly mode: number }
): Effect.Effect<void, PlatformError> =>
  Effect.gen(function*() {
    if (yield* fs.exists(folder)) return
    const parent = path.dirname(folder)
    if (parent !== folder) yield* makeFolder(fs, path, parent)
    yield* fs.makeDirectory(folder, mode).pipe(
      Effect.catchIf((error) => error._tag === "SystemError" && error.reason === "AlreadyExists", () => Effect.void)
    )
  })

// A folder with other things in it is somebody's, and stays as it is; the database's own folder in it is closed anyway.
const isOurs = (name: string): boolean => name === "database" || name.startsWith("lock.")

const closeToOthers = Effect.fnUntraced(function*(fs: FileSystem.FileSystem, path: Path.Path, folder: string) {
  const names = yield* fs.readDirectory(folder)
  const wanted = [
    ...names.every(isOurs) ? [{ name: folder, mode: 0o700 }] : [],
    ...names.filter((name) => name.startsWith("lock.")).map((name) => ({ name: path.join(folder, name), mode: 0o600 }))
  ]
  yield* Effect.forEach(wanted, ({ mode, name }) =>
    fs.stat(name).pipe(
      Effect.flatMap((info) => Effect.when(fs.chmod(name, mode), () => (info.mode & 0o077) !== 0)),
      Effect.catchAll((error) => Effect.logWarning(`others on this machine may read ${name}: ${error.message}`))
    ), { discard: true })
})

/**
 * Makes the folder and holds it until the scope closes. Fails where another process holds it (the message names it),
 * and where the folder cannot be written. A dead holder's lock is taken over. The folder is for its owner only, also one
 * that was not.
 */
export const acquireFolder = Effect.fn("Database.acquireFolder")(function*(folder: string, self: FolderProcess) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const machine = yield* machineOf(fs, self.host)
  const incarnation = Option.getOrElse(yield* incarnationOf(fs, self.pid), () => "")
  const nonce = yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)
  const fileOf = (number: number) => path.join(folder, `lock.${number}`)
  const draft = path.join(folder, `lock.draft.${self.pid}.${nonce}`)

  const numbers = fs.readDirectory(folder).pipe(
    Effect.map((names) =>
      names.flatMap((name) => /^lock\.\d+$/.test(name) ? [Number(name.slice(5))] : []).sort(Order.number)
    )
  )
  const write = (released: boolean) =>
    Schema.encode(Holder)({
      id: self.id,
      pid: self.pid,
      host: self.host,
      command: self.command,
      startedAt: self.startedAt,
      machine,
      incarnation,
      released
    }).pipe(Effect.orDie, Effect.flatMap((text) => fs.writeFileString(draft, text, { mode: 0o600 })))

  // None: somebody else was faster, look again.
  const attempt = Effect.gen(function*() {
    const highest = (yield* numbers).at(-1) ?? 0
    if (highest > 0) {
      const read = yield* fs.readFileString(fileOf(highest)).pipe(Effect.option)
      if (Option.isNone(read)) return Option.none<number>()
      const holder = Schema.decodeOption(Holder)(read.value)
      if (
        Option.isSome(holder) && !holder.value.released &&
        (yield* isAlive(fs, self, machine, holder.value, fileOf(highest)))
      ) {
        const { command, host, pid, startedAt } = holder.value
        const where = holder.value.machine === machine ? "" : ` on ${host}`
        return yield* refusal(
          folder,
          `is in use by pid ${pid}${where} (${command}) since ${DateTime.formatIso(DateTime.unsafeMake(startedAt))}`
        )
      }
    }
    const mine = highest + 1
    const made = yield* fs.link(draft, fileOf(mine)).pipe(
      Effect.as(true),
      Effect.catchIf(
        (error) => error._tag === "SystemError" && error.reason === "AlreadyExists",
        () => Effect.succeed(false)
      )
    )
    if (!made) return Option.none<number>()
    // The number may have been used and removed since it was read; then a higher one is there by now.
    if ((yield* numbers).at(-1) === mine) return Option.some(mine)
    yield* fs.remove(fileOf(mine))
    return Option.none<number>()
  })

  const acquire = Effect.gen(function*() {
    yield* makeFolder(fs, path, folder, { mode: 0o700 })
    yield* write(false)
    const mine = yield* Effect.repeat(attempt, { until: Option.isSome }).pipe(
      Effect.ensuring(Effect.ignore(fs.remove(draft)))
    )
    const number = Option.getOrThrow(mine)
    yield* Effect.forEach(
      (yield* numbers).filter((other) => other < number),
      (other) => Effect.ignore(fs.remove(fileOf(other))),
      { discard: true }
    )
    yield* closeToOthers(fs, path, folder)
    return number
  }).pipe(
    Effect.catchTags({
      BadArgument: (error) => refusal(folder, `cannot be used: ${error.message}`),
      SystemError: (error) => refusal(folder, `cannot be used: ${error.reason}, ${error.description ?? error.method}`)
    })
  )

  const number = yield* Effect.acquireRelease(acquire, (held) =>
    write(true).pipe(
      Effect.zipRight(fs.rename(draft, fileOf(held))),
      Effect.catchAll((error) => Effect.logWarning("the data folder's lock could not be given back", error))
    ))
  const touch = Effect.flatMap(Clock.currentTimeMillis, (now) => fs.utimes(fileOf(number), now / 1000, now / 1000))
  yield* Effect.forkScoped(Effect.repeat(Effect.ignore(touch), Schedule.spaced(heartbeat)))
})
