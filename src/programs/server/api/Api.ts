/**
 * The HTTP API as one value: what is served, and what its OpenAPI document says.
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as OpenApi from "@effect/platform/OpenApi"
import { catalog } from "./catalog.js"
import { documented } from "./document.js"
import { events } from "./events.js"
import { images } from "./images.js"
import { repositories } from "./repositories.js"
import { status } from "./status.js"
import { updates, watches } from "./watches.js"

/** Where the API is. */
export const prefix = "/api/v1"

/** Every group of endpoints that is served. */
export const Api = HttpApi.make("image-census")
  .add(repositories)
  .add(images)
  .add(catalog)
  .add(updates)
  .add(watches)
  .add(events)
  .add(status)
  .prefix(prefix)
  .annotate(OpenApi.Title, "image-census")
  .annotate(
    OpenApi.Description,
    "Which container images GitHub repositories publish, and how often they are pulled. Names with slashes are one " +
      "segment of a path, percent-encoded: /images/grafana%2Fgrafana."
  )
  .annotate(OpenApi.Transform, documented(prefix))
