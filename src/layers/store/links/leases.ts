/**
 * Leases on looks at registries, and what is left to do there.
 */
import { Clock, Duration, Effect, Schema } from "effect"
import type { RegistryClaims, RegistryStatus } from "../../../services/LinkStore.js"
import { instant, rowOf, rowsOf, type StoreCore, transient } from "../core.js"
import { inTransaction } from "../errors.js"
import { texts } from "./fragments.js"

const Count = Schema.Struct({ count: Schema.Int })
const StatusRow = Schema.Struct({
  registry: Schema.String,
  checksDue: Schema.Int,
  sourcesDue: Schema.Int,
  deferred: Schema.Int,
  found: Schema.Int,
  absent: Schema.Int,
  notVisible: Schema.Int,
  read: Schema.Int
})

/** Lengthening, giving back and counting. */
export const makeLeases = ({ holder, sql }: StoreCore) => {
  const namesOf = (rows: ReadonlyArray<{ readonly image: string }>) => texts(sql, rows.map(({ image }) => image))

  const setDue = ({ checks, sources }: RegistryClaims, due: ReturnType<typeof instant>, freed: boolean) => {
    const lease = freed ? sql`null` : sql`lease`
    return inTransaction(sql)(Effect.gen(function*() {
      if (checks.length > 0) {
        yield* sql`with held as materialized (select image_name from repo_docker_checks
            where lease = ${holder} and image_name in ${namesOf(checks)} order by image_name for no key update)
          update repo_docker_checks k set due_at = ${due}, lease = ${lease}
          from held where k.image_name = held.image_name`
      }
      if (sources.length > 0) {
        yield* sql`with held as materialized (select image_name from repo_docker_sources
            where lease = ${holder} and image_name in ${namesOf(sources)} order by image_name for no key update)
          update repo_docker_sources s set due_at = ${due}, lease = ${lease}
          from held where s.image_name = held.image_name`
      }
    }))
  }

  const extendLeases = Effect.fn("LinkStore.extendLeases")(
    function*(claims: RegistryClaims, lease: Duration.Duration) {
      const now = yield* Clock.currentTimeMillis
      yield* setDue(claims, instant(sql, now + Duration.toMillis(lease)), false)
    },
    transient
  )

  const releaseLeases = Effect.fn("LinkStore.releaseLeases")(function*(claims: RegistryClaims) {
    yield* setDue(claims, sql`'-infinity'::timestamptz`, true)
  }, transient)

  const undefer = Effect.fn("LinkStore.undefer")(function*(registries: ReadonlyArray<string>) {
    const { count } = yield* rowOf(Count)(sql`
      with checks as (
        update repo_docker_checks set due_at = '-infinity'
        where attempts > 0 and lease is null and due_at <> '-infinity' and registry in ${texts(sql, registries)}
        returning 1
      ), sources as (
        update repo_docker_sources set due_at = '-infinity'
        where attempts > 0 and lease is null and due_at <> '-infinity' and registry in ${texts(sql, registries)}
        returning 1
      )
      select ((select count(*) from checks) + (select count(*) from sources))::int as count`)
    return count
  }, transient)

  const status = Effect.fn("LinkStore.status")(function*(registries: ReadonlyArray<string>) {
    const at = instant(sql, yield* Clock.currentTimeMillis)
    const rows = yield* rowsOf(StatusRow)(sql`
      select x.value as registry,
        (select count(*)::int from repo_docker_checks k where k.registry = x.value and k.due_at <= ${at}
          and (exists (select 1 from repo_docker_claims c where c.image_name = k.image_name)
            or exists (select 1 from repo_docker_links l where l.image_name = k.image_name))) as "checksDue",
        (select count(*)::int from repo_docker d left join repo_docker_sources s on s.image_name = d.image_name
          where d.registry = x.value and d.missing_since is null and (s.image_name is null or s.due_at <= ${at})
            and exists (select 1 from repo_docker_links l where l.image_name = d.image_name)) as "sourcesDue",
        coalesce(k.deferred, 0) + (select count(*)::int from repo_docker_sources s
          where s.registry = x.value and s.attempts > 0 and s.lease is null and s.due_at > ${at}) as deferred,
        coalesce(k.found, 0) as found, coalesce(k.absent, 0) as absent, coalesce(k.hidden, 0) as "notVisible",
        (select count(*)::int from repo_docker_sources s
          where s.registry = x.value and s.looked_at is not null) as read
      from jsonb_array_elements_text(${JSON.stringify(registries)}::jsonb) with ordinality x (value, place)
      left join (
        select registry, (count(*) filter (where outcome = 'found'))::int as found,
          (count(*) filter (where outcome = 'absent'))::int as absent,
          (count(*) filter (where outcome = 'not-visible'))::int as hidden,
          (count(*) filter (where attempts > 0 and lease is null and due_at > ${at}))::int as deferred
        from repo_docker_checks group by registry
      ) k on k.registry = x.value
      order by x.place`)
    const result: ReadonlyArray<RegistryStatus> = rows
    return result
  }, transient)

  return { extendLeases, releaseLeases, undefer, status }
}
