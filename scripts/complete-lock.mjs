// Completes package-lock.json; run `npm run lock` after adding a dependency. It adds
// - the packages for other platforms that the registry did not offer when the file was written: without their entries, the
//   npm of Node 20 would not install them there (npm/cli#4828);
// - `integrity` where npm left it out: of what is installed here, the hash of the packed file; of optional packages, what
//   the registry says of it. Optional packages that the registry does not offer are listed in unfetched-packages.json.
// `--check` only says whether every package has one or is on that list.
import { execFile } from "node:child_process"
import { readFile, writeFile } from "node:fs/promises"
import { promisify } from "node:util"

const file = new URL("../package-lock.json", import.meta.url)
const listFile = new URL("unfetched-packages.json", import.meta.url)
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

const sorted = (record) => Object.fromEntries(Object.entries(record).sort(([a], [b]) => a.localeCompare(b, "en")))

const inOrder = ({ integrity, name, version, ...rest }) => ({
  ...(name === undefined ? {} : { name }),
  ...(version === undefined ? {} : { version }),
  ...(integrity === undefined ? {} : { integrity }),
  ...rest
})

/** Adds the packages that others name as optional and that have no entry; their names. */
const addPlatforms = (lock) => {
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
  return added
}

const specOf = (path, { name, version }) =>
  `${name ?? path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length)}@${version}`

/** Entries without `integrity`, by the package and its version. What is a link or in another's tarball needs none. */
const without = (lock) =>
  Object.entries(lock.packages).filter(([path, entry]) =>
    path !== "" && entry.integrity === undefined && entry.link !== true && entry.inBundle !== true
  ).map(([path, entry]) => ({ spec: specOf(path, entry), entry }))

const windows = process.platform === "win32"
const npm = async (...args) => {
  const { stdout } = await promisify(execFile)(windows ? "npm.cmd" : "npm", args, {
    shell: windows,
    maxBuffer: 256 * 1024 * 1024
  })
  return JSON.parse(stdout)
}

const packed = async (specs) => {
  const found = new Map()
  for (let from = 0; from < specs.length; from += 20) {
    const answers = await npm("pack", "--dry-run", "--json", "--prefer-offline", ...specs.slice(from, from + 20))
    for (const { id, integrity } of Object.values(answers)) found.set(id, integrity)
  }
  return found
}

// Only a definite "not here" is a reason to go without; anything else ends the script.
const published = async (spec) => {
  try {
    return await npm("view", "--json", spec, "dist.integrity")
  } catch (error) {
    if (/\bE404\b/.test(`${error.stdout}${error.stderr}`)) return undefined
    throw error
  }
}

/** Fills in `integrity`; the optional packages that the registry does not offer. */
const addIntegrity = async (lock) => {
  const missing = without(lock)
  const required = missing.filter(({ entry }) => entry.optional !== true)
  const found = await packed([...new Set(required.map(({ spec }) => spec))])
  const unfetched = []
  for (const { entry, spec } of missing) {
    const integrity = entry.optional === true ? await published(spec) : found.get(spec)
    if (integrity !== undefined) entry.integrity = integrity
    else if (entry.optional === true) unfetched.push(spec)
    else throw new Error(`${spec}: npm pack says no integrity`)
  }
  return { filled: missing.length - unfetched.length, unfetched: unfetched.sort() }
}

const check = (lock, listed) => {
  const missing = without(lock)
  const excused = missing.filter(({ entry, spec }) => entry.optional === true && listed.includes(spec))
  const wrong = [
    ...missing.filter((one) => !excused.includes(one)).map(({ spec }) => `${spec} has no integrity`),
    ...listed.filter((spec) => !missing.some((one) => one.spec === spec)).map((spec) =>
      `${spec} needs no place in scripts/unfetched-packages.json`
    )
  ]
  for (const line of wrong) console.error(`package-lock.json: ${line}; run npm run lock`)
  return wrong.length === 0
}

const lock = JSON.parse(await readFile(file, "utf8"))
if (process.argv.includes("--check")) {
  process.exitCode = check(lock, JSON.parse(await readFile(listFile, "utf8"))) ? 0 : 1
} else {
  const added = addPlatforms(lock)
  const { filled, unfetched } = await addIntegrity(lock)
  // Both as npm orders them, so that it does not write the file again.
  lock.packages = sorted(
    Object.fromEntries(Object.entries(lock.packages).map(([path, entry]) => [path, inOrder(entry)]))
  )
  await writeFile(file, `${JSON.stringify(lock, null, 2)}\n`)
  await writeFile(listFile, `${JSON.stringify(unfetched, null, 2)}\n`)
  console.log(added.length === 0 ? "no entry was missing" : `added ${added.length}: ${added.join(", ")}`)
  console.log(`integrity: ${filled} filled in, ${unfetched.length} optional packages not offered by the registry`)
}
