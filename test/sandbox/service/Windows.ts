/**
 * Budgets that fill up again at a fixed time.
 */

export interface WindowState {
  readonly limit: number
  readonly remaining: number
  readonly used: number
  /** Epoch second at which the budget is whole again. */
  readonly reset: number
}

/** Fixed windows, one for each name, that begin with their first use. */
export const makeWindows = (windowSeconds: number) => {
  const windows = new Map<string, { used: number; endsAt: number }>()
  const current = (name: string, now: number): { used: number; endsAt: number } => {
    const known = windows.get(name)
    if (known !== undefined && known.endsAt > now) return known
    const fresh = { used: 0, endsAt: (Math.floor(now / 1_000) + windowSeconds) * 1_000 }
    windows.set(name, fresh)
    return fresh
  }
  const state = (name: string, limit: number, now: number): WindowState => {
    const { endsAt, used } = current(name, now)
    return { limit, used: Math.min(used, limit), remaining: Math.max(0, limit - used), reset: endsAt / 1_000 }
  }
  return {
    state,
    /** Takes from a budget; false where it does not have so much. `now` in epoch milliseconds. */
    take: (name: string, limit: number, amount: number, now: number): boolean => {
      const window = current(name, now)
      if (window.used + amount > limit) return false
      window.used += amount
      return true
    },
    /** Makes every budget whole. */
    reset: (): void => windows.clear()
  }
}
