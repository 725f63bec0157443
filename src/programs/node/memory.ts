/**
 * How much memory V8 lets garbage have.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8"

/** What new objects have together, in bytes: two halves, of which one is in use. */
const youngBytes = 8 * 1024 * 1024

const youngNow = (): number =>
  getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space")?.space_size ?? youngBytes

// V8 takes the young generation's greatest size only from its command line, and lets it grow to 32 MB where much of what is
// new survives, as modules do that are being loaded. How it grows can be said at any time: so it is grown to the size that
// is wanted, by objects that survive, and no further.
const fixYoungGeneration = (): void => {
  setFlagsFromString("--semi-space-growth-factor=4")
  const surviving: Array<ReadonlyArray<object>> = []
  for (let round = 0; round < 100 && youngNow() < youngBytes; round++) {
    surviving.push(Array.from({ length: 10_000 }, (_, index) => ({ index })))
  }
  setFlagsFromString("--semi-space-growth-factor=1")
}

/**
 * Lets the heap grow by a quarter of what is alive between two collections of it, and new objects have 8 MB. By itself V8
 * lets them grow to several times that on a machine with much memory: what waits for an answer for a second or two counts
 * as old by then, and is collected only when all old things are. Called before the program is loaded, for loading is what
 * makes the young generation grow. Measured on a backlog of a million: see `npm run bench memory`.
 */
export const keepHeapSmall = (): void => {
  setFlagsFromString("--heap-growing-percent=25")
  fixYoungGeneration()
}
