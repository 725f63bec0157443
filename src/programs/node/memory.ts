/**
 * How much memory V8 lets garbage have.
 */
import { setFlagsFromString } from "node:v8"

/**
 * Lets the heap grow by a quarter of what is alive between two collections of it. By itself V8 lets it grow to several
 * times that on a machine with much memory: what waits for an answer for a second or two counts as old by then, and is
 * collected only when all old things are. Measured on a backlog of a million: see `npm run bench memory`.
 */
export const keepHeapSmall = (): void => setFlagsFromString("--heap-growing-percent=25")
