/**
 * Which addresses are nobody's business from outside: loopback, link-local, private and reserved networks, in whatever
 * form an address of IPv6 hides one of IPv4 (IANA's special-purpose registries, RFC 6890).
 */
import ipaddr from "ipaddr.js"

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

const last32 = (address: ipaddr.IPv6): string => address.toByteArray().slice(12).join(".")

const rangeOf = (address: ipaddr.IPv4 | ipaddr.IPv6): string => {
  if (address instanceof ipaddr.IPv4) return address.range()
  if (address.isIPv4MappedAddress()) return address.toIPv4Address().range()
  const range = address.range()
  // NAT64 (RFC 6052): the address of IPv4 that is meant stands at the end.
  if (range === "rfc6052") return ipaddr.IPv4.parse(last32(address)).range()
  const high = address.parts.slice(0, 6)
  const isCompatible = high.every((part) => part === 0)
  return range === "unicast" && isCompatible ? "reserved" : range
}

/**
 * Why an address (without brackets) must not be connected to from outside: `in a private network`. None for addresses of
 * the public internet. What is no address at all is refused too.
 */
export const privateReason = (text: string): string | undefined => {
  if (!ipaddr.isValid(text)) return "no address"
  const range = rangeOf(ipaddr.parse(text))
  return range === "unicast" ? undefined : words[range] ?? "in a reserved network"
}

/** The address that a URL's host is, without brackets; undefined for a name. */
export const literalAddress = (host: string): string | undefined => {
  const bare = host.replace(/^\[(.*)\]$/, "$1")
  return ipaddr.isValid(bare) ? bare : undefined
}
