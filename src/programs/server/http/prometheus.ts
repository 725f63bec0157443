/**
 * Effect's metrics in the text format of Prometheus (version 0.0.4).
 */
import { type MetricPair, MetricState, Option } from "effect"

/** The `Content-Type` of the format. */
export const contentType = "text/plain; version=0.0.4; charset=utf-8"

const escaped = (value: string): string => value.replace(/\\/g, "\\\\").replace(/"/g, "\\\"").replace(/\n/g, "\\n")

type Labels = ReadonlyArray<readonly [name: string, value: string]>

const line = (name: string, labels: Labels, value: number | bigint | string): string => {
  const inner = labels.map(([key, text]) => `${key}="${escaped(text)}"`).join(",")
  return `${name}${inner === "" ? "" : `{${inner}}`} ${value}`
}

interface Family {
  readonly type: "counter" | "gauge" | "histogram"
  readonly help: string
  readonly lines: Array<string>
}

/** Ours, as Effect counts things of its own too. */
const prefix = "image_census_"

const bound = (value: number): string => Number.isFinite(value) ? String(value) : "+Inf"

// Names come from the code alone; labels may hold anything.
const samples = (name: string, labels: Labels, state: MetricState.MetricState.Untyped): Option.Option<
  { readonly type: Family["type"]; readonly lines: ReadonlyArray<string> }
> => {
  if (MetricState.isCounterState(state)) {
    return Option.some({ type: "counter", lines: [line(name, labels, state.count)] })
  }
  if (MetricState.isGaugeState(state)) return Option.some({ type: "gauge", lines: [line(name, labels, state.value)] })
  if (!MetricState.isHistogramState(state)) return Option.none()
  const buckets = state.buckets.filter(([edge]) => Number.isFinite(edge))
  return Option.some({
    type: "histogram",
    lines: [
      ...buckets.map(([edge, count]) => line(`${name}_bucket`, [...labels, ["le", bound(edge)]], count)),
      line(`${name}_bucket`, [...labels, ["le", "+Inf"]], state.count),
      line(`${name}_sum`, labels, state.sum),
      line(`${name}_count`, labels, state.count)
    ]
  })
}

/** All metrics of this program, a family after the other in the order of their names. */
export const render = (pairs: ReadonlyArray<MetricPair.MetricPair.Untyped>): string => {
  const families = new Map<string, Family>()
  for (const { metricKey, metricState } of pairs) {
    const { name } = metricKey
    if (!name.startsWith(prefix)) continue
    const labels: Labels = metricKey.tags.filter(({ key }) => key !== "unit").map(({ key, value }) => [key, value])
    const found = samples(name, labels, metricState)
    if (Option.isNone(found)) continue
    const family = families.get(name) ??
      { type: found.value.type, help: Option.getOrElse(metricKey.description, () => ""), lines: [] }
    family.lines.push(...found.value.lines)
    families.set(name, family)
  }
  return [...families].sort(([first], [second]) => first < second ? -1 : 1).map(([name, { help, lines, type }]) =>
    [
      ...(help === "" ? [] : [`# HELP ${name} ${help.replace(/\\/g, "\\\\").replace(/\n/g, " ")}`]),
      `# TYPE ${name} ${type}`,
      ...lines,
      ""
    ]
      .join("\n")
  ).join("")
}
