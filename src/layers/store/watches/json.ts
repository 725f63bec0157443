import { storable } from "../../../domain/StorableText.js"

// Cutting a text may leave half a character behind.
const kept = (_: string, value: unknown): unknown => typeof value === "string" ? storable(value) : value

/** A value as JSON that the database takes. */
export const jsonOf = (value: unknown): string => JSON.stringify(value, kept)
