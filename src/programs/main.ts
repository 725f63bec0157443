#!/usr/bin/env node
/**
 * Where `image-census` begins: it can be stopped while the rest of the program is still being loaded, which takes a
 * second on a slow machine. Nothing has been done by then, so there is nothing to give back.
 */
import { keepHeapSmall } from "./node/memory.js"

const stop = (): void => process.exit(0)
const signals = ["SIGINT", "SIGTERM"] as const

for (const signal of signals) process.on(signal, stop)
keepHeapSmall()
const { start } = await import("./program.js")
for (const signal of signals) process.off(signal, stop)
start()
