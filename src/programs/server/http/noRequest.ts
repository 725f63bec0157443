/**
 * Answers to what never becomes a request: too long, too late, too much at once, or not HTTP at all. Node's own are without a body and
 * without the headers that every answer carries.
 */
import { Predicate } from "effect"
import { maxHeaderSize, type Server } from "node:http"
import type { Duplex } from "node:stream"
import { problem, type ProblemStatus, titles } from "../api/problems.js"
import { respondProblem, withSecurityHeaders } from "./respond.js"

const whole = (status: ProblemStatus, detail: string): string => {
  const { headers } = withSecurityHeaders(respondProblem(status, detail, { connection: "close" }))
  return [
    `HTTP/1.1 ${status} ${titles[status]}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "",
    JSON.stringify(problem(status, detail))
  ].join("\r\n")
}

const usual = whole(400, "this is no request of HTTP/1.1")

/** By the code of Node's error. */
const answers = new Map<unknown, string>([
  ["HPE_HEADER_OVERFLOW", whole(431, `the address and the headers are longer than ${maxHeaderSize} bytes`)],
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", whole(413, "the extensions of the body's chunks are too long")],
  ["ERR_HTTP_REQUEST_TIMEOUT", whole(408, "the request did not come in time")]
])

// Node's own property: the answer that is under way on this connection.
const isAnswering = (socket: Duplex): boolean =>
  Predicate.hasProperty(socket, "_httpMessage") && Predicate.hasProperty(socket._httpMessage, "headersSent") &&
  socket._httpMessage.headersSent === true

const endWith = (socket: Duplex, answer: string): void => {
  if (!socket.writable || isAnswering(socket)) return void socket.destroy()
  socket.end(answer, () => socket.destroy())
}

/** Ends a connection with a problem, or without a word where another answer is under way on it. */
export const endWithProblem = (socket: Duplex, status: ProblemStatus, detail: string): void =>
  endWith(socket, whole(status, detail))

/** Answers on the socket, and ends the connection. */
export const answerNoRequests = (server: Server): void => {
  server.on("clientError", (error, socket) => {
    const code = Predicate.hasProperty(error, "code") ? error.code : undefined
    endWith(socket, answers.get(code) ?? usual)
  })
}
