// Adds to package-lock.json the packages for other platforms that the registry did not offer when the file was written.
// Without their entries, the npm of Node 20 would not install them there (npm/cli#4828). Run `npm run lock` after adding a dependency.
import { readFile, writeFile } from "node:fs/promises"

const file = new URL("../package-lock.json", import.meta.url)
const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"]
const processors = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"]

const entryOf = (name, version, parent) => {
  const words = name.split("/").at(-1).split("-")
  const system = words.find((word) => systems.includes(word))
  const processor = words.find((word) => processors.includes(word))
  if (system === undefined || processor === undefined) throw new Error(`${name}: for which platform is this?`)
  const isMusl = words.some((word) => word.startsWith("musl"))
  const isGlibc = words.some((word) => word.startsWith("gnu") || word === "glibc")
  return {
    version,
    cpu: [processor],
    ...(parent.dev === true ? { dev: true } : {}),
    ...(system === "linux" && (isMusl || isGlibc) ? { libc: [isMusl ? "musl" : "glibc"] } : {}),
    ...(parent.license === undefined ? {} : { license: parent.license }),
    optional: true,
    os: [system]
  }
}

const lock = JSON.parse(await readFile(file, "utf8"))
const added = []
for (const [path, parent] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const own = `${path}/node_modules/${name}`
    const shared = `node_modules/${name}`
    if (lock.packages[own] !== undefined || lock.packages[shared] !== undefined) continue
    lock.packages[shared] = entryOf(name, version, parent)
    added.push(name)
  }
}
const byPath = ([a], [b]) => a.localeCompare(b, "en")
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(byPath))
await writeFile(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(added.length === 0 ? "nothing was missing" : `added ${added.length}: ${added.join(", ")}`)
