/**
 * What the OpenAPI document says beyond what the definition of the API tells by itself: the problems that every
 * operation may answer, who may, CSV, and the stream.
 */
import type {
  OpenAPIComponents,
  OpenAPISpecOperation,
  OpenAPISpecPathItem,
  OpenAPISpecPaths
} from "@effect/platform/OpenApi"
import { csvColumns } from "./images.js"
import { type ProblemStatus, titles } from "./problems.js"

const problemContent = {
  "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } }
}

const problemSchema = {
  type: "object",
  description: "A problem as RFC 9457 describes it.",
  required: ["type", "title", "status", "detail"],
  properties: {
    type: { type: "string", enum: ["about:blank"] },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string", description: "One line: what was wrong, and what would be right." }
  },
  additionalProperties: false
}

const responsesFor = (statuses: ReadonlyArray<ProblemStatus>) =>
  Object.fromEntries(statuses.map((status) => [status, { description: titles[status], content: problemContent }]))

const always = [400, 401, 403, 500, 503] as const
const ofWrites = [408, 413, 415] as const

const notModified = { 304: { description: "As `If-None-Match` says: the reader has it." } }

const successes = (operation: OpenAPISpecOperation) =>
  Object.entries(operation.responses).filter(([status]) => status.startsWith("2"))

const declared = (operation: OpenAPISpecOperation): ReadonlyArray<ProblemStatus> =>
  ([404, 409] as const).filter((status) => status in operation.responses)

const withProblems = (method: string, operation: OpenAPISpecOperation) => ({
  ...operation,
  security: method === "get" ? [{}, { token: [] }] : [{ token: [] }],
  responses: {
    ...Object.fromEntries(successes(operation)),
    ...(method === "get" ? notModified : {}),
    ...responsesFor([...always, ...(method === "get" ? [] : ofWrites), ...declared(operation)])
  }
})

const csv = {
  "text/csv": { schema: { type: "string", description: `A line per period: ${csvColumns.join(",")}` } }
}

const pullsPath = /\/images\/\{image\}\/pulls$/

// The one endpoint that is also answered as CSV.
const negotiated = (path: string, item: Record<string, ReturnType<typeof withProblems>>) => {
  const operation = item["get"]
  if (!pullsPath.test(path) || operation === undefined) return item
  const [answer] = successes(operation)
  return answer === undefined ? item : {
    ...item,
    get: {
      ...operation,
      responses: {
        ...operation.responses,
        200: { ...answer[1], content: { ...answer[1].content, ...csv } },
        ...responsesFor([406])
      }
    }
  }
}

const live = {
  get: {
    tags: ["status"],
    operationId: "status.live",
    description:
      "The status as server-sent events: `event: status` with the JSON of a Status as its data, whenever it " +
      "changes and at least every 15 seconds. While it cannot be read: `event: trouble` with `{\"message\":\"…\"}`.",
    parameters: [],
    security: [{}, { token: [] }],
    responses: {
      200: {
        description: "A stream without an end.",
        content: { "text/event-stream": { schema: { type: "string" } } }
      },
      ...responsesFor([401, 403, 500, 503])
    }
  }
}

const operations = (item: OpenAPISpecPathItem) =>
  Object.fromEntries(Object.entries(item).map(([method, operation]) => [method, withProblems(method, operation)]))

/** Completes the document that the definition of the API makes. */
export const documented = (prefix: string) =>
(spec: {
  readonly paths?: OpenAPISpecPaths
  readonly components?: OpenAPIComponents
}) => ({
  ...spec,
  security: [],
  paths: {
    ...Object.fromEntries(
      Object.entries(spec.paths ?? {}).map(([path, item]) => [path, negotiated(path, operations(item))])
    ),
    [`${prefix}/live`]: live
  },
  components: {
    schemas: {
      ...Object.fromEntries(
        Object.entries(spec.components?.schemas ?? {}).filter(([name]) =>
          !/^(?:HttpApiDecodeError|Issue|PropertyKey|image-census.*)$/.test(name)
        )
      ),
      Problem: problemSchema
    },
    securitySchemes: {
      token: {
        type: "http",
        scheme: "bearer",
        description:
          "Writing needs a token (image-census token new). So does reading, where the server is reached from " +
          "other machines."
      }
    }
  }
})
