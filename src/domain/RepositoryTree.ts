/**
 * Which files of a repository tell of images, by their names alone.
 */
import type { RepositoryFiles } from "./Finding.js"
import type { TreeFile } from "./ImageClaim.js"

/** The folders that a look lists: the root, where images are usually built, and the workflows. */
export const folders = ["", "docker", "build", "deploy", ".docker", ".github/workflows"] as const

/** An entry of a tree on GitHub. */
export interface TreeEntry {
  readonly name: string
  /** `blob`, `tree` or `commit`. */
  readonly type: string
  readonly oid: string
  readonly size: number
}

const dockerfile = /^(?:Dockerfile|Containerfile)$/
const compose = /^(?:docker-)?compose(?:[._-][\w.-]+)?\.ya?ml$/i
const workflow = /\.ya?ml$/i
const built =
  /^(?:\.?goreleaser(?:[._-][\w.-]+)?\.ya?ml|\.ko\.ya?ml|docker-bake(?:\.[\w.-]+)?\.(?:hcl|json)|bake\.(?:hcl|json))$/i

/** What is among the entries of the folders that a look lists. */
export const filesIn = (
  entries: ReadonlyMap<string, ReadonlyArray<TreeEntry>>
): Omit<RepositoryFiles, "defaultBranch"> & { readonly dockerfiles: ReadonlyArray<string> } => {
  const dockerfiles = new Array<string>()
  const composeFiles = new Array<string>()
  const workflows = new Array<TreeFile>()
  const build = new Array<TreeFile>()
  for (const folder of folders) {
    for (const { name, oid, size, type } of entries.get(folder) ?? []) {
      if (type !== "blob") continue
      const path = folder === "" ? name : `${folder}/${name}`
      const file = { path, oid, size }
      if (folder === ".github/workflows") {
        if (workflow.test(name)) workflows.push(file)
      } else if (dockerfile.test(name)) dockerfiles.push(path)
      else if (compose.test(name)) {
        composeFiles.push(path)
        build.push(file)
      } else if (built.test(name)) build.push(file)
    }
  }
  return { dockerfiles, compose: composeFiles, workflows, build }
}
