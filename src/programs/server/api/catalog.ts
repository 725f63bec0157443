/**
 * The catalog: what images are, which tags they have on which platforms, and what their tags pointed to.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import { Schema } from "effect"
import { NotFound, Transient } from "../../../domain/Errors.js"
import { Count, Day, ImagePath, Instant, limit, Next, orNull, search, Text, wholeNumber } from "./wire.js"

const text = orNull(Schema.String)

/** An image on the catalog's list. */
const CatalogImage = Schema.Struct({
  /** The familiar name: `nginx`, `grafana/grafana`, `ghcr.io/owner/name`. */
  image: Schema.String,
  registry: Schema.String,
  /** Published by Docker in its library. */
  official: Schema.Boolean,
  /** What a person calls it. */
  title: text,
  description: Schema.String,
  visibility: Schema.Literal("published", "draft", "hidden"),
  /** What its tags run on. */
  platforms: Schema.Array(Schema.String),
  /** How many tags are in the catalog, and how many there are by the registry's word. */
  tags: Schema.Int,
  tagCount: orNull(Schema.Int),
  pulls: orNull(Count),
  stars: orNull(Schema.Int),
  lastUpdated: orNull(Instant),
  lookedAt: orNull(Instant),
  goneSince: orNull(Day)
}).annotations({ identifier: "CatalogImage" })

/** Everything that is known of an image, and what people say of it. */
const CatalogDetail = Schema.Struct({
  ...CatalogImage.fields,
  /** Markdown, as the registry has it. */
  fullDescription: Schema.String,
  categories: Schema.Array(Schema.String),
  /** `owner/name` of the repositories that build it. */
  repositories: Schema.Array(Schema.String),
  /** SPDX, by a person's word or by the image's label. */
  licence: text,
  /** By the image's label. */
  source: text,
  publisher: text,
  labels: Schema.Array(Schema.String),
  notes: text,
  registeredAt: orNull(Instant),
  lastError: text
}).annotations({ identifier: "CatalogDetail" })

const CatalogPage = Schema.Struct({ images: Schema.Array(CatalogImage), next: Next })
  .annotations({ identifier: "CatalogPage" })

/** One of the images behind a tag. */
const TagPlatform = Schema.Struct({
  /** `linux/arm64`. */
  platform: Schema.String,
  osVersion: text,
  digest: text,
  /** Compressed, in bytes. */
  size: orNull(Schema.Number)
}).annotations({ identifier: "TagPlatform" })

const Tag = Schema.Struct({
  tag: Schema.String,
  digest: text,
  mediaType: text,
  /** Compressed, in bytes, of one platform. */
  size: orNull(Schema.Number),
  pushedAt: orNull(Instant),
  firstSeen: Instant,
  /** Since when it is gone, proved by two complete listings. */
  goneSince: orNull(Instant),
  platforms: Schema.Array(TagPlatform),
  attestations: Schema.Int,
  notes: text
}).annotations({ identifier: "Tag" })

const TagPage = Schema.Struct({ tags: Schema.Array(Tag), next: Next }).annotations({ identifier: "TagPage" })

/** What a tag pointed to. */
const TagDigest = Schema.Struct({
  tag: Schema.String,
  digest: Schema.String,
  since: Instant,
  /** None: it still does. */
  until: orNull(Instant)
}).annotations({ identifier: "TagDigest" })

const TagHistory = Schema.Struct({ history: Schema.Array(TagDigest), next: Next })
  .annotations({ identifier: "TagHistory" })

/** What the page before said as `next`. */
const after = Schema.optionalWith(Text.pipe(Schema.maxLength(2000)), { as: "Option" })

/** The same of a list that is sorted by instants, as the catalog writes it (`marks.ts` in `layers/store/catalog`). */
const afterInstant = Schema.optionalWith(
  Text.pipe(
    Schema.maxLength(2000),
    Schema.filter((text) => /^(?:-|-?\d{1,16}):./s.test(text) || "give what the page before said as next", {
      jsonSchema: {}
    })
  ),
  { as: "Option" }
)

const platform = Schema.optionalWith(Text.pipe(Schema.minLength(1), Schema.maxLength(100)), { as: "Option" })

const TagPath = Schema.Struct({
  ...ImagePath.fields,
  tag: Text.pipe(Schema.minLength(1), Schema.maxLength(128))
})

export const catalog = HttpApiGroup.make("catalog")
  .add(
    HttpApiEndpoint.get("list", "/catalog")
      .setUrlParams(Schema.Struct({
        search,
        /** 1: only images of Docker's library; 0: only others. */
        official: Schema.optionalWith(wholeNumber(0, 1), { as: "Option" }),
        /** Only images of which a tag runs on this. */
        platform,
        limit,
        after
      }))
      .addSuccess(CatalogPage)
  )
  .add(
    HttpApiEndpoint.get("get", "/catalog/:image").setPath(ImagePath).addSuccess(CatalogDetail).addError(NotFound, {
      status: 404
    })
  )
  .add(
    HttpApiEndpoint.get("tags", "/images/:image/tags")
      .setPath(ImagePath)
      .setUrlParams(Schema.Struct({
        platform,
        /** 1: those too that are gone. */
        gone: Schema.optionalWith(wholeNumber(0, 1), { default: () => 0 }),
        limit,
        after: afterInstant
      }))
      .addSuccess(TagPage)
      .addError(NotFound, { status: 404 })
  )
  .add(
    HttpApiEndpoint.get("tagHistory", "/images/:image/tags/:tag/history")
      .setPath(TagPath)
      .setUrlParams(Schema.Struct({ limit, after: afterInstant }))
      .addSuccess(TagHistory)
      .addError(NotFound, { status: 404 })
  )
  .addError(Transient, { status: 503 })
