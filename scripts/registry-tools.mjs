// The real counterparts of the registry tests: Debian's docker-registry (distribution 2.8), skopeo, and htpasswd for a
// registry with users. Without them, those tests are reported as skipped, and under CI=true as failed.
import { ensurePrograms } from "./apt.mjs"

const tools = [["docker-registry", "docker-registry"], ["skopeo", "skopeo"], ["htpasswd", "apache2-utils"]]

/** The names of the programs that are missing still. */
export const ensureRegistryTools = () => ensurePrograms(tools, "the tests against real registries")
