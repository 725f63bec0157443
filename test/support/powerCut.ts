/**
 * A disk that keeps what was synced and nothing else, as after a power cut. A file that is synced keeps its name too, as on
 * every journaling file system (Postgres relies on it); that a name is gone or has changed is kept with its folder.
 */
import { fstatSync, fsyncSync, lstatSync, mkdirSync, readdirSync, readSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

// A number is used again when its file is gone.
const identityOf = ({ birthtimeNs, ino }: { readonly birthtimeNs: bigint; readonly ino: bigint }) =>
  `${ino} ${birthtimeNs}`

const identityAt = (path: string): string => identityOf(lstatSync(path, { bigint: true }))

const contentOf = (descriptor: number, size: number): Buffer => {
  const content = Buffer.alloc(size)
  let at = 0
  while (at < size) {
    const read = readSync(descriptor, content, at, size - at, at)
    if (read === 0) return content.subarray(0, at)
    at += read
  }
  return content
}

/** Watches the files below a folder. */
export const powerCut = (root: string) => {
  /** What files hold, and what folders: names with identities. */
  const contents = new Map<string, Buffer>()
  const folders = new Map<string, Map<string, string>>()
  const named = new Set<string>()
  let syncs = 0

  const pathOf = (folder: string, identity: string): string | undefined => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (identityAt(path) === identity) return path
      const found = entry.isDirectory() ? pathOf(path, identity) : undefined
      if (found !== undefined) return found
    }
    return undefined
  }

  const keepName = (path: string, identity: string): void => {
    const folder = identityAt(dirname(path))
    folders.set(folder, new Map([...folders.get(folder) ?? [], [path.slice(dirname(path).length + 1), identity]]))
    named.add(identity)
  }

  const take = (descriptor: number): void => {
    const info = fstatSync(descriptor, { bigint: true })
    const identity = identityOf(info)
    if (!info.isDirectory()) contents.set(identity, contentOf(descriptor, Number(info.size)))
    const path = named.has(identity) ? undefined : pathOf(root, identity)
    if (path !== undefined) keepName(path, identity)
    if (!info.isDirectory()) return
    const folder = path ?? pathOf(root, identity)
    if (folder === undefined) return
    folders.set(identity, new Map(readdirSync(folder).map((name) => [name, identityAt(join(folder, name))])))
  }

  const restore = (identity: string, to: string): void => {
    mkdirSync(to, { recursive: true, mode: 0o700 })
    for (const [name, inner] of folders.get(identity) ?? []) {
      if (folders.has(inner)) restore(inner, join(to, name))
      else writeFileSync(join(to, name), contents.get(inner) ?? "", { mode: 0o600 })
    }
  }

  return {
    /** Stands for `fsync`. */
    sync: (descriptor: number): void => {
      syncs += 1
      fsyncSync(descriptor)
      take(descriptor)
    },
    syncs: () => syncs,
    /** Writes what a folder of these holds after the power was cut to another place. */
    restoreTo: (folder: string, to: string): void => restore(identityAt(folder), to)
  }
}
