// Writes src/index.ts, the public entry: every module of domain, services and layers whose name begins with a capital (in
// the domain a folder is the inside of the module beside it), and the programs that users compose themselves. `--check` only says whether it is up to date.
import { readdir, readFile, writeFile } from "node:fs/promises"
import { basename, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"

const source = fileURLToPath(new URL("../src/", import.meta.url))
const programs = ["sync/Discover", "sync/Sync", "sync/SyncOptions", "sync/SyncProgress"]

const modules = async (room, recursive = true) => {
  const entries = await readdir(`${source}${room}`, { recursive, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && /^[A-Z]\w*\.ts$/.test(entry.name))
    .map((entry) => relative(source, `${entry.parentPath ?? entry.path}${sep}${entry.name}`).split(sep).join("/"))
    .map((path) => path.replace(/\.ts$/, ""))
    .sort()
}

const namespaced = (path) => `export * as ${basename(path)} from "./${path}.js"`

const text = [
  `/**
 * The library: what things are (a namespace for each module of the domain), what can be asked (the services by their
 * names), how it is done (a namespace for each module of layers), and the programs that are composed of services.
 *
 * Written by \`npm run index\` out of the folders: a module is public if its name begins with a capital.
 */`,
  "",
  ...(await modules("domain", false)).map(namespaced),
  "",
  ...(await modules("services")).map((path) => `export * from "./${path}.js"`),
  "",
  ...(await modules("layers")).map(namespaced),
  "",
  ...programs.map((name) => namespaced(`programs/${name}`)),
  ""
].join("\n")

const file = `${source}index.ts`
const before = await readFile(file, "utf8").catch(() => "")
if (before === text) process.exit(0)
if (process.argv.includes("--check")) {
  console.error("src/index.ts does not export what the folders hold: run npm run index")
  process.exit(1)
}
await writeFile(file, text)
