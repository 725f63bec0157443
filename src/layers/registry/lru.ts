/**
 * Things kept by how lately they were used, up to a number of bytes.
 */

export interface Lru<A> {
  readonly get: (key: string) => A | undefined
  readonly set: (key: string, value: A) => void
  readonly bytes: () => number
}

/** Keeps values until their sizes (in bytes) are more than `maxBytes` together; the least recently used goes first. */
export const makeLru = <A>(maxBytes: number, sizeOf: (value: A) => number): Lru<A> => {
  // A Map keeps the order of insertion: what is used is put at the end again.
  const entries = new Map<string, A>()
  let bytes = 0

  const drop = (key: string): void => {
    const value = entries.get(key)
    if (value === undefined) return
    entries.delete(key)
    bytes -= sizeOf(value)
  }

  return {
    get: (key) => {
      const value = entries.get(key)
      if (value === undefined) return undefined
      entries.delete(key)
      entries.set(key, value)
      return value
    },
    set: (key, value) => {
      drop(key)
      if (sizeOf(value) > maxBytes) return
      entries.set(key, value)
      bytes += sizeOf(value)
      for (const oldest of entries.keys()) {
        if (bytes <= maxBytes) return
        drop(oldest)
      }
    },
    bytes: () => bytes
  }
}
