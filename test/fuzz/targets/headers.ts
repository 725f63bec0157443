/** Headers of services: whatever stands in them, they are read or not, and never lead off the way. */
import { Either, FastCheck as fc, Option } from "effect"
import * as Challenge from "../../../src/domain/Challenge.js"
import * as LinkHeader from "../../../src/domain/LinkHeader.js"
import { formatQuota, parseQuota, pullLimitOf } from "../../../src/domain/RateLimitHeaders.js"
import { clampPark, countOf, parkCeiling, parseRetryAfter, rateLimitOf } from "../../../src/domain/RetryAfter.js"
import { formatWarning, parseWarning } from "../../../src/domain/WarningHeader.js"
import { must, pure, target } from "../Target.js"
import { anyText, editedOf, wordsOf } from "../texts.js"

const now = Date.UTC(2026, 10, 29)
const asked = new URL("https://registry.example/v2/o/n/tags/list?n=100")

const good = [
  "</v2/o/n/tags/list?last=1.0&n=100>; rel=\"next\"",
  "<https://registry.example/v2/o/n/tags/list?last=z>; rel=\"next\"; title*=utf-8''a, <b>; rel=prev",
  "Bearer realm=\"https://auth.example/token\",service=\"registry.example\",scope=\"repository:o/n:pull,push\"",
  "Basic realm=\"a\\\"b\", Negotiate, Bearer realm=c",
  "120",
  "Sun, 29 Nov 2026 12:00:00 GMT",
  "299 - \"a \\\"warning\\\"\" \"Sun, 29 Nov 2026 12:00:00 GMT\"",
  "100;w=21600",
  "\"burst\";q=100;w=60,\"daily\";q=1000"
]
const words = [
  "<",
  ">",
  ";",
  ",",
  "=",
  "\"",
  "\\",
  " ",
  "\t",
  "rel",
  "next",
  "realm",
  "Bearer",
  "https://a",
  "100",
  "w="
]

/** Values of headers. */
export const headers = target({
  name: "headers",
  about: "Link, WWW-Authenticate, Retry-After, Warning and rate limits: read or not, within bounds",
  brief: 1000,
  input: () =>
    fc.oneof(
      editedOf(good),
      wordsOf(words, 60),
      anyText,
      fc.tuple(fc.constantFrom(...words), fc.nat(20_000), fc.constantFrom(...words)).map(([one, times, end]) =>
        one.repeat(times) + end
      )
    ),
  check: pure((text: string) => {
    LinkHeader.parse(text)
    const next = LinkHeader.nextPage(asked, text)
    if (Either.isRight(next) && Option.isSome(next.right)) {
      must(URL.canParse(next.right.value.href), "the next page is no address")
    }
    for (const { scheme } of Challenge.read(text)) {
      must(scheme === scheme.toLowerCase(), `${scheme} is not in lower case`)
    }
    Challenge.parse(text)
    const until = Option.getOrUndefined(parseRetryAfter(text, now))
    if (until !== undefined) {
      must(Number.isFinite(until), `${until} is no instant`)
      must(clampPark(until, now) <= now + parkCeiling, "a park is longer than the longest")
    }
    const count = countOf(text)
    must(count === undefined || Number.isFinite(count), `${count} is no count`)
    const { resetsAt } = rateLimitOf({ "x-ratelimit-reset": text })
    must(resetsAt === undefined || Number.isSafeInteger(clampPark(resetsAt, now)), `${resetsAt} is no instant`)
    const warning = parseWarning(text)
    if (Option.isSome(warning)) parseWarning(formatWarning(warning.value))
    const quota = parseQuota(text)
    if (Option.isSome(quota)) {
      must(parseQuota(formatQuota(quota.value)).toString() === quota.toString(), "a quota is written as another")
    }
    pullLimitOf({ "ratelimit-limit": text, "ratelimit-remaining": text, "docker-ratelimit-source": text })
  })
})
