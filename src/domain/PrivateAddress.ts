/**
 * Which addresses are nobody's business from outside: loopback, link-local, private and reserved networks, in whatever
 * form an address of IPv6 hides one of IPv4 (IANA's special-purpose registries, RFC 6890).
 */
import ipaddr from "ipaddr.js"

/** Where an address is. `loopback` is this machine, `linkLocal` also a cloud's metadata service. */
export type Network = "public" | "loopback" | "linkLocal" | "private" | "reserved"

/**
 * How far a request may go. `anywhere`: a person named the address. `machine`: a server on this machine named it, so it
 * may be on this machine and in private networks. `site`: a server in a private network named it. `public`: a server on
 * the internet or a stranger named it. Metadata services are within none of the last three.
 */
export type Reach = "anywhere" | "machine" | "site" | "public"

const words: Readonly<Record<string, string>> = {
  unspecified: "the unspecified address",
  broadcast: "a broadcast address",
  multicast: "a multicast address",
  linkLocal: "in a link-local network",
  loopback: "in a loopback network",
  private: "in a private network",
  carrierGradeNat: "in a private network",
  uniqueLocal: "in a private network",
  deprecatedSiteLocal: "in a private network"
}

const networks: Readonly<Record<string, Network>> = {
  unicast: "public",
  // The unspecified address reaches this machine, too.
  unspecified: "loopback",
  loopback: "loopback",
  linkLocal: "linkLocal",
  private: "private",
  carrierGradeNat: "private",
  uniqueLocal: "private",
  deprecatedSiteLocal: "private"
}

const within: Readonly<Record<Exclude<Reach, "anywhere">, ReadonlySet<Network>>> = {
  machine: new Set<Network>(["public", "private", "reserved", "loopback"]),
  site: new Set<Network>(["public", "private", "reserved"]),
  public: new Set<Network>(["public"])
}

// The metadata services that are in no link-local network: AWS's (IPv6, for machines and for pods), Google's and Oracle's
// (IPv6), Alibaba's and Azure's.
const metadata: ReadonlySet<string> = new Set([
  "fd00:ec2:0:0:0:0:0:254",
  "fd00:ec2:0:0:0:0:0:23",
  "fd20:ce:0:0:0:0:0:254",
  "fd00:c1:0:0:0:0:a9fe:a9fe",
  "100.100.100.200",
  "168.63.129.16"
])

const last32 = (address: ipaddr.IPv6): string => address.toByteArray().slice(12).join(".")

// NAT64's well-known prefix, 64:ff9b::/96. The one for local use (64:ff9b:1::/48, RFC 8215) holds addresses of IPv4 at
// places that only its own network knows.
const isWellKnownNat64 = (address: ipaddr.IPv6): boolean =>
  address.range() === "rfc6052" && address.parts.slice(2, 6).every((part) => part === 0)

// The address of IPv4 that one of IPv6 stands for (RFC 4291, NAT64 of RFC 6052); else the address itself.
const unhidden = (address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 => {
  if (address instanceof ipaddr.IPv4) return address
  if (address.isIPv4MappedAddress()) return address.toIPv4Address()
  return isWellKnownNat64(address) ? ipaddr.IPv4.parse(last32(address)) : address
}

const rangeOf = (address: ipaddr.IPv4 | ipaddr.IPv6): string => {
  const range = address.range()
  if (address instanceof ipaddr.IPv4) return range
  const isCompatible = address.parts.slice(0, 6).every((part) => part === 0)
  return range === "unicast" && isCompatible ? "reserved" : range
}

const isMetadata = (address: ipaddr.IPv4 | ipaddr.IPv6): boolean =>
  metadata.has(
    address instanceof ipaddr.IPv6 ? address.parts.map((part) => part.toString(16)).join(":") : String(address)
  )

const placed = (text: string): { readonly network: Network; readonly told: string } | undefined => {
  if (!ipaddr.isValid(text)) return undefined
  const address = unhidden(ipaddr.parse(text))
  if (isMetadata(address)) return { network: "linkLocal", told: "a cloud's metadata service" }
  const range = rangeOf(address)
  return { network: networks[range] ?? "reserved", told: words[range] ?? "in a reserved network" }
}

/** The network of an address (without brackets); undefined for what is no address. */
export const networkOf = (text: string): Network | undefined => placed(text)?.network

/** Whether a network may be gone to. */
export const isWithin = (reach: Reach, network: Network): boolean => reach === "anywhere" || within[reach].has(network)

/** How far a server in a network may send us. */
export const reachFrom = (network: Network): Reach =>
  network === "loopback" ? "machine" : network === "public" ? "public" : "site"

/**
 * Why an address (without brackets) is not within a reach: `in a private network`. None where it is. What is no address
 * at all is within `anywhere` alone.
 */
export const refusedWithin = (reach: Reach, text: string): string | undefined => {
  if (reach === "anywhere") return undefined
  const place = placed(text)
  if (place === undefined) return "no address"
  return isWithin(reach, place.network) ? undefined : place.told
}

/** Why an address must not be connected to from outside; none for addresses of the public internet. */
export const privateReason = (text: string): string | undefined => refusedWithin("public", text)

/** The address that a URL's host is, without brackets; undefined for a name. */
export const literalAddress = (host: string): string | undefined => {
  const bare = host.replace(/^\[(.*)\]$/, "$1")
  return ipaddr.isValid(bare) ? bare : undefined
}

/** The network of a URL's host where the name alone tells it: an address, `localhost`, a metadata service's name. */
export const networkOfHost = (hostname: string): Network | undefined => {
  const host = hostname.toLowerCase().replace(/\.$/, "")
  if (host === "localhost" || host.endsWith(".localhost")) return "loopback"
  if (host === "metadata" || host === "metadata.google.internal") return "linkLocal"
  const literal = literalAddress(host)
  return literal === undefined ? undefined : networkOf(literal)
}
