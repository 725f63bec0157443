/** A line of a table: the first cell to the left, the others to the right. */
export const line = (widths: readonly [number, number], cells: ReadonlyArray<string | number>): string =>
  cells.map((cell, n) => n === 0 ? String(cell).padEnd(widths[0]) : String(cell).padStart(widths[1])).join("")
