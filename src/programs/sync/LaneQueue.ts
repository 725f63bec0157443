/**
 * What waits for the Hub's only turn: requests grouped by namespace, so that one listing may answer several. Refresh goes
 * first because its day ends; discovery keeps at least a tenth of the calls.
 */

export type LaneKind = "discovery" | "refresh"

export interface Waiting {
  readonly kind: LaneKind
  readonly namespace: string
}

/** The share of Hub calls that discovery keeps while refresh has work. */
export const discoveryShare = 0.1

/** A group that is looked at together. */
export interface Group<W> {
  readonly kind: LaneKind
  readonly namespace: string
  readonly members: readonly [W, ...Array<W>]
}

/** A queue of groups, oldest first within each kind. Not an Effect: it belongs to the one fiber that serves the lane. */
export interface LaneQueue<W extends Waiting> {
  readonly add: (waiting: W) => void
  /** Takes the next group out; `namespace` members of the other kind come along, for one listing answers them all. */
  readonly next: () => Group<W> | undefined
  /** Tells how many calls a group cost, which is what the shares are counted in. */
  readonly spent: (kind: LaneKind, calls: number) => void
  readonly size: () => number
}

export const make = <W extends Waiting>(): LaneQueue<W> => {
  const groups = { discovery: new Map<string, Array<W>>(), refresh: new Map<string, Array<W>>() }
  // Calls that discovery is owed (positive) or has had ahead of its share (negative, at most one call's worth).
  let owed = 0

  const take = (kind: LaneKind, namespace: string): ReadonlyArray<W> => {
    const members = groups[kind].get(namespace) ?? []
    groups[kind].delete(namespace)
    return members
  }

  const choose = (): LaneKind =>
    groups.refresh.size === 0 || (groups.discovery.size > 0 && owed >= 1) ? "discovery" : "refresh"

  return {
    add: (waiting) => {
      const members = groups[waiting.kind].get(waiting.namespace)
      if (members === undefined) groups[waiting.kind].set(waiting.namespace, [waiting])
      else members.push(waiting)
    },
    next: () => {
      const kind = choose()
      const [namespace] = groups[kind].keys()
      if (namespace === undefined) return undefined
      const [first, ...rest] = take(kind, namespace)
      const others = take(kind === "refresh" ? "discovery" : "refresh", namespace)
      return first === undefined ? undefined : { kind, namespace, members: [first, ...rest, ...others] }
    },
    spent: (kind, calls) => {
      if (groups.discovery.size === 0 && kind === "refresh") owed = 0
      else owed = Math.max(-1, owed + (kind === "refresh" ? calls * discoveryShare / (1 - discoveryShare) : -calls))
    },
    size: () => {
      let size = 0
      for (const kind of [groups.discovery, groups.refresh]) for (const members of kind.values()) size += members.length
      return size
    }
  }
}
