/**
 * What an update costs to download, reckoned from two manifests.
 */
import type { Descriptor, Manifest } from "./OciDocuments.js"

/** Bytes, compressed as they are sent. */
export interface DownloadSize {
  /** Config and layers together. */
  readonly total: number
  /** Layers that the image which runs has too. */
  readonly shared: number
  /** What has to be fetched: `total` without `shared`. */
  readonly download: number
}

const once = (descriptors: ReadonlyArray<Descriptor>): ReadonlyArray<Descriptor> => [
  ...new Map(descriptors.map((one) => [one.digest, one])).values()
]

const bytesOf = (descriptors: ReadonlyArray<Descriptor>): number => descriptors.reduce((sum, { size }) => sum + size, 0)

/** The size of an image, and how much of it is there already. Without `current` nothing is. A layer counts once. */
export const downloadSize = (
  next: Pick<Manifest, "config" | "layers">,
  current: Pick<Manifest, "layers"> | undefined
): DownloadSize => {
  const wanted = once([next.config, ...next.layers])
  const there = new Set(current?.layers.map(({ digest }) => digest) ?? [])
  const total = bytesOf(wanted)
  const shared = bytesOf(wanted.filter(({ digest }) => there.has(digest)))
  return { total, shared, download: total - shared }
}
