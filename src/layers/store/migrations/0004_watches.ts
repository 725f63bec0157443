/**
 * Watched references, what was last seen of them, and the outbox of their events.
 */
export const statements: ReadonlyArray<string> = [
  // An empty platform stands for none: what the tag points to counts.
  `create table if not exists image_watches (
    id bigserial primary key,
    reference text not null,
    registry text not null,
    platform text not null default '',
    every_ms bigint not null,
    actions jsonb not null default '[]',
    update_level text,
    update_min_age_ms bigint,
    update_from smallint,
    update_to smallint,
    added_at timestamptz not null,
    unique (reference, platform)
  )`,
  // Written with every look, so it is apart and narrow, with room for the next version of a row beside it.
  `create table if not exists image_watch_states (
    watch_id bigint primary key references image_watches (id) on delete cascade,
    registry text not null,
    digest text,
    platform_digest text,
    since timestamptz,
    tried_at timestamptz,
    checked_at timestamptz,
    outcome text,
    moves integer not null default 0,
    elsewhere integer not null default 0,
    elsewhere_at timestamptz,
    due_at timestamptz not null,
    parked boolean not null default false,
    attempts integer not null default 0,
    problem text,
    lease text,
    lease_until timestamptz not null default '-infinity'
  ) with (fillfactor = 70)`,
  `create index if not exists image_watch_states_due on image_watch_states (due_at, watch_id)`,

  // The sequence is given out under a lock that is held until the commit: who reads on from the last one misses none.
  // Events outlive their watch.
  `create table if not exists image_watch_events (
    sequence bigserial primary key,
    id uuid not null unique default gen_random_uuid(),
    type text not null,
    watch_id bigint not null,
    reference text not null,
    platform text not null default '',
    at timestamptz not null,
    detail jsonb not null
  )`,
  `create index if not exists image_watch_events_watch on image_watch_events (watch_id, sequence)`,
  // The action is the watch's now, by its position: a corrected address is used by what waits.
  `create table if not exists image_watch_deliveries (
    sequence bigint not null references image_watch_events (sequence) on delete cascade,
    position integer not null,
    watch_id bigint not null,
    status text not null default 'pending',
    attempts integer not null default 0,
    bound integer,
    not_before timestamptz not null default '-infinity',
    window_from smallint,
    window_to smallint,
    attempted_at timestamptz,
    delivered_at timestamptz,
    result text,
    output text,
    lease text,
    lease_until timestamptz not null default '-infinity',
    primary key (sequence, position)
  )`,
  `create index if not exists image_watch_deliveries_open on image_watch_deliveries (watch_id, position, sequence)
    where status = 'pending'`,
  `create index if not exists image_watch_deliveries_dead on image_watch_deliveries (sequence) where status = 'dead'`,

  `create table if not exists image_watch_updates (
    watch_id bigint primary key references image_watches (id) on delete cascade,
    looked_at timestamptz,
    not_before timestamptz not null default '-infinity',
    attempts integer not null default 0,
    problem text,
    newest jsonb,
    fired_at timestamptz,
    lease text,
    lease_until timestamptz not null default '-infinity'
  )`
]
