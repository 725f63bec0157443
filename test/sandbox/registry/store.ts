/**
 * What a simulated registry keeps, and what it counts.
 */
import { createHash, randomUUID } from "node:crypto"

export interface KeptManifest {
  readonly mediaType: string
  readonly bytes: Uint8Array
}

export interface KeptRepository {
  readonly manifests: Map<string, KeptManifest>
  /** In the order in which they were pushed. */
  readonly tags: Map<string, string>
  readonly blobs: Map<string, Uint8Array>
}

/** Requests since the last reset. */
export interface RegistryCounts {
  requests: number
  challenges: number
  tokens: number
  heads: number
  /** GETs of manifests that are there: what a registry counts as pulls. */
  pulls: number
  other: number
}

export const sha256 = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`

export const makeRegistryStore = () => {
  const repositories = new Map<string, KeptRepository>()
  const uploads = new Map<string, Uint8Array>()
  const counts: RegistryCounts = { requests: 0, challenges: 0, tokens: 0, heads: 0, pulls: 0, other: 0 }

  const make = (name: string): KeptRepository => {
    const found = repositories.get(name)
    if (found !== undefined) return found
    const made: KeptRepository = { manifests: new Map(), tags: new Map(), blobs: new Map() }
    repositories.set(name, made)
    return made
  }

  return {
    counts,
    resetCounts: (): void => {
      Object.assign(counts, { requests: 0, challenges: 0, tokens: 0, heads: 0, pulls: 0, other: 0 })
    },
    repository: (name: string): KeptRepository | undefined => repositories.get(name),
    make,
    putManifest: (name: string, reference: string, bytes: Uint8Array, mediaType: string): string => {
      const digest = sha256(bytes)
      const kept = make(name)
      kept.manifests.set(digest, { mediaType, bytes })
      if (!reference.includes(":")) kept.tags.set(reference, digest)
      return digest
    },
    putBlob: (name: string, bytes: Uint8Array): string => {
      const digest = sha256(bytes)
      make(name).blobs.set(digest, bytes)
      return digest
    },
    openUpload: (): string => {
      const id = randomUUID()
      uploads.set(id, new Uint8Array())
      return id
    },
    upload: (id: string): Uint8Array | undefined => uploads.get(id),
    append: (id: string, bytes: Uint8Array): number => {
      const all = Buffer.concat([uploads.get(id) ?? new Uint8Array(), bytes])
      uploads.set(id, all)
      return all.byteLength
    },
    closeUpload: (id: string): void => {
      uploads.delete(id)
    },
    manifest: (name: string, reference: string): { readonly digest: string } & KeptManifest | undefined => {
      const kept = repositories.get(name)
      const digest = reference.includes(":") ? reference : kept?.tags.get(reference)
      const found = digest === undefined ? undefined : kept?.manifests.get(digest)
      return digest === undefined || found === undefined ? undefined : { digest, ...found }
    }
  }
}

export type RegistryStore = ReturnType<typeof makeRegistryStore>
