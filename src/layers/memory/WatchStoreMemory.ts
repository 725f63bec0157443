/**
 * `WatchStore` in memory, with the behaviour of the SQL store: for tests, and for library users without a database.
 */
import { Clock, Duration, Effect, Layer, Option, Stream } from "effect"
import { isDefect } from "../../domain/Defect.js"
import { type NewWatch, watchKey } from "../../domain/Watch.js"
import { observe, unseen } from "../../domain/WatchState.js"
import { looked, toTell, unlooked } from "../../domain/WatchUpdates.js"
import {
  type ClaimedUpdateLook,
  type ClaimedWatch,
  type Recorded,
  type UpdateFinding,
  type WatchClaimOptions,
  type WatchFinding,
  type WatchSelection,
  WatchStore
} from "../../services/WatchStore.js"
import { makeEvents, writeEvent } from "./watches/events.js"
import {
  emptyWatchTables,
  inOrder,
  isChosen,
  isFree,
  isMine,
  type WatchRow,
  type WatchTables
} from "./watches/tables.js"

const isAsked = (row: WatchRow, without: ReadonlyArray<string> = []) => !without.includes(row.watch.reference.registry)

const lookedAt = (row: WatchRow) => Option.getOrElse(row.updates.lookedAt, () => -Infinity)

const isWanted = ({ state }: WatchRow, now: number, since: number | undefined) =>
  since === undefined
    ? state.dueAt <= now
    : Option.getOrElse(state.triedAt, () => -Infinity) < since && (!state.parked || state.dueAt <= now)

/** A store on these tables. Several stores with different holders may share tables, as processes share a database. */
export const make = (holder: string, tables: WatchTables = emptyWatchTables()): WatchStore["Type"] => {
  const put = (row: WatchRow) => tables.watches.set(row.watch.id, row)
  const rows = () => [...tables.watches.values()]
  const leaseUntil = (until: number) => Option.some({ holder, until })

  const dropUndone = (watch: string, fromPosition: number) => {
    for (const { deliveries, event } of tables.events.values()) {
      for (const { position, state } of event.watch === watch ? deliveries.values() : []) {
        if (position >= fromPosition && state.status !== "delivered") deliveries.delete(position)
      }
    }
  }

  const add = Effect.fn("WatchStore.add")(function*(
    watches: ReadonlyArray<NewWatch>,
    options?: { readonly onlyNew: boolean }
  ) {
    const now = yield* Clock.currentTimeMillis
    const distinct = new Map(watches.map((watch) => [watchKey(watch), watch]))
    let added = 0
    let changed = 0
    for (const [key, watch] of distinct) {
      const known = rows().find((row) => watchKey(row.watch) === key)
      if (known === undefined) {
        added += 1
        put({
          watch: { ...watch, id: String(tables.nextWatch++) },
          addedAt: now,
          state: unseen(now),
          lease: Option.none(),
          updates: unlooked,
          updatesLease: Option.none()
        })
      } else if (options?.onlyNew !== true) {
        changed += 1
        const dueAt = Math.min(known.state.dueAt, now + Duration.toMillis(watch.every))
        put({ ...known, watch: { ...watch, id: known.watch.id }, state: { ...known.state, dueAt } })
        dropUndone(known.watch.id, watch.actions.length)
      }
    }
    return { added, changed }
  })

  const remove = Effect.fn("WatchStore.remove")((selection: WatchSelection) =>
    Effect.sync(() => {
      const doomed = rows().filter((row) => isChosen(selection, row))
      for (const { watch } of doomed) {
        tables.watches.delete(watch.id)
        dropUndone(watch.id, 0)
      }
      return doomed.length
    })
  )

  const undone = (watch: string, status: "pending" | "dead") =>
    [...tables.events.values()]
      .filter(({ event }) => event.watch === watch)
      .flatMap(({ deliveries }) => [...deliveries.values()])
      .filter(({ state }) => state.status === status).length

  const list = (selection: Option.Option<WatchSelection>) =>
    Stream.suspend(() =>
      Stream.fromIterable(
        inOrder(tables)
          .filter((row) => Option.match(selection, { onNone: () => true, onSome: (some) => isChosen(some, row) }))
          .map(({ addedAt, state, updates, watch }) => ({
            watch,
            state,
            addedAt,
            updates,
            pending: undone(watch.id, "pending"),
            dead: undone(watch.id, "dead")
          }))
      )
    )

  const claim: WatchStore["Type"]["claim"] = Effect.fn("WatchStore.claim")(
    function*({ lease, limit, since, without }) {
      const now = yield* Clock.currentTimeMillis
      return rows()
        .filter((row) => isWanted(row, now, since) && isFree(row.lease, now) && isAsked(row, without))
        .sort((first, second) =>
          first.state.dueAt - second.state.dueAt || Number(first.watch.id) - Number(second.watch.id)
        )
        .slice(0, limit)
        .map((row): ClaimedWatch => {
          put({ ...row, lease: leaseUntil(now + Duration.toMillis(lease)) })
          return { watch: row.watch, state: row.state }
        })
    }
  )

  const release = Effect.fn("WatchStore.release")((claims: ReadonlyArray<ClaimedWatch>) =>
    Effect.sync(() => {
      for (const { watch } of claims) {
        const row = tables.watches.get(watch.id)
        if (row !== undefined && isMine(row.lease, holder)) put({ ...row, lease: Option.none() })
      }
    })
  )

  const nextDue = Effect.fn("WatchStore.nextDue")(function*(without?: ReadonlyArray<string>) {
    const now = yield* Clock.currentTimeMillis
    const times = rows().filter((row) => isFree(row.lease, now) && isAsked(row, without)).map(({ state }) =>
      state.dueAt
    )
    return times.length === 0 ? Option.none() : Option.some(Math.min(...times))
  })

  const record = Effect.fn("WatchStore.record")(function*(findings: ReadonlyArray<WatchFinding>) {
    const recorded = { seeded: 0, events: new Array<Recorded["events"][number]>(), elsewhere: 0, lost: 0 }
    for (const { claim, observation } of findings) {
      const row = tables.watches.get(claim.watch.id)
      if (row === undefined || !isMine(row.lease, holder)) {
        recorded.lost += 1
        continue
      }
      const { event, state } = observe(row.state, Option.isSome(row.watch.platform), observation)
      put({ ...row, state, lease: Option.none() })
      if (Option.isNone(row.state.digest) && Option.isSome(state.digest)) recorded.seeded += 1
      if (state.elsewhere > row.state.elsewhere) recorded.elsewhere += 1
      if (Option.isSome(event)) {
        recorded.events.push(yield* writeEvent(tables, row.watch, observation.at, event.value))
      }
    }
    return recorded
  })

  const fire = Effect.fn("WatchStore.fire")(function*(selection: WatchSelection) {
    const now = yield* Clock.currentTimeMillis
    return yield* Effect.forEach(
      inOrder(tables).filter((row) => isChosen(selection, row)),
      ({ state, watch }) =>
        writeEvent(tables, watch, now, {
          _tag: "Fired",
          digest: Option.isSome(watch.platform) ? state.platformDigest : state.digest,
          tagDigest: state.digest
        })
    )
  })

  const claimUpdateLooks = Effect.fn("WatchStore.claimUpdateLooks")(
    function*({ interval, lease, limit }: WatchClaimOptions & { readonly interval: Duration.Duration }) {
      const now = yield* Clock.currentTimeMillis
      return rows()
        .filter((row) =>
          lookedAt(row) <= now - Duration.toMillis(interval) && row.updates.notBefore <= now &&
          isFree(row.updatesLease, now)
        )
        .sort((first, second) => lookedAt(first) === lookedAt(second) ? 0 : lookedAt(first) - lookedAt(second))
        .slice(0, limit)
        .map((row): ClaimedUpdateLook => {
          put({ ...row, updatesLease: leaseUntil(now + Duration.toMillis(lease)) })
          return { watch: row.watch, known: row.updates }
        })
    }
  )

  const recordUpdates = Effect.fn("WatchStore.recordUpdates")((findings: ReadonlyArray<UpdateFinding>) =>
    Effect.sync(() => {
      for (const { at, result, watch } of findings) {
        const row = tables.watches.get(watch)
        if (row !== undefined && isMine(row.updatesLease, holder)) {
          put({ ...row, updates: looked(row.updates, at, result), updatesLease: Option.none() })
        }
      }
    })
  )

  const fireUpdates = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const ready = rows().flatMap((row) => {
      // What holds a defect is told no earlier than it is tried again.
      if (Option.exists(row.updates.problem, isDefect) && row.updates.notBefore > now) return []
      const telling = Option.flatMap(row.watch.updates, (rule) => toTell(row.updates, rule, now))
      return Option.isSome(telling) ? [{ row, detail: telling.value }] : []
    })
    return yield* Effect.forEach(ready, ({ detail, row }) => {
      put({ ...row, updates: { ...row.updates, firedAt: Option.some(now) } })
      return writeEvent(tables, row.watch, now, detail)
    })
  }).pipe(Effect.withSpan("WatchStore.fireUpdates"))

  return WatchStore.of({
    add,
    remove,
    list,
    claim,
    release,
    nextDue,
    record,
    fire,
    ...makeEvents(tables, holder),
    claimUpdateLooks,
    recordUpdates,
    fireUpdates
  })
}

/** An empty store. */
export const layer: Layer.Layer<WatchStore> = Layer.sync(WatchStore, () => make("memory"))
