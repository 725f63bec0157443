/**
 * The three tables of the main job, made or adopted: what is there keeps its rows and its columns, what is missing is
 * added. New columns have defaults, so programs that know nothing of them go on inserting, and their rows are due.
 */
export const statements: ReadonlyArray<string> = [
  `create table if not exists repos (
    id bigserial primary key,
    url text not null unique,
    host text,
    owner text,
    name text
  )`,
  `alter table repos
    add column if not exists host text,
    add column if not exists owner text,
    add column if not exists name text,
    add column if not exists docker_checked_at timestamptz,
    add column if not exists docker_not_before timestamptz not null default '-infinity',
    add column if not exists docker_attempts integer not null default 0,
    add column if not exists docker_outcome text,
    add column if not exists docker_head_oid text,
    add column if not exists docker_dockerfiles text[],
    add column if not exists docker_last_error text,
    add column if not exists docker_renamed_from text,
    add column if not exists docker_added_at timestamptz not null default now()`,
  // Who looks at a repository now. Not a column of repos: to write that means a new entry in every index of a wide row
  // (measured: three times the time of a claim). Rows are removed with the finding; what is left behind lapses.
  `create table if not exists repos_docker_leases (
    repo_id bigint primary key,
    holder text not null,
    until timestamptz not null
  )`,
  // The order of the backlog is the order of this index, so a claim reads as many entries as it takes rows.
  `create index if not exists repos_docker_backlog_due on repos (docker_not_before, id)
    where host = 'github' and docker_checked_at is null and owner <> '' and name <> ''`,
  `create index if not exists repos_docker_stale_due on repos (docker_checked_at, docker_not_before, id)
    where host = 'github' and docker_checked_at is not null and owner <> '' and name <> ''`,
  `create index if not exists repos_docker_name on repos (lower(owner), lower(name)) where host = 'github'`,
  `create index if not exists repos_docker_former_name on repos (lower(docker_renamed_from))
    where docker_renamed_from is not null`,
  `create index if not exists repos_docker_unnamed on repos (id)
    where coalesce(host, '') in ('', 'github')
      and (coalesce(owner, '') = '' or coalesce(name, '') = '' or coalesce(host, '') = '')
      and docker_not_before < 'infinity'`,

  `create table if not exists repo_docker (
    id bigserial primary key,
    repo_id bigint null references repos (id) on delete set null,
    image_name text not null unique,
    pulls bigint,
    stars integer,
    last_synced_at timestamptz not null default now()
  )`,
  `alter table repo_docker
    add column if not exists repo_id bigint null references repos (id) on delete set null,
    add column if not exists pulls bigint,
    add column if not exists stars integer,
    add column if not exists last_synced_at timestamptz not null default now(),
    add column if not exists registry text not null default 'docker.io',
    add column if not exists last_updated timestamptz,
    add column if not exists known_since date not null default (now() at time zone 'UTC')::date,
    add column if not exists due_on date not null default '-infinity',
    add column if not exists missing_since date,
    add column if not exists gone_at timestamptz,
    add column if not exists not_before timestamptz not null default '-infinity',
    add column if not exists lease text,
    add column if not exists attempts integer not null default 0,
    add column if not exists last_error text`,
  `create index if not exists repo_docker_last_synced_at on repo_docker (last_synced_at)`,
  // In byte order a namespace's images are neighbours; in a language's order, which skips punctuation, they are not.
  `create index if not exists repo_docker_due on repo_docker (due_on, image_name collate "C")`,
  `create index if not exists repo_docker_by_name on repo_docker (image_name collate "C")`,
  `create index if not exists repo_docker_repo_id on repo_docker (repo_id)`,

  `create table if not exists repo_docker_links (
    repo_id bigint not null references repos (id) on delete cascade,
    image_name text not null,
    evidence text not null default 'name',
    first_seen timestamptz not null,
    last_seen timestamptz not null,
    primary key (repo_id, image_name, evidence)
  )`,
  `create index if not exists repo_docker_links_image on repo_docker_links (image_name)`,

  `create table if not exists repo_docker_pulls_daily (
    image_name text not null,
    date date not null,
    pulls_total bigint not null,
    primary key (image_name, date)
  ) partition by range (date)`,
  `create or replace view repo_docker_pulls_by_day as
    select image_name, date, pulls_total,
      pulls_total - lag(pulls_total) over w as pulls,
      coalesce(date - lag(date) over w, 0) as gap_days,
      coalesce(pulls_total < lag(pulls_total) over w, false) as fell
    from repo_docker_pulls_daily
    where pulls_total is not null
    window w as (partition by image_name order by date)`,

  // What adopted rows say of the new columns.
  `insert into repo_docker_links (repo_id, image_name, evidence, first_seen, last_seen)
    select repo_id, image_name, 'name', last_synced_at, last_synced_at from repo_docker where repo_id is not null
    on conflict do nothing`,
  `update repo_docker d set due_on = h.last + 1, known_since = h.first
    from (select image_name, min(date) as first, max(date) as last from repo_docker_pulls_daily group by image_name) h
    where h.image_name = d.image_name`,
  `update repo_docker d set known_since = (last_synced_at at time zone 'UTC')::date
    where not exists (select 1 from repo_docker_pulls_daily h where h.image_name = d.image_name)`,
  `update repos r set docker_outcome = 'hit' from repo_docker d
    where d.repo_id = r.id and r.docker_checked_at is not null and r.docker_outcome is null`
]
