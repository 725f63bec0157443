// The real counterparts of the registry tests: Debian's docker-registry (distribution 2.8), skopeo, and htpasswd for a
// registry with users. `ensureRegistryTools()` installs what is missing where apt and root are there, and returns the
// names of what is missing still: those tests are then reported as skipped, and under CI=true as failed.
import { spawnSync } from "node:child_process"

const tools = [["docker-registry", "docker-registry"], ["skopeo", "skopeo"], ["htpasswd", "apache2-utils"]]

const there = (program) => spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status === 0

const run = (program, args) =>
  spawnSync(program, args, {
    stdio: ["ignore", "ignore", "inherit"],
    // Nothing of a package may start a service of its own here.
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" }
  }).status === 0

const missing = () => tools.filter(([program]) => !there(program))

export const ensureRegistryTools = () => {
  const absent = missing()
  if (absent.length > 0 && process.getuid?.() === 0 && there("apt-get")) {
    const packages = absent.map(([, name]) => name)
    console.log(`Installing ${packages.join(", ")} for the tests against real registries`)
    const install = () => run("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...packages])
    if (!install()) {
      run("apt-get", ["update", "-q"])
      install()
    }
  }
  return missing().map(([program]) => program)
}
