/**
 * What a running sync shows of itself: lines that are drawn again and again on a terminal, one line elsewhere. Pure.
 */
import { type BudgetState } from "../../domain/RateBudget.js"
import type { RegistryCounts, SyncState } from "../sync/SyncProgress.js"
import { counted, cut, grouped, oneLine, span } from "./text.js"

/** How far a run was at an instant (epoch milliseconds). */
export interface Sample {
  readonly at: number
  readonly repositories: number
  readonly images: number
  readonly requests: Readonly<Record<string, number>>
}

/** Everything that is shown. Times are epoch milliseconds. */
export interface View {
  readonly now: number
  readonly state: SyncState
  readonly budgets: ReadonlyArray<BudgetState>
  /** Earlier samples, oldest first, for rates. */
  readonly samples: ReadonlyArray<Sample>
}

/** Over how long rates are taken, in milliseconds. */
const window = 60_000

const repositoriesDone = ({ discovery }: SyncState) => discovery.checked + discovery.deferred
const imagesDone = ({ refresh }: SyncState) => refresh.refreshed + refresh.gone + refresh.deferred

const requestsBy = (budgets: ReadonlyArray<BudgetState>): Readonly<Record<string, number>> => {
  const sums: Record<string, number> = {}
  for (const { key, requests } of budgets) sums[key.service] = (sums[key.service] ?? 0) + requests
  return sums
}

/** This instant's sample, behind those that are still within the window (and one before it). */
export const sampled = (view: View): ReadonlyArray<Sample> => {
  const sample = {
    at: view.now,
    repositories: repositoriesDone(view.state),
    images: imagesDone(view.state),
    requests: requestsBy(view.budgets)
  }
  const last = view.samples.at(-1)
  // One sample a second is enough.
  if (last !== undefined && view.now - last.at < 1000) return view.samples
  const first = view.samples.findLastIndex(({ at }) => at <= view.now - window)
  return [...view.samples.slice(Math.max(0, first)), sample]
}

const perMinute = (view: View, now: number, before: (sample: Sample) => number): number | undefined => {
  const oldest = view.samples[0]
  if (oldest === undefined || view.now - oldest.at < 1000) return undefined
  return Math.max(0, (now - before(oldest)) * 60_000 / (view.now - oldest.at))
}

/** How long the due rows take at the rate of the last minute, in milliseconds; none where that cannot be told. */
export const timeLeft = (view: View): number | undefined => {
  const { imagesDue, repositoriesDue } = view.state
  const parts = [
    [repositoriesDue ?? 0, perMinute(view, repositoriesDone(view.state), ({ repositories }) => repositories)] as const,
    [imagesDue ?? 0, perMinute(view, imagesDone(view.state), ({ images }) => images)] as const
  ].filter(([due]) => due > 0)
  if (parts.length === 0) return undefined
  const lengths = parts.map(([due, rate]) => rate === undefined || rate <= 0 ? Infinity : due / rate * 60_000)
  const longest = Math.max(...lengths)
  return Number.isFinite(longest) ? longest : undefined
}

const names: Readonly<Record<string, string>> = { github: "GitHub", dockerhub: "Docker Hub", quay: "Quay's API" }
/** A service as people call it. */
export const nameOf = (service: string): string => names[service] ?? service

const services = (view: View): ReadonlyArray<string> => {
  const byService = Object.entries(requestsBy(view.budgets))
  return byService.map(([service, requests]) => {
    const own = view.budgets.filter(({ key }) => key.service === service)
    const known = own.flatMap(({ remaining }) => remaining === undefined ? [] : [remaining])
    const rate = perMinute(view, requests, (sample) => sample.requests[service] ?? 0)
    return [
      `${nameOf(service)} ${counted(requests, "request")}`,
      ...(rate === undefined ? [] : [`${grouped(Math.round(rate))} a minute`]),
      ...(known.length === 0 ? [] : [`${grouped(known.reduce((sum, value) => sum + value, 0))} left`])
    ].join(", ")
  })
}

const waits = (view: View): ReadonlyArray<string> => {
  const parks = view.budgets.flatMap(({ key, parkReason, parkedUntil }) =>
    parkedUntil === undefined || parkedUntil <= view.now
      ? []
      : [
        `${nameOf(key.service)} (${key.payer}) parked for ${span(parkedUntil - view.now)}` +
        (parkReason === undefined ? "" : `: ${parkReason}`)
      ]
  )
  const { circuitOpenUntil } = view.state
  return circuitOpenUntil === undefined || circuitOpenUntil <= view.now
    ? parks
    : [...parks, `Docker Hub keeps failing; next try in ${span(circuitOpenUntil - view.now)}`]
}

const due = ({ imagesDue, repositoriesDue }: SyncState): string =>
  repositoriesDue === undefined && imagesDue === undefined
    ? "counting what is due"
    : `${counted(repositoriesDue ?? 0, "repository", "repositories")} and ${counted(imagesDue ?? 0, "image")} due`

const discovery = ({ discovery: { checked, deferred, hits, misses, notFound } }: SyncState): string =>
  `${grouped(checked)} checked, ${grouped(hits)} found, ${grouped(misses)} without image, ${
    grouped(notFound)
  } unknown` +
  (deferred === 0 ? "" : `, ${grouped(deferred)} put off`)

const refresh = ({ refresh: { deferred, gone, refreshed } }: SyncState): string =>
  `${grouped(refreshed)} refreshed, ${grouped(gone)} gone` + (deferred === 0 ? "" : `, ${grouped(deferred)} put off`)

/** What a registry answered: `12 found, 3 absent, 40 not visible, 5 read`. */
export const registryText = ({ absent, deferred, found, notVisible, read }: RegistryCounts): string =>
  `${grouped(found)} found, ${grouped(absent)} absent, ${grouped(notVisible)} not visible` +
  (read === 0 ? "" : `, ${counted(read, "image")} read`) + (deferred === 0 ? "" : `, ${grouped(deferred)} put off`)

const clock = (view: View): string => {
  const left = timeLeft(view)
  return `${span(view.now - view.state.startedAt)} so far` + (left === undefined ? "" : `, about ${span(left)} left`)
}

/** Lines for a terminal of so many columns. */
export const screen = (view: View, columns: number): ReadonlyArray<string> =>
  [
    `${view.state.phase.padEnd(10)}${due(view.state)}; ${clock(view)}`,
    `${"discovery".padEnd(10)}${discovery(view.state)}`,
    `${"refresh".padEnd(10)}${refresh(view.state)}`,
    ...view.state.registries.map((counts) => `${counts.registry.padEnd(9)} ${registryText(counts)}`),
    ...services(view).map((line) => `${"".padEnd(10)}${line}`),
    ...waits(view).map((line) => `${"waiting".padEnd(10)}${line}`)
  ].map((line) => cut(oneLine(line), Math.max(20, columns - 1)))

/** The same in one line, for logs. */
export const line = (view: View): string =>
  oneLine(
    [
      `${view.state.phase}: ${due(view.state)}`,
      discovery(view.state),
      refresh(view.state),
      ...view.state.registries.map((counts) => `${counts.registry} ${registryText(counts)}`),
      ...services(view),
      ...waits(view),
      clock(view)
    ].join("; ")
  )
