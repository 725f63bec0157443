/**
 * A receiver of webhooks that sometimes fails and sometimes never answers, and what it took.
 */
import { Effect, Schema } from "effect"
import { createServer } from "node:http"

const Body = Schema.parseJson(Schema.Struct({
  id: Schema.String,
  sequence: Schema.NumberFromString,
  data: Schema.Struct({ reference: Schema.String, digest: Schema.String })
}))
const decode = Schema.decodeUnknownSync(Body)

/** An event that was taken. */
export interface Taken {
  readonly id: string
  readonly sequence: number
  readonly reference: string
  readonly digest: string
}

/** `draw` gives a number from 0 to 1 for each request: below 0.2 it fails, below 0.25 nothing is answered. */
export const startReceiver = (draw: () => number) =>
  Effect.acquireRelease(
    Effect.async<{ readonly url: string; readonly taken: ReadonlyArray<Taken>; readonly close: () => void }>(
      (resume) => {
        const taken = new Array<Taken>()
        const server = createServer((request, response) => {
          let body = ""
          request.on("data", (part) => (body += String(part)))
          request.on("end", () => {
            const luck = draw()
            if (luck < 0.2) return void response.writeHead(500).end()
            const { data, id, sequence } = decode(body)
            // Whoever hangs may have taken it all the same.
            taken.push({ id, sequence, ...data })
            if (luck >= 0.25) response.writeHead(204).end()
          })
        })
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          const port = typeof address === "object" && address !== null ? address.port : 0
          const close = () => {
            server.closeAllConnections()
            server.close()
          }
          resume(Effect.succeed({ url: `http://127.0.0.1:${port}/`, taken, close }))
        })
      }
    ),
    ({ close }) => Effect.sync(close)
  )
