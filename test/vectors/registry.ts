/**
 * What the client of registries decides about answers: realms, redirects, tokens, errors (`auth_scope`,
 * `oci_documents`, `registry_http`).
 */
import { Option, Redacted } from "effect"
import { networkOfHost } from "../../src/domain/PrivateAddress.js"
import { isLoopback, refusalOf } from "../../src/layers/registry/addresses.js"
import { failureOf } from "../../src/layers/registry/failures.js"
import { issuedToken } from "../../src/layers/registry/tokens.js"
import { type Check, type Checks, leftOut, part, same, says, skip, text } from "./row.js"

// The registry's own address, from which the realm would be asked.
const realm: Check = (row) => {
  const to = URL.canParse(text(row, "realm")) ? new URL(text(row, "realm")) : undefined
  if (to === undefined) return same("refused", says(row, "wantErr") ? "refused" : "asked")
  const host = text(row, "registryHost") === "" ? "registry.example.com" : text(row, "registryHost")
  const from = new URL(`${row["insecure"] === true ? "http" : "https"}://${host}`)
  if (isLoopback(from.hostname) && isLoopback(to.hostname) && from.host !== to.host) {
    return leftOut("a registry on this machine may have its token endpoint on another port of it")
  }
  return same(refusalOf(from, to) === undefined ? "asked" : "refused", says(row, "wantErr") ? "refused" : "asked")
}

const redirect: Check = (row) => {
  const [from, to] = [new URL(text(row, "src")), new URL(text(row, "dest"))]
  const refusal = refusalOf(from, to)
  if (!says(row, "expect") && to.protocol === "http:") {
    return leftOut("stricter here: another host is never asked without TLS")
  }
  return same(refusal === undefined ? "followed" : "refused", says(row, "expect") ? "refused" : "followed")
}

const local: Check = (row) => {
  const { hostname } = new URL(`http://${text(row, "host")}`)
  return same(["loopback", "linkLocal"].includes(networkOfHost(hostname) ?? ""), row["expect"])
}

// Our own clock counts from when the token came, so the lifetime is what is compared.
const token: Check = (row) => {
  const issued = Option.getOrUndefined(issuedToken(text(row, "input")))
  if (!says(row, "expected")) return same(issued, undefined)
  const wanted = part(row, "expected")
  const issuedAt = /"issued_at"\s*:\s*"([^"]+)"/.exec(text(row, "input"))?.[1]
  const unix = part(wanted, "expirationTime")["unix"]
  return same(
    [
      issued === undefined ? undefined : Redacted.value(issued.secret),
      issuedAt === undefined ? undefined : issued?.expiresIn
    ],
    [text(wanted, "token"), issuedAt === undefined ? undefined : Number(unix) - Date.parse(issuedAt) / 1000]
  )
}

export const realmChecks: Checks = {
  "google/go-containerregistry TestValidateRealmURLUnspecified": realm,
  "google/go-containerregistry TestValidateRealmURLSameHost": realm,
  "google/go-containerregistry TestCanonicalAddressResolution": skip(
    "addresses are compared as URLs, not as host:port"
  ),
  "regclient/regclient TestIsLocal": local,
  "regclient/regclient TestAllowRedirect": redirect,
  "containers/image TestNewBearerTokenFromHTTPResponseBody": token
}

// Every recorded answer is one that means "there is no such manifest".
const unknownManifest: Check = (row) => {
  const [head = "", ...body] = text(row, "response").split("\r\n\r\n")
  const status = Number(/^HTTP\/\S+ (\d+)/.exec(head)?.[1])
  const failure = failureOf({
    service: "registry.example",
    what: "a/b:c",
    method: "GET",
    status,
    body: body.join("\r\n\r\n")
  })
  return same(failure._tag, "NOT_FOUND")
}

export const answerChecks: Checks = {
  "containers/image TestIsManifestUnknownError": unknownManifest
}

const retried: Check = (row) => {
  const status = part(row, "error")["StatusCode"]
  if (typeof status !== "number") return leftOut("whether to ask again is told by the status here, not by codes")
  const failure = failureOf({ service: "registry.example", what: "a/b:c", method: "GET", status, body: "" })
  return same(failure._tag === "TRANSIENT" && failure.reason === "server", row["retry"])
}

const forServers = skip("for servers of a registry, which we are not")
const wording = skip("the wording of that client's messages")

export const httpChecks: Checks = {
  "cue-labs/oci TestCalls": forServers,
  "cue-labs/oci parseRequestTests": forServers,
  "google/go-containerregistry TestCheckErrorWithError": wording,
  "google/go-containerregistry TestCheckErrorNotError": wording,
  "google/go-containerregistry TestTemporary": retried,
  "google/go-containerregistry TestList": skip("needs a server that answers: the tests of the client have one")
}
