/**
 * Repositories over HTTP.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Effect, Either, Option, Stream } from "effect"
import { NotFound } from "../../../domain/Errors.js"
import { key, parse } from "../../../domain/GitHubRepository.js"
import { CensusPages } from "../../../services/CensusPages.js"
import { LinkStore } from "../../../services/LinkStore.js"
import { RepoDockerStore } from "../../../services/RepoDockerStore.js"
import { Api } from "../api/Api.js"
import { Invalid } from "../api/problems.js"
import { nextRepository } from "../api/repositories.js"
import { OnDemand } from "../OnDemand.js"
import { linkOf, repositoryOf } from "./encode.js"

const stored = (path: { readonly owner: string; readonly name: string }) =>
  Effect.gen(function*() {
    const what = `the repository ${path.owner}/${path.name}`
    const name = yield* Either.mapLeft(
      parse(`${path.owner}/${path.name}`),
      () => new NotFound({ service: "the census", what })
    )
    const found = yield* (yield* CensusPages).repository(name)
    return yield* Option.match(found, {
      onNone: () => Effect.fail(new NotFound({ service: "the census", what })),
      onSome: Effect.succeed
    })
  })

export const repositories = HttpApiBuilder.group(Api, "repositories", (handlers) =>
  handlers
    .handle("list", ({ urlParams }) =>
      Effect.gen(function*() {
        const rows = yield* (yield* CensusPages).repositories({
          search: Option.filter(urlParams.search, (text) => text !== ""),
          after: Option.map(urlParams.after, ({ id }) => id),
          limit: urlParams.limit
        })
        const last = rows.at(-1)
        return {
          repositories: rows.map(repositoryOf),
          next: last === undefined || rows.length < urlParams.limit ? null : nextRepository({ id: last.id })
        }
      }))
    .handle("get", ({ path }) =>
      Effect.gen(function*() {
        const found = yield* stored(path)
        const links = yield* Stream.runCollect((yield* LinkStore).links({ repository: found.repository }))
        return {
          ...repositoryOf(found),
          addedAt: found.addedAt,
          headOid: found.headOid,
          dockerfiles: found.dockerfiles,
          renamedFrom: found.renamedFrom,
          notBefore: found.notBefore,
          lastError: found.lastError,
          links: [...links].map(linkOf)
        }
      }))
    .handle("add", ({ payload }) =>
      Effect.gen(function*() {
        const names = yield* Effect.forEach(
          payload.repositories,
          (text) => Either.mapLeft(parse(text), (message) => new Invalid({ message }))
        )
        const distinct = [...new Map(names.map((name) => [key(name), name])).values()]
        const { added, known } = yield* (yield* RepoDockerStore).addRepositories(distinct)
        return { added, known: known + names.length - distinct.length }
      }))
    .handle("check", ({ path }) =>
      Effect.gen(function*() {
        const { repository } = yield* stored(path)
        return { ahead: yield* (yield* OnDemand).check(repository) }
      })))
