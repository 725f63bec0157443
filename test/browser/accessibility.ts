/**
 * axe-core over a page: what it finds against WCAG 2.2 AA and its own best practices, one line each.
 */
import axe from "axe-core"
import { Schema } from "effect"
import type { Page } from "playwright-core"

const Findings = Schema.Array(
  Schema.Struct({
    id: Schema.String,
    help: Schema.String,
    nodes: Schema.Array(Schema.Struct({ html: Schema.String, failureSummary: Schema.optional(Schema.String) }))
  })
)

/** The page's violations. The script comes by the debugger, which the page's policy does not bind. */
export const violations = async (page: Page): Promise<ReadonlyArray<string>> => {
  await page.evaluate(axe.source)
  const found = await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then((found) => found.violations)"
  )
  return Schema.decodeUnknownSync(Findings)(found).flatMap(({ help, id, nodes }) =>
    nodes.map(({ failureSummary = "", html }) => `${id}: ${help}: ${html}: ${failureSummary.replaceAll(/\s+/g, " ")}`)
  )
}
