// Vitest's global set-up: the server on which tests make their scratch databases. TEST_DATABASE_URL names one, else a
// local one is started. DATABASE_URL is never used.
import { start } from "../../scripts/postgres.mjs"

export const setup = async (project) => {
  const given = process.env.TEST_DATABASE_URL ?? ""
  if (given !== "") {
    project.provide("postgresUrl", given)
    return
  }
  const server = await start((line) => process.stderr.write(`${line}\n`))
  if (server === undefined && (process.env.CI ?? "") === "true") {
    throw new Error("under CI=true the tests need Postgres: install it, or set TEST_DATABASE_URL")
  }
  if (server === undefined) {
    process.stderr.write("no Postgres here and no TEST_DATABASE_URL: the tests that need a server are skipped\n")
  }
  project.provide("postgresUrl", server?.url ?? "")
  return async () => server?.stop()
}
