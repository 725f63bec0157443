/**
 * The files of the embedded database on this machine's disk: for their owner only, and on the disk when Postgres says so.
 *
 * PGlite runs Postgres with `fsync` off, on a file system (Emscripten's NODEFS) that knows no fsync. Here the file system
 * knows it, and Postgres is started with `fsync` on: a transaction that was committed survives a power cut, as far as the
 * disk keeps what it has acknowledged. `fdatasync` never reaches the file system, so the log is synced by `fsync`.
 */
import { PGlite } from "@electric-sql/pglite"
import { NodeFS } from "@electric-sql/pglite/nodefs"
import { Predicate } from "effect"
import { chmodSync, closeSync, existsSync, fsyncSync, lstatSync, mkdirSync, openSync, readdirSync } from "node:fs"
import { dirname, join } from "node:path"

/** Returns when all that was written to an open file, or to a folder's list of names, is on the disk. */
export type Sync = (descriptor: number) => void

/** What others than the owner may. */
const others = 0o077

const owners = (mode: number): number => mode & ~others

type Operation = (this: unknown, ...args: ReadonlyArray<unknown>) => unknown

const isOperation = (value: unknown): value is Operation => typeof value === "function"

// What is inside of Emscripten has no types. Where it is not as this program knows it, nothing may be promised.
const inside = <A>(owner: unknown, name: string, is: (value: unknown) => value is A): A => {
  const found = Predicate.hasProperty(owner, name) ? owner[name] : undefined
  if (!is(found)) throw new Error(`PGlite's file system has no ${name} as this program knows it`)
  return found
}

const descriptorOf = (stream: unknown): number => inside(stream, "nfd", Predicate.isNumber)

const withOwnersMode = (attributes: unknown): unknown =>
  Predicate.hasProperty(attributes, "mode") && typeof attributes.mode === "number"
    ? { ...attributes, mode: owners(attributes.mode) }
    : attributes

/** Gives the file system `fsync`, and takes from the modes of its files what others may. */
const complete = (files: unknown, sync: Sync): void => {
  const nodes = inside(files, "node_ops", Predicate.isObject)
  const streams = inside(files, "stream_ops", Predicate.isObject)
  const trying = inside(files, "tryFSOperation", isOperation)
  const make = inside(nodes, "mknod", isOperation)
  const change = inside(nodes, "setattr", isOperation)
  Object.assign(nodes, {
    mknod: (parent: unknown, name: unknown, mode: number, device: unknown) => make(parent, name, owners(mode), device),
    setattr: (node: unknown, attributes: unknown) => change(node, withOwnersMode(attributes))
  })
  Object.assign(streams, {
    // What it throws becomes an error number that Postgres knows.
    fsync: (stream: unknown) => {
      trying(() => sync(descriptorOf(stream)))
      return 0
    }
  })
}

class Files extends NodeFS {
  constructor(folder: string, private readonly sync: Sync) {
    super(folder)
  }
  override async init(...args: Parameters<NodeFS["init"]>): ReturnType<NodeFS["init"]> {
    const { emscriptenOpts: options } = await super.init(...args)
    const preRun: typeof options.preRun = [
      ...options.preRun ?? [],
      (module) => complete(module.FS.filesystems.NODEFS, this.sync)
    ]
    return { emscriptenOpts: { ...options, preRun } }
  }
}

const syncAt = (path: string, sync: Sync): void => {
  const descriptor = openSync(path, "r")
  try {
    sync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Every file and folder, what is inside of a folder before it. */
const walk = (path: string): ReadonlyArray<{ readonly path: string; readonly mode: number }> => {
  const info = lstatSync(path)
  if (!info.isDirectory()) return info.isFile() ? [{ path, mode: info.mode }] : []
  return [...readdirSync(path).flatMap((name) => walk(join(path, name))), { path, mode: info.mode }]
}

/**
 * Takes from others what they may do with a database's files. Where there was something to take, they are of a version
 * that never synced, so all of them are.
 */
const mend = (folder: string, sync: Sync): void => {
  const found = walk(folder)
  const open = found.filter(({ mode }) => (mode & others) !== 0)
  for (const { mode, path } of open) chmodSync(path, owners(mode & 0o777))
  if (open.length > 0) { for (const { path } of found) syncAt(path, sync) }
}

/** Opens the database in a folder, which is made where it is not there; its parent is there. */
export const open = async (folder: string, sync: Sync = fsyncSync): Promise<PGlite> => {
  const isNew = !existsSync(join(folder, "PG_VERSION"))
  if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 })
  mend(folder, sync)
  const database = await PGlite.create({
    dataDir: folder,
    fs: new Files(folder, sync),
    startParams: [
      ...PGlite.defaultStartParams.filter((parameter) => parameter !== "-F"),
      "-c",
      "wal_sync_method=fsync"
    ]
  })
  // What a new one begins with was written without Postgres.
  if (isNew) { for (const path of [...walk(folder).map(({ path }) => path), dirname(folder)]) syncAt(path, sync) }
  return database
}
