/**
 * Which addresses a registry's answers may send us to. A registry is not trusted to point at this machine or at a
 * cloud's metadata service, nor to talk us out of TLS.
 */

/** `localhost`, 127.0.0.0/8, ::1, and the unspecified addresses, which reach this machine too. */
export const isLoopback = (hostname: string): boolean => {
  const host = bare(hostname)
  return host === "localhost" || host.endsWith(".localhost") || host === "::1" || host === "::" ||
    isV4(host, (a) => a === 127 || a === 0)
}

/** 169.254.0.0/16 and fe80::/10, where clouds keep their metadata services, and the names that stand for them. */
export const isLinkLocal = (hostname: string): boolean => {
  const host = bare(hostname)
  return host === "metadata" || host === "metadata.google.internal" || host === "fd00:ec2::254" ||
    /^fe[89ab][0-9a-f]:/.test(host) || isV4(host, (a, b) => a === 169 && b === 254)
}

const bare = (hostname: string): string => hostname.toLowerCase().replace(/^\[|\]$/g, "").replace(/\.$/, "")

// URLs have already brought decimal, octal and hexadecimal forms to four numbers; IPv4 in IPv6 stands as two groups.
const isV4 = (host: string, test: (a: number, b: number) => boolean): boolean => {
  const dotted = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.\d{1,3}\.\d{1,3}$/.exec(host)
  if (dotted !== null) return test(Number(dotted[1]), Number(dotted[2]))
  const mapped = /^::ffff:([0-9a-f]{1,4}):[0-9a-f]{1,4}$/.exec(host)
  if (mapped === null) return false
  const group = Number.parseInt(mapped[1] ?? "0", 16)
  return test(group >> 8, group & 255)
}

/** The same server: host and port, and the same protocol. */
export const sameOrigin = (a: URL, b: URL): boolean => a.protocol === b.protocol && a.host === b.host

/**
 * Why we do not go from one address to another because a server said so; undefined where we do. `from` is the
 * registry's own address, which a person chose.
 */
export const refusalOf = (from: URL, to: URL): string | undefined => {
  if (sameOrigin(from, to)) return undefined
  if (to.protocol !== "https:" && to.protocol !== "http:") return `${to.protocol} is no way to a registry`
  if (to.username !== "" || to.password !== "") return "the address carries a user"
  if (isLinkLocal(to.hostname) && to.hostname !== from.hostname) {
    return `${to.hostname} is a link-local (metadata) address`
  }
  if (from.protocol === "https:" && to.protocol === "http:") return `${to.host} would be asked without TLS`
  if (isLoopback(to.hostname)) {
    return isLoopback(from.hostname) ? undefined : `${to.hostname} is this machine, and the registry is not here`
  }
  return to.protocol === "https:" ? undefined : `${to.host} would be asked without TLS`
}
