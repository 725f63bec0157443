// A reporter for vitest that only counts: into the file that IMAGE_CENSUS_TEST_COUNTS names.
import { writeFileSync } from "node:fs"

export default class CountReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      // A file that could not be loaded, a hook that failed: no test of theirs tells.
      counts.failed += module.errors().length
      for (const suite of module.children.allSuites()) counts.failed += suite.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        counts[state === "passed" || state === "failed" ? state : "skipped"]++
      }
    }
    writeFileSync(process.env.IMAGE_CENSUS_TEST_COUNTS, JSON.stringify(counts))
  }
}
