// A thread's program that is TypeScript: tsx, which runs the main thread from source, leaves other threads alone.
import { workerData } from "node:worker_threads"
import { register } from "tsx/esm/api"

register()
await import(workerData.program)
