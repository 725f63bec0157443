/**
 * The grammar of image references, as the module `distribution/reference` defines it:
 *
 *     reference        = name [ ":" tag ] [ "@" digest ]
 *     name             = [ domain "/" ] path
 *     domain           = host [ ":" port ]
 *     host             = domain-name | IPv4 address | "[" IPv6 address "]"
 *     domain-name      = domain-component *( "." domain-component )
 *     domain-component = letters, digits and dashes, no dash first or last
 *     path             = path-component *( "/" path-component )
 *     path-component   = lower-case letters and digits, with ".", "_", "__" or dashes between them
 *     tag              = 1 to 128 of letters, digits, "_", "." and "-", the first neither "." nor "-"
 *     digest           = algorithm ":" 32 or more hexadecimal digits
 */
const component = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
const ipv6 = "\\[[a-fA-F0-9:]+\\]"
const domain = `(?:${component}(?:\\.${component})*|${ipv6})(?::[0-9]+)?`
const pathComponent = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
const path = `${pathComponent}(?:/${pathComponent})*`
const tag = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
const digest = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"

const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`)

const domainPattern = whole(domain)
const pathPattern = whole(path)
const tagPattern = whole(tag)
const identifierPattern = /^[a-f0-9]{64}$/
const namePattern = whole(`(?:(${domain})/)?(${path})`)
const referencePattern = whole(`((?:${domain}/)?${path})(?::(${tag}))?(?:@(${digest}))?`)

/** Whether a text is a registry's address: `ghcr.io`, `localhost:5000`, `[::1]:5000`. */
export const isDomain = (text: string): boolean => domainPattern.test(text)

const portPattern = /:([0-9]+)$/

/**
 * Why a registry of the grammar can not be asked under its name; undefined where it can. A URL has to read the host as
 * it was written, without case: `1.2.3.4.5` is no host in a URL, and `0x7f.1` is another one (127.0.0.1). An IPv6 address
 * may be written in any of its forms.
 */
export const addressProblem = (registry: string): string | undefined => {
  const port = portPattern.exec(registry)?.[1]
  if (port !== undefined && !(/^[1-9]/.test(port) && Number(port) <= 65_535)) {
    return `"${port}" is no port; a port is a number from 1 to 65535`
  }
  const host = port === undefined ? registry : registry.slice(0, -port.length - 1)
  const address = `https://${host}/`
  if (!URL.canParse(address)) return `"${host}" is no host`
  const { hostname } = new URL(address)
  return host.startsWith("[") || hostname === host.toLowerCase()
    ? undefined
    : `"${host}" is no host, but another way to write ${hostname}`
}

/** Whether a text is a repository's path: `library/nginx`. */
export const isPath = (text: string): boolean => pathPattern.test(text)

/** Whether a text can be a tag. */
export const isTag = (text: string): boolean => tagPattern.test(text)

/** Whether a text is an image's full id: 64 hexadecimal digits. */
export const isIdentifier = (text: string): boolean => identifierPattern.test(text)

/** A name split in two; without a slash there is no domain. */
export interface NameParts {
  readonly domain: string | undefined
  readonly path: string
}

/** Splits a name by the grammar alone: in `library/ubuntu` the domain is `library`. */
export const splitName = (text: string): NameParts | undefined => {
  const match = namePattern.exec(text)
  return match === null ? undefined : { domain: match[1], path: match[2] ?? "" }
}

/** The three parts of a reference, the last two as they were written. */
export interface ReferenceParts {
  readonly name: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

/** Splits a reference by the grammar; the digest is not verified. */
export const splitReference = (text: string): ReferenceParts | undefined => {
  const match = referencePattern.exec(text)
  return match === null ? undefined : { name: match[1] ?? "", tag: match[2], digest: match[3] }
}
