/**
 * Which requests the API knows, read off its definition: for those that it does not know, and for bodies.
 */
import * as HttpApi from "@effect/platform/HttpApi"
import { Option } from "effect"
import { Api } from "../api/Api.js"

interface Known {
  readonly method: string
  readonly path: RegExp
  readonly hasBody: boolean
}

const known: ReadonlyArray<Known> = (() => {
  const all: Array<Known> = []
  HttpApi.reflect(Api, {
    onGroup: () => undefined,
    onEndpoint: ({ endpoint, payloads }) => {
      all.push({
        method: endpoint.method,
        path: new RegExp(`^${endpoint.path.replace(/:\w+/g, "[^/]+")}$`),
        hasBody: payloads.size > 0
      })
    }
  })
  return all
})()

/** Methods that a path takes; none where it is not known at all. */
export const methodsOf = (path: string): ReadonlyArray<string> => {
  const methods = known.filter((one) => one.path.test(path)).map(({ method }) => method)
  return [...new Set(methods.flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]))]
}

/** Whether a request's body is read. */
export const hasBody = (method: string, path: string): boolean =>
  Option.exists(
    Option.fromNullable(known.find((one) => one.method === method && one.path.test(path))),
    (one) => one.hasBody
  )
