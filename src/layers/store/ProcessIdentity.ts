/** Who holds a lease, a lock or a budget's turn. Entry points make it: only they know Node's process. */
export interface ProcessIdentity {
  /** Unique for this run of the program. */
  readonly id: string
  readonly host: string
  readonly pid: number
  /** The command as a person would recognise it, without secrets: `image-census sync --once`. */
  readonly command: string
  /** Epoch milliseconds. */
  readonly startedAt: number
}
