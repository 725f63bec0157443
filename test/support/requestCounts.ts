/**
 * What the program counted of its requests.
 */
import { Effect, Metric, MetricState } from "effect"

/** How many requests to a service ended how, as `/metrics` names both; outcomes that were not seen are left out. */
export const requestsTo = (service: string): Effect.Effect<Readonly<Record<string, number>>> =>
  Effect.map(Metric.snapshot, (pairs) =>
    Object.fromEntries(pairs.flatMap(({ metricKey, metricState }) => {
      const labels = new Map(metricKey.tags.map(({ key, value }) => [key, value]))
      return metricKey.name === "image_census_requests_total" && labels.get("service") === service &&
          MetricState.isCounterState(metricState) && metricState.count > 0
        ? [[labels.get("outcome") ?? "", Number(metricState.count)]]
        : []
    })))

/** What an effect adds to these counts. */
export const addedTo = <A, E, R>(service: string, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const before = yield* requestsTo(service)
    yield* effect
    const after = yield* requestsTo(service)
    return Object.fromEntries(
      Object.entries(after).flatMap(([outcome, count]) =>
        count === before[outcome] ? [] : [[outcome, count - (before[outcome] ?? 0)]]
      )
    )
  })
