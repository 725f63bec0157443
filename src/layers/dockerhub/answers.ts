/**
 * What an answer of Docker Hub means, whatever was asked: the one place where status and body become a verdict.
 */
import { Either, Option } from "effect"
import type { TransientReason } from "../../domain/Errors.js"
import type { Answer } from "../http/exchange.js"
import { parseJson, wordsOf } from "./wire.js"

export type HubAnswer =
  | { readonly _tag: "Document"; readonly document: unknown }
  | { readonly _tag: "NotFound" }
  /** Ask later: the headers may say when. */
  | { readonly _tag: "Limited"; readonly reason: string }
  /** 401 in the Hub's own words: the credentials, or their absence. */
  | { readonly _tag: "Unauthorized"; readonly words: string }
  /** 403 in the Hub's own words. */
  | { readonly _tag: "Forbidden"; readonly words: string }
  /** An anonymous listing ends here. */
  | { readonly _tag: "Wall" }
  | { readonly _tag: "Unusable"; readonly reason: TransientReason; readonly message: string }

const limitWords = /rate limit|too many requests/i
const wallWords = /pagination offset too large/i

const isObject = (document: unknown): document is object =>
  typeof document === "object" && document !== null && !Array.isArray(document)

// Gateways and proxies on the way refuse with JSON too (`{"message":"Unauthorized"}`), which says nothing of us.
const isHubs = (document: unknown): boolean =>
  isObject(document) && ("errinfo" in document || ("detail" in document && typeof document.detail === "string"))

const unusable = (reason: TransientReason, message: string): HubAnswer => ({ _tag: "Unusable", reason, message })

/**
 * Reads an answer. Only a 200 with JSON and a 404 with the Hub's JSON say something about what was asked for; pages of
 * proxies and load balancers (HTML, plain text, other statuses) never do.
 */
export const readAnswer = ({ body, status }: Answer): HubAnswer => {
  const json = parseJson(body)
  if (status === 429) return { _tag: "Limited", reason: "429" }
  const words = Either.match(json, { onLeft: () => body.slice(0, 200), onRight: wordsOf })
  // A limit can come under any status, 200 included; the pages of broken servers and proxies are not searched for it.
  const own = Either.isRight(json) || (status >= 400 && status < 500)
  if (own && limitWords.test(words)) return { _tag: "Limited", reason: `${status}: ${words}` }
  if (status === 200) {
    return Either.match(json, {
      onLeft: () => unusable("malformed", "200 with a body that is not JSON"),
      onRight: (document) => ({ _tag: "Document", document })
    })
  }
  if (status === 403 && Either.isRight(json) && wallWords.test(words)) return { _tag: "Wall" }
  if (status === 401 || status === 403) {
    if (!Option.exists(Either.getRight(json), isHubs)) return unusable("server", `${status} that is not the Hub's own`)
    return { _tag: status === 401 ? "Unauthorized" : "Forbidden", words }
  }
  if (status === 404) {
    return Either.isRight(json) && isObject(json.right)
      ? { _tag: "NotFound" }
      : unusable("malformed", "404 that is not the Hub's own (no JSON object)")
  }
  return unusable(status >= 200 && status < 300 ? "malformed" : "server", `status ${status}`)
}
