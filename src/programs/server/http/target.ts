/**
 * What a request asks for, in whichever form it is written.
 */
import * as Headers from "@effect/platform/Headers"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import { Option } from "effect"

const absolute = /^https?:\/\/([^/?#]*)([^#]*)/i

/** As most are written: `http://HOST/PATH` becomes `/PATH` with that host, whatever the header said (RFC 9112, 3.2.2). */
export const originForm = (request: HttpServerRequest): HttpServerRequest => {
  const [whole, host = "", rest = ""] = absolute.exec(request.url) ?? []
  return whole === undefined ? request : request.modify({
    url: rest.startsWith("/") ? rest : `/${rest}`,
    headers: Headers.set(request.headers, "host", host)
  })
}

/** What is percent-encoded, as it is; none where its encoding is broken. */
export const decoded = Option.liftThrowable(decodeURIComponent)

/** The path as it was sent; none where it is no path, its encoding is broken, or it holds NUL, which no name has. */
export const pathOf = (url: string): Option.Option<string> =>
  Option.some(url.split("?")[0] ?? "").pipe(
    Option.filter(() => !url.includes("%00")),
    Option.filter((path) => path.startsWith("/") && !path.startsWith("//")),
    Option.filter((path) => Option.isSome(decoded(path)))
  )
