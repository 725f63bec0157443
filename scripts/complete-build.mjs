// What TypeScript leaves out of a build: the page's files, the right to run the command by its name, and imports of no
// more than what is needed.
import { chmod, cp } from "node:fs/promises"
import { useSingleModules } from "./single-modules.mjs"

const assets = "programs/server/assets"
await cp(new URL(`../src/${assets}`, import.meta.url), new URL(`../dist/${assets}`, import.meta.url), {
  recursive: true,
  force: true
})
await chmod(new URL("../dist/programs/main.js", import.meta.url), 0o755)
await useSingleModules(new URL("../dist/", import.meta.url))
