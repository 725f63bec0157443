/**
 * What GitHub's GraphQL answers about the world. Only what the world has: any other field is an error of the sandbox,
 * said aloud, and never an invented value.
 */
import { defaultFieldResolver, GraphQLError, type GraphQLFieldResolver } from "graphql"
import { fullName, key, type RepositoryName } from "../../../src/domain/GitHubRepository.js"
import type { WindowState } from "../service/Windows.js"
import type { State } from "../State.js"
import { starsOf } from "../world/github.js"
import { between } from "../world/seed.js"
import { isoSeconds } from "../world/time.js"
import type { GitHubFacts } from "../world/World.js"
import type { Cost } from "./cost.js"
import { defaultBranch, objectOf } from "./objects.js"

/** An owner whose repositories are refused to all but these credentials, and in which way. */
export interface Restriction {
  readonly owner: string
  readonly kind: "ip-allow-list" | "saml"
  /** In the form of the counters: `installation:101`. */
  readonly except: ReadonlyArray<string>
}

/** What one execution may see and count. */
export interface QueryContext {
  readonly state: State
  readonly credential: string
  readonly restrictions: ReadonlyArray<Restriction>
  readonly budget: WindowState
  readonly cost: Cost
  /** Repositories beyond so many are refused with RESOURCE_LIMITS_EXCEEDED. */
  readonly maxRepositories: number
  readonly seen: { repositories: number; objects: number }
}

const refuse = (type: string, message: string, extensions: Readonly<Record<string, unknown>> = {}): GraphQLError =>
  new GraphQLError(message, { extensions: { githubType: type, ...extensions } })

/** GitHub's words for a refusal of an organization's repositories. */
export const forbidden = (kind: Restriction["kind"], owner: string): GraphQLError =>
  kind === "saml"
    ? refuse(
      "FORBIDDEN",
      "Resource protected by organization SAML enforcement. You must grant your OAuth token access to this organization.",
      { saml_failure: true }
    )
    : refuse(
      "FORBIDDEN",
      `Although you appear to have the correct authorization credentials, the \`${owner}\` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.`,
      { saml_failure: false }
    )

const databaseId = (facts: GitHubFacts): number => between(1, 2_000_000_000, "repository-id", key(facts.name))

const repositoryNode = (facts: GitHubFacts, context: QueryContext): object => ({
  __typename: "Repository",
  id: `R_${databaseId(facts)}`,
  databaseId: databaseId(facts),
  name: facts.name.name,
  nameWithOwner: fullName(facts.name),
  owner: { __typename: "Organization", id: `O_${facts.name.owner}`, login: facts.name.owner },
  url: `https://github.com/${fullName(facts.name)}`,
  description: null,
  isEmpty: facts.headOid === undefined,
  isArchived: false,
  isDisabled: false,
  isFork: false,
  isPrivate: false,
  visibility: "PUBLIC",
  stargazerCount: starsOf("github", key(facts.name)),
  pushedAt: "2026-01-01T00:00:00Z",
  defaultBranchRef: () => defaultBranch(facts),
  object: (args: { readonly expression?: string | null; readonly oid?: string | null }) => {
    context.seen.objects++
    return objectOf(facts, args)
  }
})

const lookUp = (name: RepositoryName & { readonly followRenames?: boolean }, context: QueryContext): object => {
  if (++context.seen.repositories > context.maxRepositories) {
    throw refuse("RESOURCE_LIMITS_EXCEEDED", "Resource limits for this query exceeded.")
  }
  const facts = context.state.repository(name)
  const isOldName = facts !== undefined && key(facts.name) !== key(name)
  if (facts === undefined || (isOldName && name.followRenames === false)) {
    throw refuse("NOT_FOUND", `Could not resolve to a Repository with the name '${fullName(name)}'.`)
  }
  const restriction = context.restrictions.find(({ owner }) =>
    owner === "*" || owner.toLowerCase() === facts.name.owner.toLowerCase()
  )
  if (restriction !== undefined && !restriction.except.includes(context.credential)) {
    throw forbidden(restriction.kind, facts.name.owner)
  }
  return repositoryNode(facts, context)
}

/** The root of every query. */
export const root = {
  repository: (args: RepositoryName & { readonly followRenames?: boolean }, context: QueryContext) =>
    lookUp(args, context),
  viewer: (_: unknown, context: QueryContext) => ({ id: `U_${context.credential}`, login: "census-bot" }),
  rateLimit: (_: unknown, context: QueryContext) => ({
    cost: context.cost.points,
    limit: context.budget.limit,
    nodeCount: context.cost.nodes,
    remaining: context.budget.remaining,
    used: context.budget.used,
    resetAt: isoSeconds(context.budget.reset * 1_000)
  })
}

/** As GraphQL's own, except that what the sandbox does not know is an error instead of null. */
export const resolveField: GraphQLFieldResolver<unknown, QueryContext> = (source, args, context, info) => {
  const value: unknown = defaultFieldResolver(source, args, context, info)
  if (value === undefined) throw new Error(`The sandbox has no ${info.parentType.name}.${info.fieldName}`)
  return value
}
