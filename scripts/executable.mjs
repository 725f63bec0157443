// Lets the built command be run by its name: TypeScript keeps its first line, but not the right to execute it.
import { chmod } from "node:fs/promises"

await chmod(new URL("../dist/programs/main.js", import.meta.url), 0o755)
