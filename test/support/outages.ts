/**
 * How many requests an outage may cost: one at its beginning, and one after every park or step of the circuit.
 */
import { interval } from "../../src/domain/Circuit.js"

export type Service = "github" | "dockerhub"

/** Seconds from the n-th request (from 0) of an outage to the next one, at least. */
export type Wait = (n: number, service: Service) => number

/** Steps of the circuits, at their shortest: a second, doubled, up to a minute (GitHub) or five (Docker Hub). */
export const circuitWait: Wait = (n, service) =>
  interval(n, 0, { firstInterval: 1_000, longestInterval: service === "github" ? 60_000 : 300_000 }) / 1000

/** The most requests in so many seconds. */
export const requestsWithin = (seconds: number, wait: Wait, service: Service): number => {
  let requests = 1
  for (let at = wait(0, service); at <= seconds; at += wait(requests - 1, service)) requests++
  return requests
}
