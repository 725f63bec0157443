/**
 * The program's version, as its package says.
 */
import { Schema } from "effect"
import { createRequire } from "node:module"

const decode = Schema.decodeUnknownSync(Schema.Struct({ version: Schema.String }))

/** Such as `1.2.3`. */
export const version = (): string => decode(createRequire(import.meta.url)("../../package.json")).version
