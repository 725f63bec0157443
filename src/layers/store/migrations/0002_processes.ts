/**
 * Where processes show themselves to each other, and where they share what they know of budgets and parks.
 */
export const statements: ReadonlyArray<string> = [
  `create table if not exists image_census_processes (
    id text primary key,
    host text not null,
    pid integer not null,
    command text not null,
    started_at timestamptz not null,
    heartbeat_at timestamptz not null,
    progress jsonb not null default '{}'
  )`,
  // One row per budget: limit, remaining and reset as last observed; parked_until only ever grows until it has passed;
  // requests and points are summed over all processes.
  `create table if not exists image_census_budgets (
    budget_id text primary key,
    service text not null,
    payer text not null,
    budget_limit bigint,
    remaining bigint,
    resets_at timestamptz,
    parked_until timestamptz,
    park_reason text,
    requests bigint not null default 0,
    points bigint not null default 0,
    observed_at timestamptz not null,
    process text
  )`
]
