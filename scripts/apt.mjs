// Programs that tests need beside Node: installed from Debian's packages where apt and root are there.
import { spawnSync } from "node:child_process"

/** Whether a program is there to be run. */
export const isThere = (program) => spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status === 0

const run = (program, args) =>
  spawnSync(program, args, {
    stdio: ["ignore", "ignore", "inherit"],
    // Nothing of a package may start a service of its own here.
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" }
  }).status === 0

/**
 * Installs what is missing of these programs (pairs of a program and its package), if it can be; returns the names of
 * those that are missing still.
 */
export const ensurePrograms = (tools, purpose) => {
  const missing = () => tools.filter(([program]) => !isThere(program))
  const packages = missing().map(([, name]) => name)
  if (packages.length > 0 && process.getuid?.() === 0 && isThere("apt-get")) {
    console.log(`Installing ${packages.join(", ")} for ${purpose}`)
    const install = () => run("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...packages])
    if (!install()) {
      run("apt-get", ["update", "-q"])
      install()
    }
  }
  return missing().map(([program]) => program)
}
