/** The files of a deployment, as they stand in the repository. */
import { Schema } from "effect"
import { load } from "js-yaml"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = new URL("../../", import.meta.url)

export const pathOf = (file: string): string => fileURLToPath(new URL(file, root))

export const textOf = (file: string): string => readFileSync(new URL(file, root), "utf8")

/** Decodes a YAML file (merge keys resolved); dies where it is not of the schema. */
export const yamlOf = <A, I>(file: string, schema: Schema.Schema<A, I>): A =>
  Schema.decodeUnknownSync(schema)(load(textOf(file), { json: false }))
