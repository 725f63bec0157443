/**
 * Which addresses a registry's answers may send us to. A registry is not trusted to point at this machine, at a network
 * that it is not in itself or at a cloud's metadata service, nor to talk us out of TLS.
 */
import { isWithin, type Network, networkOfHost, type Reach, reachFrom } from "../../domain/PrivateAddress.js"

/** `localhost`, 127.0.0.0/8, ::1, and the unspecified addresses, which reach this machine too. */
export const isLoopback = (hostname: string): boolean => networkOfHost(hostname) === "loopback"

/** The same server: host and port, and the same protocol. */
export const sameOrigin = (a: URL, b: URL): boolean => a.protocol === b.protocol && a.host === b.host

const told: Readonly<Record<Exclude<Network, "public">, string>> = {
  loopback: "is this machine, and the registry is not here",
  linkLocal: "is a link-local (metadata) address",
  private: "is in a private network, and the registry is not",
  reserved: "is in a reserved network"
}

/** How far the answers of a server may send us, by what its address tells. */
export const reachOf = (from: URL): Reach => reachFrom(networkOfHost(from.hostname) ?? "public")

/**
 * Why we do not go from one address to another because a server said so; undefined where we do. `from` is the server's
 * own address; `reach` is how far it may send us. What a name resolves to is judged when the connection is made.
 */
export const refusalOf = (from: URL, to: URL, reach: Reach = reachOf(from)): string | undefined => {
  if (sameOrigin(from, to)) return undefined
  if (to.protocol !== "https:" && to.protocol !== "http:") return `${to.protocol} is no way to a registry`
  if (to.username !== "" || to.password !== "") return "the address carries a user"
  const network = networkOfHost(to.hostname) ?? "public"
  if (network !== "public" && !isWithin(reach, network) && to.hostname !== from.hostname) {
    return `${to.hostname} ${told[network]}`
  }
  if (to.protocol === "https:") return undefined
  if (from.protocol === "http:" && network === "loopback" && isLoopback(from.hostname)) return undefined
  return `${to.host} would be asked without TLS`
}
