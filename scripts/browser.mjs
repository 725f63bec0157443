// The browser of the tests in test/browser: Debian's Chromium. Without it, they are reported as skipped, and under
// CI=true as failed.
import { ensurePrograms } from "./apt.mjs"

/** The names of the programs that are missing still. */
export const ensureBrowser = () => ensurePrograms([["chromium", "chromium"]], "the tests in a browser")
