/**
 * A world with strangers in it, and what stands before its services.
 */
import { Effect, Option, Schema } from "effect"
import { key, type RepositoryName } from "../../../src/domain/GitHubRepository.js"
import { dockerhubOrigin, githubOrigin, type SimulationOptions } from "../Simulation.js"
import { imageAt } from "../world/hub.js"
import { oid } from "../world/seed.js"
import { workflowFiles } from "../world/workflows.js"
import type { GitHubFacts, Published, Publisher, World } from "../world/World.js"
import { strangeImages } from "./images.js"
import { strangeListings } from "./listings.js"
import { strangeSayings } from "./sayings.js"
import { owner, slug, type Stranger } from "./Stranger.js"

/** All of them; those who name no registry are at GHCR, and every third at Quay. */
export const strangers: ReadonlyArray<Stranger> = [...strangeImages, ...strangeListings, ...strangeSayings].map(
  (stranger, n) => ({ registry: n % 3 === 0 ? "quay.io" as const : "ghcr.io" as const, ...stranger })
)

const nameOf = ({ name }: Stranger): RepositoryName => ({ owner, name: slug(name) })

const publishedBy = (stranger: Stranger): Published => ({
  registry: stranger.registry ?? "ghcr.io",
  repository: `${owner}/${slug(stranger.name)}`,
  of: nameOf(stranger),
  label: "silent",
  tags: ["1.0.0", "latest"],
  daily: 1
})

/** The image of a stranger, by its familiar name. */
export const imageOf = (stranger: Stranger): string => {
  const { registry, repository } = publishedBy(stranger)
  return registry === "docker.io" ? repository : `${registry}/${repository}`
}

/** The same world with strangers in it; each has a repository whose workflow pushes an image. */
export const withStrangers = (world: World, among = strangers): World => {
  const publishers = among.map((stranger): Publisher => {
    const image = publishedBy(stranger)
    return {
      repository: image.of,
      manner: "build-push",
      images: [image],
      claims: [`${image.registry}/${image.repository}`]
    }
  })
  const facts = among.map((stranger, n): GitHubFacts => {
    const bare: GitHubFacts = {
      name: nameOf(stranger),
      headOid: oid(world.seed, "stranger", stranger.name),
      files: new Map()
    }
    return {
      ...bare,
      files: new Map([...workflowFiles(bare, publishers[n], world.seed), ...stranger.files ?? []])
    }
  })
  const images = among.flatMap((stranger) => {
    const { registry, repository } = publishedBy(stranger)
    return registry === "docker.io"
      ? [[repository, { ...imageAt(world.seed, repository), ...stranger.hub }] as const]
      : []
  })
  return {
    ...world,
    listed: [
      ...world.listed,
      ...facts.map((now) => ({ asked: now.name, outcome: "none" as const, now, image: undefined }))
    ],
    github: new Map([...world.github, ...facts.map((one) => [key(one.name), one] as const)]),
    images: new Map([...world.images, ...images]),
    publishers: [...world.publishers, ...publishers],
    published: new Map([
      ...world.published,
      ...publishers.flatMap(({ images }) => images.map((one) => [`${one.registry}/${one.repository}`, one] as const))
    ])
  }
}

const GraphQl = Schema.parseJson(Schema.Struct(
  { data: Schema.Record({ key: Schema.String, value: Schema.Unknown }) },
  { key: Schema.String, value: Schema.Unknown }
))
const Named = Schema.is(Schema.Struct({ nameWithOwner: Schema.String }))

const withAliases = (body: string, odd: ReadonlyMap<string, unknown>): string =>
  Option.match(Schema.decodeOption(GraphQl)(body), {
    onNone: () => body,
    onSome: (answer) => {
      const changed = Object.entries(answer.data).map(([alias, value]) => {
        const name = Named(value) ? value.nameWithOwner.toLowerCase() : ""
        return [alias, odd.has(name) ? odd.get(name) : value]
      })
      return JSON.stringify({ ...answer, data: Object.fromEntries(changed) })
    }
  })

/** What the services of a world with strangers answer of them. */
export const beforeStrangers = (among = strangers): NonNullable<SimulationOptions["before"]> => {
  const bySlug = new Map(among.map((stranger) => [slug(stranger.name), stranger]))
  const odd = new Map(
    among.flatMap((one) => one.atGitHub === undefined ? [] : [[key(nameOf(one)), one.atGitHub] as const])
  )
  return (origin) => (request, usual) => {
    if (origin === githubOrigin) {
      return Effect.map(
        usual,
        (answer) =>
          answer._tag === "Reset" || typeof answer.body !== "string" || request.path !== "/graphql"
            ? answer
            : { ...answer, body: withAliases(answer.body, odd) }
      )
    }
    const [, name = ""] = new RegExp(`/${owner}/(?:repositories/)?([a-z0-9-]+)`).exec(request.path) ?? []
    const stranger = bySlug.get(name)
    const before = origin === dockerhubOrigin ? stranger?.atHub : stranger?.atRegistry
    return before === undefined ? usual : before(request, usual)
  }
}
