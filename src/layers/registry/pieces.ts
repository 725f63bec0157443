/**
 * Streams of bytes in pieces of one size.
 */
import { Option, Stream } from "effect"

/** Bytes cut anew into pieces of one size; the last may be shorter. */
export const pieces = <E>(bytes: Stream.Stream<Uint8Array, E>, size: number): Stream.Stream<Uint8Array, E> => {
  const cut = (held: Uint8Array, chunk: Uint8Array): readonly [Uint8Array, ReadonlyArray<Uint8Array>] => {
    const all = held.byteLength === 0 ? chunk : Buffer.concat([held, chunk])
    const full = Math.floor(all.byteLength / size)
    const out = Array.from({ length: full }, (_, index) => all.subarray(index * size, (index + 1) * size))
    return [all.subarray(full * size), out]
  }
  return bytes.pipe(
    Stream.map(Option.some),
    Stream.concat(Stream.make(Option.none<Uint8Array>())),
    Stream.mapAccum<Uint8Array, Option.Option<Uint8Array>, ReadonlyArray<Uint8Array>>(
      new Uint8Array(0),
      (held, chunk) =>
        Option.match(chunk, {
          onNone: () => [new Uint8Array(0), held.byteLength === 0 ? [] : [held]] as const,
          onSome: (chunk) => cut(held, chunk)
        })
    ),
    Stream.mapConcat((out) => out)
  )
}
