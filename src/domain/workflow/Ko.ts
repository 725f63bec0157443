/**
 * ko: names images by `KO_DOCKER_REPO` and the package that is built.
 */
import { withoutEnd } from "../textEnds.js"
import type { HoleTable } from "./Holes.js"

/** The names under which `ko build` publishes; empty where it stays on the runner. */
export const koNames = (given: ReadonlyArray<string>, repository: string, holes: HoleTable): ReadonlyArray<string> => {
  const flag = (...names: ReadonlyArray<string>): boolean =>
    given.some((one) => names.includes(one) || names.some((name) => one === `${name}=true`))
  if (repository === "" || flag("--local", "-L") || given.includes("--push=false")) return []
  if (flag("--bare")) return [repository]
  const paths = given.filter((one, index) =>
    /^(?:ko:\/\/)?(?:\.|[\w.-]+\/)/.test(one) &&
    !/^--?(?:t|tags|platform|image-label|sbom|f|filename)$/.test(given[index - 1] ?? "")
  )
  return (paths.length === 0 ? ["."] : paths).map((path) => {
    const base = withoutEnd(path, "/").split("/").at(-1) ?? ""
    // By default the name ends in a hash of the package's import path, which the workflow does not tell.
    const name = flag("--base-import-paths", "-B") && !/^\.*$/.test(base)
      ? base
      : holes.unknown("runtime", "$(import path)")
    return `${repository}/${name}`
  })
}
