/**
 * The server and its OpenAPI document: whatever is sent, the answer is one that the document describes.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { holdToDocument } from "../../support/apiClient.js"
import { services, startServer } from "../../support/apiServer.js"

/** `npm run bench api` sends 5,000. */
const runs = 200

/** What the issue of the API names. */
const wanted = [
  "/catalog",
  "/events",
  "/events/{id}/retry",
  "/images",
  "/images/{image}",
  "/images/{image}/pulls",
  "/images/{image}/refresh",
  "/images/{image}/tags",
  "/repositories",
  "/repositories/{owner}/{name}",
  "/repositories/{owner}/{name}/check",
  "/status",
  "/updates",
  "/watches",
  "/watches/{id}/fire"
]

describe("the API", () => {
  it.scopedLive(
    "answers as its OpenAPI document says, to valid and to invalid requests, and never with a fault of its own",
    () =>
      Effect.gen(function*() {
        const url = yield* startServer()
        const { paths, statuses, wrong } = yield* holdToDocument(url, runs)
        assert.includeMembers(paths, wanted.map((path) => `/api/v1${path}`))
        assert.deepStrictEqual(wrong, [])
        assert.includeMembers([...statuses.keys()], [200, 400, 401, 404])
      }).pipe(Effect.provide(services)),
    120_000
  )
})
