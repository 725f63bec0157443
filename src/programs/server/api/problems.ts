/**
 * What goes wrong, as RFC 9457 says it.
 */
import { Schema } from "effect"

/** `application/problem+json`. */
export const Problem = Schema.Struct({
  type: Schema.Literal("about:blank"),
  /** The status in words. */
  title: Schema.String,
  status: Schema.Int,
  /** One line: what was wrong, and what would be right. */
  detail: Schema.String
}).annotations({ identifier: "Problem" })
export type Problem = typeof Problem.Type

/** Their names, as problems call them. */
export const titles = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable"
} as const
export type ProblemStatus = keyof typeof titles

/** A problem with its title. */
export const problem = (status: ProblemStatus, detail: string): Problem => ({
  type: "about:blank",
  title: titles[status],
  status,
  detail
})

/** What was asked for cannot be done as things stand. */
export class Conflict extends Schema.TaggedError<Conflict>("image-census/Conflict")("CONFLICT", {
  /** One line: why not, and what would have to change. */
  message: Schema.String
}) {}

/** The request has the right form, and asks for what cannot be. */
export class Invalid extends Schema.TaggedError<Invalid>("image-census/Invalid")("INVALID", {
  /** One line: which part, what was wrong, and what would be right. */
  message: Schema.String
}) {}
