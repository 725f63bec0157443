/** A Postgres server of this process's own. */
export interface RunningPostgres {
  readonly url: string
  readonly stop: () => Promise<void>
  readonly pid: number | undefined
}

/** Starts a server on a free port as an ordinary user, installing Debian's package where that is possible. */
export const start: (log?: (line: string) => void) => Promise<RunningPostgres | undefined>
