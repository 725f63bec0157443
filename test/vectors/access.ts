/**
 * `auth_scope` and `docker_config_credentials`.
 */
import { Either, Option, Redacted } from "effect"
import * as Scope from "../../src/domain/AuthScope.js"
import * as Docker from "../../src/domain/DockerConfig.js"
import { parseNormalized } from "../../src/domain/ImageReference.js"
import {
  accepted,
  type Check,
  type Checks,
  leftOut,
  part,
  type Row,
  same,
  sameOr,
  says,
  skip,
  text,
  texts
} from "./row.js"

const cleanScopes: Check = (row) =>
  same(Scope.parse(texts(row, "scopes").join(" ")).map(Scope.formatOne), texts(row, "want"))

const parsedScopes: Check = (row) => {
  const input = text(row, "in")
  if (input === Scope.unlimited) return leftOut("the scope of everything is a value of its own there")
  const flat = Scope.parse(input).flatMap(({ actions, name, type }) =>
    (actions.length === 0 ? [""] : actions).map((action) => [type, name, action])
  )
  const wanted = row["wantScopes"]
  const list: ReadonlyArray<Row> = Array.isArray(wanted) ? wanted : []
  return same(
    [Scope.clean(input), flat],
    [
      text(row, "canonicalString"),
      list.map((one) => ["ResourceType", "Resource", "Action"].map((name) => text(one, name)))
    ]
  )
}

const holds: Check = (row) => {
  const [type = "", name = "", action = ""] = texts(row, "holds")
  return same(Scope.holds(text(row, "s"), { type, name, action }), row["want"] === true)
}

const repositoryOf = (row: Row): Check => (): ReturnType<Check> => {
  const read = parseNormalized(text(part(row, "refspec"), "Locator"))
  const actions = row["push"] === true ? ["pull", "push"] : ["pull"]
  return sameOr(read, says(row, "err"), text(row, "expected"), (ref) => Scope.repositoryScope(ref.repository, actions))
}

export const scopeChecks: Checks = {
  "oras-project/oras-go TestScopeRepository": (row) =>
    same(Scope.repositoryScope(text(row, "repository"), texts(row, "actions")), text(row, "want")),
  "oras-project/oras-go TestCleanScopes": cleanScopes,
  "oras-project/oras-go Test_cleanActions": (row) =>
    same(Scope.cleanActions(texts(row, "actions")), texts(row, "want")),
  "cue-labs/oci parseScopeTests": parsedScopes,
  "cue-labs/oci scopeUnionTests": (row) => same(Scope.union(text(row, "s1"), text(row, "s2")), text(row, "want")),
  "cue-labs/oci scopeHoldsTests": holds,
  "cue-labs/oci scopeContainsTests": (row) =>
    same(Scope.contains(text(row, "s1"), text(row, "s2")), row["want"] === true),
  "containerd/containerd TestRepositoryScope": (row, context) => repositoryOf(row)(row, context),
  "containerd/containerd TestGetTokenScopes": (row) =>
    same(
      Scope.parse([...texts(row, "scopesInCtx"), ...texts(row, "commonScopes")].join(" ")).map(Scope.formatOne),
      texts(row, "expected")
    ),
  "distribution/distribution TestAudienceList_Unmarshal": skip("for servers of tokens, which we are not")
}

type Found = Either.Either<Option.Option<Docker.DockerCredential>, unknown>

const fields = (row: Row) => ["Username", "Password", "IdentityToken", "RegistryToken"].map((name) => text(row, name))

const fieldsOf = (found: Option.Option<Docker.DockerCredential>) =>
  Option.match(found, {
    onNone: () => ["", "", "", ""],
    onSome: (credential) => {
      switch (credential.kind) {
        case "basic":
          return [credential.username, Redacted.value(credential.password), "", ""]
        case "identity":
          return ["", "", Redacted.value(credential.token), ""]
        case "registry":
          return ["", "", "", Redacted.value(credential.token)]
      }
    }
  })

const decodedAuth: Check = (row) => {
  const read = Either.map(
    Docker.decodeAuth(text(row, "authStr")),
    Option.map(({ password, username }): Docker.DockerCredential => ({ kind: "basic", username, password }))
  )
  return sameOr(read, says(row, "wantErr"), [text(row, "username"), text(row, "password"), "", ""], fieldsOf)
}

// The names stand for these addresses in that test.
const targets: Readonly<Record<string, readonly [string, string?]>> = {
  "ident:testRegistry": ["test.io"],
  "ident:testRepo": ["test.io", "my-repo"],
  "ident:defaultRegistry": ["index.docker.io"]
}

const lookedUp: Check = (row) => {
  const target = targets[text(row, "target")]
  if (target === undefined) return leftOut(`what ${text(row, "target")} stands for is not in the file`)
  const found: Found = Either.flatMap(
    Docker.parse(text(row, "content")),
    (config) => Docker.findAuth(config, ...target)
  )
  return sameOr(found, says(row, "wantErr"), fields(part(row, "cfg")), fieldsOf)
}

// One entry may hold both, of which Docker sends the token: so only what is left of the wanted entry is compared.
const entry: Check = (row) => {
  const json = text(row, "json")
  if (says(row, "err")) {
    return accepted(
      Either.flatMap(Docker.parse(`{"auths": {"r": ${json}}}`), (config) => Docker.findAuth(config, "r")),
      false
    )
  }
  const want = part(row, "want")
  const found = Either.flatMap(Docker.parse(`{"auths": {"r": ${json}}}`), (config) => Docker.findAuth(config, "r"))
  const token = says(want, "IdentityToken") ? { IdentityToken: text(want, "IdentityToken") } : undefined
  const bearer = says(want, "RegistryToken") ? { RegistryToken: text(want, "RegistryToken") } : undefined
  return sameOr(found, false, fields(token ?? bearer ?? want), fieldsOf)
}

// As `docker login` stores it: Docker Hub under its old address, everything else under its host.
const interoperability: Check = (row) => {
  const stored = text(row, "loginKey")
  const key = stored === "" || stored === "docker.io" ? Docker.dockerHubKey : stored
  const query = text(row, "queryKey")
  const slash = query.indexOf("/")
  const [registry, repository] = slash === -1 ? [query, ""] : [query.slice(0, slash), query.slice(slash + 1)]
  const found = Docker.findAuth({ auths: { [key]: { auth: "YTpi" } } }, registry, repository)
  return sameOr(found, false, true, Option.isSome)
}

const fixture = "the file that it reads is not part of the vectors"

export const credentialChecks: Checks = {
  "docker/cli TestConvertToHostname": (row) =>
    same(Docker.convertToHostname(text(row, "input")), text(row, "expected")),
  "oras-project/oras-go TestAuthConfig_DecodeAuth": decodedAuth,
  "oras-project/oras-go TestFileStore_Get_validConfig": skip(fixture),
  "oras-project/oras-go Test_DynamicStore_getHelperSuffix": skip(fixture),
  "containers/image TestGetAuth": skip(fixture),
  "containers/image TestAuthKeyLookupOrder": (row) => {
    const [registry = "", ...path] = text(row, "input").split("/")
    return same(Docker.lookupPlaces(registry, path.join("/")), texts(row, "expected"))
  },
  "containers/image TestGetCredentialsInteroperability": interoperability,
  "google/go-containerregistry TestVariousPaths": lookedUp,
  "google/go-containerregistry TestAuthConfigUnmarshalJSON": entry
}
