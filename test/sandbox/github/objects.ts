/**
 * Git objects of the world's repositories, as GitHub's GraphQL shows them.
 */
import { oid } from "../world/seed.js"
import type { GitHubFacts } from "../world/World.js"

const truncatedAt = 512_000

const blob = (text: string) => {
  const id = oid("blob", text)
  return {
    __typename: "Blob",
    id: `B_${id}`,
    oid: id,
    abbreviatedOid: id.slice(0, 7),
    byteSize: Buffer.byteLength(text),
    isBinary: text.includes("\u0000"),
    isTruncated: text.length > truncatedAt,
    text: text.includes("\u0000") ? null : text.slice(0, truncatedAt)
  }
}

interface Entry {
  readonly name: string
  readonly path: string
  readonly type: "blob" | "tree"
}

const entriesOf = (facts: GitHubFacts, folder: string): ReadonlyArray<Entry> => {
  const prefix = folder === "" ? "" : `${folder}/`
  const entries = new Map<string, Entry>()
  for (const path of facts.files.keys()) {
    if (!path.startsWith(prefix)) continue
    const [name = "", ...deeper] = path.slice(prefix.length).split("/")
    entries.set(name, { name, path: prefix + name, type: deeper.length === 0 ? "blob" : "tree" })
  }
  return Array.from(entries.values()).sort((a, b) => a.name < b.name ? -1 : 1)
}

const tree = (facts: GitHubFacts, folder: string, entries: ReadonlyArray<Entry>): object => {
  const id = oid("tree", facts.headOid ?? "", folder)
  return {
    __typename: "Tree",
    id: `T_${id}`,
    oid: id,
    abbreviatedOid: id.slice(0, 7),
    entries: () =>
      entries.map((entry) => ({
        name: entry.name,
        path: entry.path,
        extension: /\.[^.]*$/.exec(entry.name)?.[0] ?? "",
        type: entry.type,
        mode: entry.type === "blob" ? 0o100644 : 0o040000,
        size: Buffer.byteLength(facts.files.get(entry.path) ?? ""),
        oid: oid(entry.type, entry.type === "blob" ? facts.files.get(entry.path) ?? "" : entry.path),
        object: () => atPath(facts, entry.path)
      }))
  }
}

/** A file or folder at HEAD; null where there is nothing of that name. `""` is the top folder. */
const atPath = (facts: GitHubFacts, path: string): object | null => {
  const text = facts.files.get(path)
  if (text !== undefined) return blob(text)
  const entries = entriesOf(facts, path)
  return entries.length === 0 ? null : tree(facts, path, entries)
}

const commit = (facts: GitHubFacts, headOid: string) => ({
  __typename: "Commit",
  id: `C_${headOid}`,
  oid: headOid,
  abbreviatedOid: headOid.slice(0, 7),
  message: "Make it work",
  messageHeadline: "Make it work",
  committedDate: "2026-01-01T00:00:00Z",
  tree: () => atPath(facts, "")
})

const branch = "main"

/** `object(expression:, oid:)`: null for what is not there, and never an error. */
export const objectOf = (
  facts: GitHubFacts,
  { expression, oid: wanted }: { readonly expression?: string | null; readonly oid?: string | null }
): object | null => {
  if (facts.headOid === undefined) return null
  if (typeof wanted === "string") {
    if (wanted === facts.headOid) return commit(facts, wanted)
    const found = Array.from(facts.files.values()).find((content) => oid("blob", content) === wanted)
    return found === undefined ? null : blob(found)
  }
  const [, revision = "", path] = /^([^:]*)(?::(.*))?$/s.exec(expression ?? "") ?? []
  if (!["HEAD", branch, `refs/heads/${branch}`, facts.headOid].includes(revision)) return null
  return path === undefined ? commit(facts, facts.headOid) : atPath(facts, path.replace(/\/$/, ""))
}

/** `defaultBranchRef`: null while the repository is empty. */
export const defaultBranch = (facts: GitHubFacts): object | null => {
  const { headOid } = facts
  return headOid === undefined
    ? null
    : { id: `REF_${headOid}`, name: branch, prefix: "refs/heads/", target: () => commit(facts, headOid) }
}
