/**
 * How registries tell what remains of a pull limit: Docker Hub's `ratelimit-limit: 100;w=21600` (Docker's manual, "Docker
 * Hub usage and limits"), and the plain numbers of the IETF draft "RateLimit header fields for HTTP" as GitLab sends them.
 */
import { Option } from "effect"

/** A count of requests, and for how long it counts. */
export interface Quota {
  readonly count: number
  /** Seconds; none where the header does not say. */
  readonly windowSeconds: Option.Option<number>
}

/** Reads `100;w=21600`, or `100`. */
export const parseQuota = (text: string): Option.Option<Quota> => {
  const [count = "", ...parameters] = text.split(";").map((part) => part.trim())
  if (!/^\d{1,15}$/.test(count)) return Option.none()
  const window = parameters.map((part) => /^w\s*=\s*"?(\d{1,15})"?$/i.exec(part)?.[1]).find((digits) =>
    digits !== undefined
  )
  return Option.some({ count: Number(count), windowSeconds: Option.map(Option.fromNullable(window), Number) })
}

/** `parseQuota` read back: `100;w=21600`. */
export const formatQuota = ({ count, windowSeconds }: Quota): string =>
  Option.match(windowSeconds, { onNone: () => `${count}`, onSome: (seconds) => `${count};w=${seconds}` })

/** What the headers of one answer say; absent parts are none. A registry that says nothing has no limit for us. */
export interface PullLimit {
  readonly limit: Option.Option<Quota>
  readonly remaining: Option.Option<Quota>
  /** Seconds until the count starts anew, where the registry says so. */
  readonly resetSeconds: Option.Option<number>
  /** Who is counted: an address, or an account's id. */
  readonly source: Option.Option<string>
}

/** Reads the headers of an answer; names are in lower case, as the platform's `Headers` has them. */
export const pullLimitOf = (headers: Readonly<Record<string, string | undefined>>): PullLimit => {
  const header = (name: string) => Option.fromNullable(headers[name])
  return {
    limit: Option.flatMap(header("ratelimit-limit"), parseQuota),
    remaining: Option.flatMap(header("ratelimit-remaining"), parseQuota),
    resetSeconds: Option.map(Option.flatMap(header("ratelimit-reset"), parseQuota), ({ count }) => count),
    source: Option.filter(header("docker-ratelimit-source"), (text) => text !== "")
  }
}
