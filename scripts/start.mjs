// npm start: the whole program against a simulated world, from a fresh clone, ending by itself.
import { runFile } from "./run.mjs"

process.exitCode = await runFile("test/sandbox/start.ts", process.argv.slice(2))
