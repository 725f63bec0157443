/**
 * Rows that hold a defect of the program: since when, how often and of what each died. The reason itself stands in the
 * row; a row that has had an answer since is not held any more, whatever is noted here.
 */

// Each branch reads one row by its key, and only for its own job: large tables are never read as a whole.
const branch = (job: string, columns: string, from: string): string =>
  `select ${columns} from ${from} and d.job = '${job}'`

const id = (job: string): string => `case when d.job = '${job}' then d.key::bigint end`

const watched = "w.reference || case when w.platform = '' then '' else ' ' || w.platform end"

const branches: ReadonlyArray<string> = [
  branch(
    "discovery",
    "r.owner || '/' || r.name as subject, r.docker_last_error as reason, r.docker_not_before as retry_at",
    `repos r where r.id = ${id("discovery")}`
  ),
  branch("refresh", "i.image_name, i.last_error, i.not_before", "repo_docker i where i.image_name = d.key"),
  branch("registries", "k.image_name, k.last_error, k.due_at", "repo_docker_checks k where k.image_name = d.key"),
  branch("verification", "s.image_name, s.last_error, s.due_at", "repo_docker_sources s where s.image_name = d.key"),
  branch("catalog", "c.image_name, c.last_error, c.not_before", "catalog_state c where c.image_name = d.key"),
  branch(
    "watch",
    `${watched}, s.problem, s.due_at`,
    `image_watch_states s join image_watches w on w.id = s.watch_id where s.watch_id = ${id("watch")}`
  ),
  branch(
    "updates",
    `${watched}, u.problem, u.not_before`,
    `image_watch_updates u join image_watches w on w.id = u.watch_id where u.watch_id = ${id("updates")}`
  ),
  branch(
    "deliveries",
    "e.reference, v.result, v.not_before",
    `image_watch_deliveries v join image_watch_events e on e.sequence = v.sequence
      where v.status <> 'delivered' and v.sequence = case when d.job = 'deliveries'
        then split_part(d.key, '/', 1)::bigint end and v.position::text = split_part(d.key, '/', 2)`
  )
]

export const statements: ReadonlyArray<string> = [
  `create table if not exists image_census_defects (
    job text not null,
    key text not null,
    reason text not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    times integer not null default 1,
    primary key (job, key)
  )`,
  `create or replace view image_census_defects_held as
    select d.job, d.key, x.subject, x.reason, d.first_at, d.last_at, d.times, x.retry_at
    from image_census_defects d cross join lateral (${branches.join(" union all ")}) x
    where x.reason like 'internal error: %'`,
  // Few are deferred or missing at a time. Those that a wrong clock has written are looked for before the first claim of
  // each process.
  `create index if not exists repos_docker_deferred on repos (docker_not_before)
    where docker_not_before > '-infinity' and docker_not_before < 'infinity'`,
  `create index if not exists repo_docker_missing on repo_docker (missing_since) where missing_since is not null`
]
