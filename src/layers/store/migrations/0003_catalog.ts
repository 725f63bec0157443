/**
 * The catalog of images: what was fetched, what people say (apart), and how far the looks are. Tags carry their platforms
 * as one document, read and written as a whole; the view `catalog_platforms` has them a row each.
 */
export const statements: ReadonlyArray<string> = [
  `create table if not exists catalog_images (
    image_name text primary key,
    registry text not null,
    repository text not null,
    official boolean not null default false,
    origin text not null,
    visibility text not null default 'published',
    added_at timestamptz not null,
    removed_at timestamptz,
    description text not null default '',
    full_description text not null default '',
    logo text,
    categories text[] not null default '{}',
    repositories text[] not null default '{}',
    licence text,
    source text,
    registered_at timestamptz,
    platforms text[] not null default '{}',
    tag_count integer
  )`,
  // In byte order, as lists are read page by page.
  `create index if not exists catalog_images_by_name on catalog_images (image_name collate "C") where removed_at is null`,

  // How far the looks are: what every look writes, in a narrow row of its own. The counters stand in repo_docker.
  `create table if not exists catalog_state (
    image_name text primary key references catalog_images (image_name) on delete cascade,
    tracked boolean not null default true,
    due_at timestamptz not null default '-infinity',
    not_before timestamptz not null default '-infinity',
    holder text,
    leased_until timestamptz not null default '-infinity',
    attempts integer not null default 0,
    last_error text,
    looked_at timestamptz,
    fetched_at timestamptz,
    missing_since date,
    gone_at timestamptz,
    listed_at timestamptz,
    listed_updated timestamptz,
    listed_wanted integer,
    listed_complete boolean not null default false,
    listed_missing integer not null default 0
  )`,
  `create index if not exists catalog_state_due on catalog_state (due_at, image_name) where tracked`,

  `create table if not exists catalog_passes (
    holder text primary key,
    since timestamptz not null,
    until timestamptz not null
  )`,

  `create table if not exists catalog_tags (
    image_name text not null references catalog_images (image_name) on delete cascade,
    tag text collate "C" not null,
    digest text,
    media_type text,
    size bigint,
    pushed_at timestamptz,
    platforms text[] not null default '{}',
    manifests jsonb not null default '[]',
    attestations jsonb not null default '[]',
    first_seen timestamptz not null,
    missing_since timestamptz,
    gone_at timestamptz,
    primary key (image_name, tag)
  )`,
  `create index if not exists catalog_tags_newest on catalog_tags
    (image_name, (coalesce(pushed_at, '-infinity'::timestamptz)) desc, tag)`,

  // Which digest a tag pointed to, from when until when; the row without an end is what it points to now.
  `create table if not exists catalog_tag_digests (
    image_name text not null references catalog_images (image_name) on delete cascade,
    tag text collate "C" not null,
    since timestamptz not null,
    until timestamptz,
    digest text not null,
    primary key (image_name, tag, since)
  )`,

  // Of an image where the tag is empty. No reference to the image: words outlive what they are about.
  `create table if not exists catalog_words (
    image_name text not null,
    tag text collate "C" not null default '',
    title text,
    notes text,
    labels text[] not null default '{}',
    publisher text,
    licence text,
    visibility text,
    changed_at timestamptz not null,
    primary key (image_name, tag)
  )`,

  // The list of official images, where it was refreshed; empty: the list that is shipped.
  `create table if not exists catalog_official (
    name text primary key,
    repositories text[] not null,
    architectures text[] not null
  )`,

  `create or replace view catalog_platforms as
    select t.image_name, t.tag, m.platform, m."osVersion" as os_version, m.digest, m.size,
      to_timestamp(m.pushed / 1000) as pushed_at
    from catalog_tags t cross join lateral jsonb_to_recordset(t.manifests)
      as m (platform text, "osVersion" text, digest text, size bigint, pushed float8)
    where t.gone_at is null`
]
