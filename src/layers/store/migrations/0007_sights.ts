/**
 * Since when tags are known to be there, for registries that do not say when a tag was pushed.
 */
export const statements: ReadonlyArray<string> = [
  `create table if not exists image_census_tag_sights (
    image_name text not null,
    tag text not null,
    first_seen_at timestamptz not null,
    primary key (image_name, tag)
  )`
]
