// What TypeScript leaves out of a build: the page's files, and the right to run the command by its name.
import { chmod, cp } from "node:fs/promises"

const assets = "programs/server/assets"
await cp(new URL(`../src/${assets}`, import.meta.url), new URL(`../dist/${assets}`, import.meta.url), {
  recursive: true,
  force: true
})
await chmod(new URL("../dist/programs/main.js", import.meta.url), 0o755)
