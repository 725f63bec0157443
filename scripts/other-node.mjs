// A newer Node than the lowest that is supported, so that the tests run on both: one that is installed, under its number or
// by a version manager, else the one that the npm registry has as a package.
import { spawnSync } from "node:child_process"
import { readdirSync } from "node:fs"
import { homedir } from "node:os"
import { delimiter, join } from "node:path"
import { root } from "./ensure-installed.mjs"

const majors = [24, 22]
const fromRegistry = "24.22.3"
const windows = process.platform === "win32"
const binary = windows ? "node.exe" : "bin/node"

const namesIn = (folder) => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

// Where version managers keep a folder for each version, and where the binary is in it.
const managers = [
  [".nvm/versions/node", ""],
  [".volta/tools/image/node", ""],
  [".asdf/installs/nodejs", ""],
  [".local/share/mise/installs/node", ""],
  [".local/share/fnm/node-versions", "installation"],
  ["/usr/local/n/versions/node", ""]
].map(([folder, inside]) => [folder.startsWith("/") ? folder : join(homedir(), folder), inside])

/** The version that a binary says it has; undefined where there is none. */
const versionOf = (file) => {
  const { status, stdout } = spawnSync(file, ["--version"], { encoding: "utf8" })
  return status === 0 ? stdout.trim().replace(/^v/, "") : undefined
}

const candidates = () => [
  ...majors.flatMap((major) =>
    (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "").map((folder) =>
      join(folder, windows ? `node${major}.exe` : `node${major}`)
    )
  ),
  ...managers.flatMap(([folder, inside]) =>
    namesIn(folder).filter((name) => majors.some((major) => name.replace(/^v/, "").startsWith(`${major}.`)))
      .map((name) => join(folder, name, inside, binary))
  )
]

const installed = () => {
  const system = windows ? "win" : process.platform
  const folder = join(root, "node_modules/.cache", `node-${fromRegistry}`)
  const file = join(folder, `node_modules/node-${system}-${process.arch}`, binary)
  if (versionOf(file) !== undefined) return file
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=silent"]
  spawnSync(windows ? "npm.cmd" : "npm", [
    ...args,
    "--prefix",
    folder,
    `node-${system}-${process.arch}@${fromRegistry}`
  ], {
    shell: windows,
    stdio: "ignore",
    timeout: 120_000
  })
  return file
}

/** The file and the version of a Node that is not of this one's release; undefined where none is found. */
export const findOtherNode = () => {
  const own = process.version.split(".")[0]
  for (const find of [candidates, () => [installed()]]) {
    for (const file of find()) {
      const version = versionOf(file)
      if (version !== undefined && `v${version.split(".")[0]}` !== own) return { file, version }
    }
  }
  return undefined
}
