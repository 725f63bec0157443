/**
 * The order in which docker-library lists the entries of an index: Linux first, amd64 and arm64 first, higher variants
 * and versions first, and each attestation behind its subject.
 */
import { Order } from "effect"
import type { LoosePlatformDocument } from "./PlatformDocument.js"
import { normalizeDocument } from "./PlatformDocument.js"

/** What the order looks at. */
export interface Sortable {
  readonly digest: string
  readonly platform?: LoosePlatformDocument | null | undefined
  readonly annotations?: Readonly<Record<string, string>> | null | undefined
}

const byText = Order.make<string>((left, right) => left < right ? -1 : left > right ? 1 : 0)

const preferring = (...first: ReadonlyArray<string>): Order.Order<string> =>
  Order.combine(
    Order.mapInput(Order.number, (text) => first.includes(text) ? first.indexOf(text) : first.length),
    byText
  )

const parts = (text: string): ReadonlyArray<string> => text.match(/\d+|\D+/g) ?? [""]

const byPartDescending = Order.make<string>((left, right) => {
  const leftNumber = /^\d/.test(left)
  const rightNumber = /^\d/.test(right)
  if (leftNumber !== rightNumber) return leftNumber ? -1 : 1
  return leftNumber ? Order.number(Number(right), Number(left)) : byText(right, left)
})

const naturalDescending = Order.mapInput(Order.array(byPartDescending), parts)

const byPlatform = Order.mapInput(
  Order.combineAll([
    Order.mapInput(preferring("linux"), ({ os = "" }: LoosePlatformDocument) => os ?? ""),
    Order.mapInput(preferring("amd64", "arm64"), ({ architecture }: LoosePlatformDocument) => architecture ?? ""),
    Order.mapInput(naturalDescending, ({ variant }: LoosePlatformDocument) => variant ?? ""),
    Order.mapInput(naturalDescending, (platform: LoosePlatformDocument) => platform["os.version"] ?? "")
  ]),
  (entry: Sortable): LoosePlatformDocument =>
    entry.platform === null || entry.platform === undefined ? {} : normalizeDocument(entry.platform)
)

/** The entries in order. An attestation whose subject is not among them stays where its own platform puts it. */
export const sortManifests = <A extends Sortable>(entries: ReadonlyArray<A>): ReadonlyArray<A> => {
  const sorted = [...entries].sort(byPlatform)
  const places = new Map(sorted.map(({ digest }, place) => [digest, place]))
  const subjectOf = (entry: A): string | undefined => {
    const digest = entry.annotations?.["vnd.docker.reference.digest"]
    return digest !== undefined && places.has(digest) ? digest : undefined
  }
  const place = (entry: A): number => {
    const subject = subjectOf(entry)
    return (places.get(subject ?? entry.digest) ?? 0) * 2 + (subject === undefined ? 0 : 1)
  }
  return sorted.sort(Order.mapInput(Order.number, place))
}
