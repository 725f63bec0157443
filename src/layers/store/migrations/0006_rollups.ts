/**
 * What lists are sorted by, and what days looked like: kept up to date by those who write the facts.
 */
import { growthOf } from "../growth.js"

export const statements: ReadonlyArray<string> = [
  // One row per image with a history. Written in the transaction that writes the day's snapshot.
  `create table if not exists repo_docker_growth (
    image_name text primary key,
    as_of date not null,
    days_7 bigint,
    days_30 bigint,
    days_90 bigint
  )`,
  `create index if not exists repo_docker_growth_7 on repo_docker_growth (days_7 desc, image_name collate "C")
    where days_7 is not null`,
  `create index if not exists repo_docker_growth_30 on repo_docker_growth (days_30 desc, image_name collate "C")
    where days_30 is not null`,
  `create index if not exists repo_docker_growth_90 on repo_docker_growth (days_90 desc, image_name collate "C")
    where days_90 is not null`,
  `create index if not exists repo_docker_growth_as_of on repo_docker_growth (as_of)`,
  `create index if not exists repo_docker_by_pulls on repo_docker (pulls desc, image_name collate "C")
    where pulls is not null`,
  `create index if not exists repo_docker_by_stars on repo_docker (stars desc, image_name collate "C")
    where stars is not null`,
  `create index if not exists repo_docker_links_first_seen on repo_docker_links (first_seen)`,
  // The census on a day, as it was when last counted.
  `create table if not exists image_census_days (
    date date primary key,
    repositories integer not null,
    images integer not null,
    backlog integer not null,
    snapshots integer not null
  )`,
  growthOf("select distinct image_name from repo_docker_pulls_daily")
]
