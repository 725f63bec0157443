/**
 * GitHub's own published schema. Reading it takes about 0.2 s, so it is built once, when first needed.
 */
import { schema as published } from "@octokit/graphql-schema"
import { buildSchema, type GraphQLSchema } from "graphql"

const built = new Array<GraphQLSchema>()

/** The schema. The file is trusted: it is not validated again. */
export const githubSchema = (): GraphQLSchema => {
  const known = built[0]
  if (known !== undefined) return known
  const schema = buildSchema(published.idl, { assumeValid: true, assumeValidSDL: true, noLocation: true })
  built.push(schema)
  return schema
}
