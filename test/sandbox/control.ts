/**
 * The sandbox's own port: what was counted, what is true, and the switches.
 */
import { Effect, Either, Schema } from "effect"
import { fullName, RepositoryName } from "../../src/domain/GitHubRepository.js"
import { type Answer, type Handler, json, type Request } from "./service/Exchange.js"
import { Fault } from "./service/Faults.js"
import type { Simulation } from "./Simulation.js"

const WorldChange = Schema.Union(
  Schema.Struct({ kind: Schema.Literal("repository-gone", "repository-back"), repository: RepositoryName }),
  Schema.Struct({ kind: Schema.Literal("image-deleted", "image-back"), image: Schema.String }),
  Schema.Struct({ kind: Schema.Literal("tag-pushed", "tag-deleted"), image: Schema.String, tag: Schema.String }),
  Schema.Struct({ kind: Schema.Literal("image-published"), repository: RepositoryName }),
  Schema.Struct({
    kind: Schema.Literal("commit"),
    repository: RepositoryName,
    path: Schema.String,
    text: Schema.optional(Schema.String)
  }),
  Schema.Struct({ kind: Schema.Literal("days"), days: Schema.Number }),
  Schema.Struct({ kind: Schema.Literal("suspend"), installation: Schema.Number }),
  Schema.Struct({ kind: Schema.Literal("revoke"), credential: Schema.String })
)
type WorldChange = typeof WorldChange.Type

const read = <A, I>(schema: Schema.Schema<A, I>, request: Request, then: (value: A) => Effect.Effect<Answer>) =>
  Either.match(Schema.decodeEither(Schema.parseJson(schema))(request.body), {
    onLeft: (error) => Effect.succeed(json(400, { message: error.message })),
    onRight: then
  })

const change = (simulation: Simulation, wanted: WorldChange): Effect.Effect<unknown> => {
  const { github, state } = simulation
  switch (wanted.kind) {
    case "repository-gone":
      return state.removeRepository(wanted.repository)
    case "repository-back":
      return state.restoreRepository(wanted.repository)
    case "image-deleted":
      return state.deleteImage(wanted.image)
    case "image-back":
      return state.restoreImage(wanted.image)
    case "tag-pushed":
      return state.pushTag(wanted.image, wanted.tag)
    case "tag-deleted":
      return state.deleteTag(wanted.image, wanted.tag)
    case "image-published":
      return state.publishImage(wanted.repository)
    case "commit":
      return state.commitFile(wanted.repository, wanted.path, wanted.text)
    case "days":
      return state.advanceDays(wanted.days)
    case "suspend":
      return Effect.sync(() => github.credentials.suspend(wanted.installation))
    case "revoke":
      return Effect.sync(() => github.credentials.revoke(wanted.credential))
  }
}

const truth = ({ expected, state }: Simulation) => ({
  ...expected,
  links: Object.fromEntries(Array.from(expected.links, ([image, names]) => [image, names.map(fullName)])),
  listed: state.world.listed.map(({ asked }) => fullName(asked)),
  crowded: state.world.crowded
})

/**
 * - `GET /_sandbox/counters`, `DELETE` to start again; `GET /_sandbox/truth`.
 * - `GET`, `POST` (a fault) and `DELETE /_sandbox/faults`, `DELETE /_sandbox/faults/{id}`.
 * - `POST /_sandbox/world` (a change: `{"kind":"image-deleted","image":"ns/name"}`, `{"kind":"days","days":1}`, …).
 */
export const control = (simulation: Simulation): Handler => (request) => {
  const { faults } = simulation
  const done = Effect.as(json(200, { ok: true }))
  switch (`${request.method} ${request.path}`) {
    case "GET /_sandbox/counters":
      return Effect.sync(() => json(200, simulation.counters()))
    case "DELETE /_sandbox/counters":
      return done(Effect.sync(() => simulation.resetCounters()))
    case "GET /_sandbox/truth":
      return Effect.sync(() => json(200, truth(simulation)))
    case "GET /_sandbox/faults":
      return Effect.map(faults.list, (list) => json(200, list))
    case "POST /_sandbox/faults":
      return read(Fault, request, (fault) => Effect.map(faults.add(fault), (id) => json(201, { id })))
    case "DELETE /_sandbox/faults":
      return done(faults.clear)
    case "POST /_sandbox/world":
      return read(WorldChange, request, (wanted) => done(change(simulation, wanted)))
    default: {
      const one = /^\/_sandbox\/faults\/(\d+)$/.exec(request.path)
      return request.method === "DELETE" && one !== null
        ? done(faults.remove(Number(one[1])))
        : Effect.succeed(json(404, { message: "no such control" }))
    }
  }
}
