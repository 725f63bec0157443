/**
 * Rewrites the imports of built files: `import { Effect } from "effect"` loads every module of that package, most of which
 * nobody here needs. Each name is imported from its own module instead, which is the same object. Measured: the program is
 * loaded with 33 MB of heap instead of 59, and 27 MB less are resident.
 */
import { existsSync } from "node:fs"
import { readdir, readFile, writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"

const barrel = /^import \{([^}]+)\} from "(effect|@effect\/[a-z-]+)";?$/gm
// What "effect" exports under its own name stands in its module Function.
const functions = new Set(["absurd", "flow", "hole", "identity", "pipe", "unsafeCoerce"])

const isModule = (specifier) => {
  try {
    return existsSync(fileURLToPath(import.meta.resolve(specifier)))
  } catch {
    return false
  }
}

const single = (packageName, text) => {
  const [name, alias = name] = text.split(/\s+as\s+/)
  if (packageName === "effect" && functions.has(name)) return `import { ${text} } from "effect/Function";`
  const specifier = `${packageName}/${name}`
  return isModule(specifier)
    ? `import * as ${alias} from "${specifier}";`
    : `import { ${text} } from "${packageName}";`
}

/** A built file's text with single modules in place of whole packages, on as many lines. */
export const withSingleModules = (text) =>
  text.replace(barrel, (statement, names, packageName) => {
    const imports = names.split(",").map((name) => name.trim()).filter((name) => name !== "")
    return imports.map((name) => single(packageName, name)).join(" ") + "\n".repeat(statement.split("\n").length - 1)
  })

/** Rewrites all JavaScript below a folder. */
export const useSingleModules = async (folder) => {
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith(".js")) continue
    const file = new URL(name, folder)
    const text = await readFile(file, "utf8")
    const rewritten = withSingleModules(text)
    if (rewritten !== text) await writeFile(file, rewritten)
  }
}
