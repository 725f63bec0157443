/**
 * What repositories claim, what each registry answered, what images say of themselves, and the links that stand on it.
 */

// Host and path of the repository that an image's label names are kept in lower case, as in `github.com/owner/name`.
const pointsBack =
  `s.source in ('github.com/' || lower(r.owner || '/' || r.name), 'github.com/' || lower(r.docker_renamed_from))`

export const statements: ReadonlyArray<string> = [
  // Evidence that a look no longer found keeps its row; `unseen_since` is when that was noticed.
  `alter table repo_docker_links add column if not exists unseen_since timestamptz`,

  // What was read of a repository's files: a row for each, so that what has not changed is not asked for again.
  `create table if not exists repos_docker_readings (
    repo_id bigint primary key references repos (id) on delete cascade,
    read_at timestamptz not null,
    read_as text not null,
    head_oid text,
    dockerfiles text[] not null,
    workflows jsonb not null,
    whole boolean not null
  )`,
  `create table if not exists repo_docker_claims (
    repo_id bigint not null references repos (id) on delete cascade,
    image_name text not null,
    registry text not null,
    evidence text not null,
    path text not null,
    detail text not null,
    pattern text,
    own_namespace boolean not null,
    first_seen timestamptz not null,
    last_seen timestamptz not null,
    unseen_since timestamptz,
    primary key (repo_id, image_name, evidence, path)
  )`,
  `create index if not exists repo_docker_claims_image on repo_docker_claims (image_name)`,

  // One look for an image, however many repositories claim it. A lease is a `due_at` to come with the holder beside it.
  `create table if not exists repo_docker_checks (
    image_name text primary key,
    registry text not null,
    outcome text,
    checked_at timestamptz,
    due_at timestamptz not null default '-infinity',
    lease text,
    attempts integer not null default 0,
    last_error text
  )`,
  `create index if not exists repo_docker_checks_due on repo_docker_checks (registry, due_at, image_name collate "C")`,

  // The repository that an image's newest tag names.
  `create table if not exists repo_docker_sources (
    image_name text primary key,
    registry text not null,
    tag text,
    digest text,
    label text,
    label_value text,
    source text,
    looked_at timestamptz,
    due_at timestamptz not null default '-infinity',
    lease text,
    attempts integer not null default 0,
    last_error text
  )`,
  // Manifests that verification asked a registry for on a UTC day, those of claims that are under way included.
  `create table if not exists repo_docker_source_pulls (
    registry text not null,
    day date not null,
    pulls integer not null,
    primary key (registry, day)
  )`,

  `create table if not exists repo_docker_activity_daily (
    image_name text not null,
    date date not null,
    actions bigint not null,
    primary key (image_name, date)
  )`,

  // Links that a person took away. A link that a person added is evidence of its own: 'manual'.
  `create table if not exists repo_docker_links_removed (
    repo_id bigint not null references repos (id) on delete cascade,
    image_name text not null,
    removed_at timestamptz not null,
    primary key (repo_id, image_name)
  )`,

  // Nothing is kept twice: a repository that is renamed is judged by its new and its former name at once.
  `create or replace view repo_docker_verifications as
    select p.repo_id, p.image_name,
      case
        when s.looked_at is null then 'not-looked-at'
        when s.source is null then 'silent'
        when ${pointsBack} then 'verified'
        else 'contradicted'
      end as state,
      s.source as points_at, s.tag, s.digest, s.label, s.label_value, s.looked_at
    from (select repo_id, image_name from repo_docker_links
      union select repo_id, image_name from repo_docker_claims) p
    join repos r on r.id = p.repo_id
    left join repo_docker_sources s on s.image_name = p.image_name`,
  `create or replace view repo_docker_links_shown as
    select l.repo_id, l.image_name, array_agg(l.evidence order by l.evidence) as evidence,
      min(l.first_seen) as first_seen, max(l.last_seen) as last_seen,
      coalesce(bool_or(${pointsBack}), false) as verified
    from repo_docker_links l
    join repos r on r.id = l.repo_id
    left join repo_docker_sources s on s.image_name = l.image_name
    where not exists (select 1 from repo_docker_links_removed m
        where m.repo_id = l.repo_id and m.image_name = l.image_name)
      and (s.source is null or ${pointsBack} or exists (select 1 from repo_docker_links a
        where a.repo_id = l.repo_id and a.image_name = l.image_name and a.evidence = 'manual'))
    group by l.repo_id, l.image_name`
]
