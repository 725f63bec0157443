/**
 * From what services say to what answers hold.
 */
import { Option } from "effect"
import type { ListedImage } from "../../../services/CensusPages.js"
import type { StoredLink } from "../../../services/LinkStore.js"
import type { StoredRepository } from "../../../services/RepoDockerStore.js"

/** A repository on a list. */
export const repositoryOf = ({ checkedAt, images, outcome, repository, url, verified }: StoredRepository) => ({
  ...repository,
  url,
  checkedAt,
  outcome,
  images,
  verified
})

/** An image on a list. */
export const imageOf = (image: ListedImage, recent: ReadonlyArray<number | null>) => ({
  image: image.image,
  registry: image.registry,
  pulls: image.pulls,
  stars: image.stars,
  growth: image.growth,
  // An image out of an imported history was never seen on its registry.
  lastSyncedAt: image.lastSyncedAt > 0 ? Option.some(image.lastSyncedAt) : Option.none(),
  lastUpdated: image.lastUpdated,
  goneSince: image.goneSince,
  repositories: image.repositories,
  verified: image.verified,
  recent
})

/** A link with all that speaks for and against it. */
export const linkOf = ({ confidence, evidence, image, registry, repository, verification }: StoredLink) => ({
  ...repository,
  image,
  registry,
  evidence,
  verification,
  confidence
})
