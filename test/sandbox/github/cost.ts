/**
 * What a GraphQL document costs, as GitHub counts: before it is executed, from the document alone.
 */
import {
  type DocumentNode,
  type FieldNode,
  getNamedType,
  type GraphQLSchema,
  TypeInfo,
  visit,
  visitWithTypeInfo
} from "graphql"

export interface Cost {
  /** The requests for every connection, with each `first` and `last` taken as full, by 100; at least 1. */
  readonly points: number
  /** How many nodes the document may return; GitHub refuses more than 500,000. */
  readonly nodes: number
  /** Repositories that are looked up. */
  readonly aliases: number
}

const pageSize = (field: FieldNode, variables: Readonly<Record<string, unknown>>): number => {
  const argument = (field.arguments ?? []).find(({ name }) => name.value === "first" || name.value === "last")
  if (argument === undefined) return 1
  const { value } = argument
  if (value.kind === "IntValue") return Number(value.value)
  const given = value.kind === "Variable" ? variables[value.name.value] : undefined
  return typeof given === "number" ? given : 1
}

/** The cost of a valid document. */
export const costOf = (
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>
): Cost => {
  const info = new TypeInfo(schema)
  const multipliers = [1]
  const sum = { requests: 0, nodes: 0, aliases: 0 }
  visit(
    document,
    visitWithTypeInfo(info, {
      Field: {
        enter: (field) => {
          const type = info.getType()
          const above = multipliers[multipliers.length - 1] ?? 1
          const isConnection = type !== null && type !== undefined && getNamedType(type).name.endsWith("Connection")
          if (field.name.value === "repository" && info.getParentType()?.name === "Query") sum.aliases++
          if (isConnection) {
            sum.requests += above
            sum.nodes += above * pageSize(field, variables)
          }
          multipliers.push(isConnection ? above * pageSize(field, variables) : above)
        },
        leave: () => void multipliers.pop()
      }
    })
  )
  return { points: Math.max(1, Math.round(sum.requests / 100)), nodes: sum.nodes, aliases: sum.aliases }
}
