/**
 * The settings of the HTTP server, in the order of the README's table.
 */
import { Either, Option } from "effect"
import type { TokenEntry } from "../server/http/access.js"
import * as Read from "./readers.js"
import type { Reader } from "./Setting.js"
import { optional, withDefault } from "./Setting.js"

const entryForm = /^(read|write):([0-9a-f]{64})$/i

const parts = (text: string): ReadonlyArray<string> => text.split(/[\s,]+/).filter((part) => part !== "")

// A wrong entry may be the token itself, so it is not repeated.
const tokenEntries: Reader<ReadonlyArray<TokenEntry>> = (text) =>
  Either.all(
    parts(text).map((part, index): Either.Either<TokenEntry, string> => {
      const match = entryForm.exec(part)
      return match === null
        ? Either.left(
          `entry ${index + 1} is not read: or write: and 64 hexadecimal digits; image-census token new prints entries`
        )
        : Either.right({
          access: match[1]?.toLowerCase() === "write" ? "write" : "read",
          sha256: (match[2] ?? "").toLowerCase()
        })
    })
  )

const origin = (text: string): Option.Option<string> =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text.replace(/\/$/, "")
    ? Option.some(new URL(text).origin)
    : Option.none()

const origins: Reader<ReadonlyArray<string>> = (text) =>
  Either.all(
    parts(text).map((part) =>
      Either.fromOption(
        origin(part),
        () => `${JSON.stringify(part.slice(0, 60))} is not an origin; give such as https://dashboard.example.org`
      )
    )
  )

const keepDays = (name: string, min: number, doc: string) =>
  optional(
    name,
    { type: "whole number", unit: "days", default: "for ever", doc },
    Read.wholeNumber({ min, max: 36_500 })
  )

export const serverDefinitions = {
  apiTokens: optional("IMAGE_CENSUS_API_TOKENS", {
    type: "list of entries",
    doc:
      "Who may use the API: `read:SHA256` or `write:SHA256` with commas between them; `image-census token new` prints them.",
    secret: true
  }, tokenEntries),
  otlpEndpoint: optional("OTEL_EXPORTER_OTLP_ENDPOINT", {
    type: "URL",
    doc: "A collector of OpenTelemetry traces, such as http://localhost:4318; `/v1/traces` is appended."
  }, Read.httpUrl),
  keepPulls: keepDays(
    "IMAGE_CENSUS_KEEP_PULLS_DAYS",
    120,
    "How long daily rows of pulls are kept; the newest row of an image always is."
  ),
  keepTagHistory: keepDays(
    "IMAGE_CENSUS_KEEP_TAG_HISTORY_DAYS",
    1,
    "How long it is kept what a tag no longer points to."
  ),
  keepEvents: keepDays(
    "IMAGE_CENSUS_KEEP_EVENTS_DAYS",
    1,
    "How long the daemon keeps events of watched references whose deliveries are done."
  ),
  apiOrigins: optional("IMAGE_CENSUS_API_ORIGINS", {
    type: "list of origins",
    doc: "Other sites whose pages may use the API from a browser (CORS), with commas between them."
  }, origins),
  openBadges: withDefault("IMAGE_CENSUS_OPEN_BADGES", {
    type: "true or false",
    default: "false",
    doc: "Whether badges may be seen without a token where the rest may not, for a README that others read."
  }, Read.truth)
} as const
