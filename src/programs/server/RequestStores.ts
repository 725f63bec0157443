/**
 * What requests are answered from.
 */
import { Context, Effect, Layer } from "effect"
import { ImageCatalog } from "../../services/ImageCatalog.js"
import { LinkStore } from "../../services/LinkStore.js"
import { ProcessBoard } from "../../services/ProcessBoard.js"
import { RepoDockerStore } from "../../services/RepoDockerStore.js"
import { WatchStore } from "../../services/WatchStore.js"

/** The stores of the census. */
export type Stores = RepoDockerStore | ImageCatalog | LinkStore | WatchStore | ProcessBoard

/** The stores on connections of requests alone, so that they wait for none that a job holds. */
export class RequestStores
  extends Context.Tag("image-census/RequestStores")<RequestStores, Context.Context<Stores>>()
{}

/** The stores in context. They alone: a context holds the scope of whoever made it, too. */
export const layer: Layer.Layer<RequestStores, never, Stores> = Layer.effect(
  RequestStores,
  Effect.map(
    Effect.context<Stores>(),
    Context.pick(RepoDockerStore, ImageCatalog, LinkStore, WatchStore, ProcessBoard)
  )
)
