/**
 * Running the checks over a folder of tables, and the table of what came of it.
 */
import { FileSystem, Path } from "@effect/platform"
import { Effect, Schema } from "effect"
import { credentialChecks, scopeChecks } from "./access.js"
import { deployChecks } from "./deploy.js"
import { documentChecks, indexChecks } from "./documents.js"
import { challengeChecks, linkChecks, warningChecks } from "./headers.js"
import { parseChecks, regexpChecks } from "./references.js"
import { answerChecks, httpChecks, realmChecks } from "./registry.js"
import { type Check, type Checks, leftOut, type Outcome, Row, Table } from "./row.js"
import { digestChecks, platformChecks } from "./values.js"
import { orderChecks, pickChecks } from "./versions.js"

const files: Readonly<Record<string, Checks>> = {
  "ref_parse.json": parseChecks,
  "ref_regexp.json": regexpChecks,
  "digest.json": digestChecks,
  "platform.json": platformChecks,
  "www_authenticate.json": challengeChecks,
  "link_header.json": linkChecks,
  "auth_scope.json": { ...scopeChecks, ...realmChecks },
  "warning_ratelimit_headers.json": warningChecks,
  "oci_documents.json": { ...documentChecks, ...answerChecks },
  "oci_index.json": { ...indexChecks, ...deployChecks },
  "registry_http.json": httpChecks,
  "docker_config_credentials.json": credentialChecks,
  "update_pick.json": pickChecks,
  "version_order.json": orderChecks
}

/** What came of one table. */
export interface TableReport {
  readonly file: string
  readonly source: string
  readonly test: string
  readonly dialect: string | null
  readonly passed: number
  readonly failed: number
  readonly leftOut: number
  readonly reasons: ReadonlyArray<string>
  readonly failures: ReadonlyArray<{ readonly case: Row; readonly expected: unknown; readonly actual: unknown }>
}

const VectorFile = Schema.parseJson(Schema.extend(Schema.Struct({ tables: Schema.Array(Table) }), Row))

const unchecked = (dialect: string | undefined): Check => () =>
  leftOut(dialect === undefined ? "no check for this table" : `the dialect ${dialect} is not ours`)

// A check that dies has failed: that is what it is there to show.
const outcomeOf = (check: Check, row: Row, context: Row): Effect.Effect<Outcome> =>
  Effect.sync(() => check(row, context)).pipe(
    Effect.catchAllDefect((defect) =>
      Effect.succeed<Outcome>({ kind: "failed", expected: "an answer", actual: `${defect}` })
    )
  )

const reportOf = Effect.fn("vectors.table")(function*(file: string, table: Table, context: Row) {
  const { repo, where } = table.source
  const check = files[file]?.[`${repo} ${where}`] ?? unchecked(table.dialect)
  const outcomes = yield* Effect.forEach(
    table.cases,
    (row) => Effect.map(outcomeOf(check, row, context), (outcome) => ({ row, outcome }))
  )
  const failures = outcomes.flatMap(({ outcome, row }) =>
    outcome.kind === "failed" ? [{ case: row, expected: outcome.expected, actual: outcome.actual }] : []
  )
  const reasons = outcomes.flatMap(({ outcome }) => outcome.kind === "left out" ? [outcome.reason] : [])
  const report: TableReport = {
    file,
    source: repo,
    test: where,
    dialect: table.dialect ?? null,
    passed: outcomes.length - failures.length - reasons.length,
    failed: failures.length,
    leftOut: reasons.length,
    reasons: [...new Set(reasons)],
    failures
  }
  return report
})

/** Runs every `*.json` of a folder that holds tables; other files are passed over. */
export const runFolder = Effect.fn("vectors.folder")(function*(folder: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = (yield* fs.readDirectory(folder)).filter((name) => name.endsWith(".json")).sort()
  const reports = yield* Effect.forEach(names, (name) =>
    Effect.gen(function*() {
      const file = yield* Schema.decodeUnknown(VectorFile)(yield* fs.readFileString(path.join(folder, name)))
      return yield* Effect.forEach(file.tables, (table) => reportOf(name, table, file))
    }))
  return reports.flat()
})

const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

const checked = ({ failed, passed }: TableReport): number => passed + failed

/** Of the cases that are in our dialect, how many agree. */
const agreement = (reports: ReadonlyArray<TableReport>): string => {
  const all = reports.reduce((sum, one) => sum + checked(one), 0)
  const passed = reports.reduce((sum, one) => sum + one.passed, 0)
  return all === 0 ? "-" : `${Math.floor((100 * passed) / all)} %`
}

const counts = (reports: ReadonlyArray<TableReport>): ReadonlyArray<string> => {
  const [passed = "", failed = "", left = ""] = (["passed", "failed", "leftOut"] as const).map((name) =>
    `${reports.reduce((sum, one) => sum + one[name], 0)}`
  )
  return [passed, failed, agreement(reports), left]
}

/** The reports as a table in Markdown, and the failures below it. */
export const asText = (reports: ReadonlyArray<TableReport>): string =>
  [
    line(["file", "source", "test", "passed", "failed", "agreement", "left out", "why left out"]),
    line(["---", "---", "---", "--:", "--:", "--:", "--:", "---"]),
    ...reports.map((one) => line([one.file, one.source, one.test, ...counts([one]), one.reasons.join("; ")])),
    line(["**all**", "", "", ...counts(reports), ""]),
    ...reports.flatMap((one) =>
      one.failures.flatMap((failure) => [
        "",
        `FAILED ${one.file} ${one.test}: ${JSON.stringify(failure.case)}`,
        `  expected ${JSON.stringify(failure.expected)}`,
        `  actual   ${JSON.stringify(failure.actual)}`
      ])
    )
  ].join("\n")
