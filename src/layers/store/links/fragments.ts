/**
 * Statements that several writers of links share. All are to be called in a transaction.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"

/** The values of a JSON array of texts as a set of rows `value`. */
export const texts = (sql: SqlClient, values: ReadonlyArray<string>) =>
  sql`(select value from jsonb_array_elements_text(${JSON.stringify(values)}::jsonb))`

/** Whether the image of `s` (a row of repo_docker_sources) names the repository `r`, by its present or former name. */
export const pointsBack = (sql: SqlClient) =>
  sql`s.source in ('github.com/' || lower(r.owner || '/' || r.name), 'github.com/' || lower(r.docker_renamed_from))`

/**
 * Whether a claim `c` of the repository `r` makes a link once its image is found. A candidate is a guess among several:
 * it counts in the owner's own namespace, or when the image says so itself.
 */
const counts = (sql: SqlClient) =>
  sql`(c.pattern is null or c.own_namespace or exists (
    select 1 from repo_docker_sources s where s.image_name = c.image_name and ${pointsBack(sql)}))`

/** Whether an image (a column) is claimed by, or linked to, one of these repositories; all where none are named. */
export const ofRepositories = (sql: SqlClient, image: string, ids: ReadonlyArray<string> | undefined) => {
  if (ids === undefined) return sql`true`
  const these = sql`(select value::bigint from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`
  return sql`(exists (select 1 from repo_docker_claims c where c.image_name = ${
    sql.literal(image)
  } and c.repo_id in ${these})
    or exists (select 1 from repo_docker_links l where l.image_name = ${sql.literal(image)} and l.repo_id in ${these}))`
}

/** The claims of an image that make links, as `c` joined with `r`; `scope` narrows them. */
export const countingClaims = (sql: SqlClient, scope: Fragment) =>
  sql`repo_docker_claims c join repos r on r.id = c.repo_id where ${scope} and ${counts(sql)}`

/** Brings the links in line with the claims in `scope` (a condition on `c`), as far as their images were found. */
export const linkClaims = (sql: SqlClient, scope: Fragment) =>
  sql`insert into repo_docker_links as l (repo_id, image_name, evidence, first_seen, last_seen, unseen_since)
    select c.repo_id, c.image_name, c.evidence, min(c.first_seen), max(c.last_seen),
      case when bool_and(c.unseen_since is not null) then max(c.unseen_since) end
    from ${countingClaims(sql, scope)}
      and (exists (select 1 from repo_docker_checks k where k.image_name = c.image_name and k.outcome = 'found')
        or exists (select 1 from repo_docker d where d.image_name = c.image_name and d.missing_since is null)
        or exists (select 1 from repo_docker_links o where o.repo_id = c.repo_id and o.image_name = c.image_name
          and o.evidence = c.evidence))
    group by c.repo_id, c.image_name, c.evidence
    order by c.repo_id, c.image_name, c.evidence
    on conflict (repo_id, image_name, evidence) do update set
      first_seen = least(l.first_seen, excluded.first_seen), last_seen = greatest(l.last_seen, excluded.last_seen),
      unseen_since = excluded.unseen_since`

/**
 * Sees to it that the one repository which stands in an image's row is one whose link is shown: a verified one before
 * others, then the one that was linked first.
 */
export const settleOwners = (sql: SqlClient, images: ReadonlyArray<string>) =>
  sql`update repo_docker d set repo_id = x.repo_id
    from (
      select i.value as image_name, (
        select s.repo_id from repo_docker_links_shown s where s.image_name = i.value
        order by s.verified desc, s.first_seen, s.repo_id limit 1) as repo_id
      from ${texts(sql, images)} i
    ) x
    where d.image_name = x.image_name and d.repo_id is distinct from x.repo_id and (
      d.repo_id is null
      or exists (select 1 from repo_docker_links_shown s
        where s.image_name = d.image_name and s.repo_id = x.repo_id and s.verified)
      or (exists (select 1 from repo_docker_links l where l.image_name = d.image_name and l.repo_id = d.repo_id)
        and not exists (select 1 from repo_docker_links_shown s
          where s.image_name = d.image_name and s.repo_id = d.repo_id)))`
