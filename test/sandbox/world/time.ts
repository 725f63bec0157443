/**
 * Instants (epoch milliseconds) in the forms that servers write.
 */
import { DateTime } from "effect"

/** `2026-01-02T03:04:05.678Z`. */
export const iso = (epochMillis: number): string => DateTime.formatIso(DateTime.unsafeMake(epochMillis))

/** `2026-01-02T03:04:05Z`. */
export const isoSeconds = (epochMillis: number): string => iso(epochMillis).replace(/\.\d+Z$/, "Z")

/** `Fri, 02 Jan 2026 03:04:05 GMT`. */
export const httpDate = (epochMillis: number): string => DateTime.toDate(DateTime.unsafeMake(epochMillis)).toUTCString()
