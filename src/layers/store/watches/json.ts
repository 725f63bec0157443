import { storable } from "../core.js"

// jsonb takes neither NUL nor half a surrogate pair, which cutting a text may leave behind.
const kept = (_: string, value: unknown): unknown =>
  typeof value === "string" ? storable(value).replace(/\p{Surrogate}/gu, "\uFFFD") : value

/** A value as JSON that the database takes. */
export const jsonOf = (value: unknown): string => JSON.stringify(value, kept)
