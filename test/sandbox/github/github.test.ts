import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, TestClock } from "effect"
import githubAppJwt from "universal-github-app-jwt"
import { makeSimulation, type Simulation, type SimulationOptions } from "../Simulation.js"

const Message = Schema.parseJson(Schema.Struct({ message: Schema.String }))

const options: SimulationOptions = {
  world: { repositories: 100 },
  github: { app: { installations: [{ id: 101, account: "a" }, { id: 102, account: "b", suspended: true }] } }
}

const send = (simulation: Simulation, request: HttpClientRequest.HttpClientRequest, token = "sandbox-token") =>
  simulation.client.execute(request.pipe(
    HttpClientRequest.prependUrl("https://api.github.com"),
    HttpClientRequest.setHeaders({ "user-agent": "test", authorization: `Bearer ${token}` })
  )).pipe(
    Effect.flatMap((response) =>
      Effect.map(response.text, (body) => ({ status: response.status, headers: response.headers, body }))
    )
  )

const query = (simulation: Simulation, text: string, variables: Record<string, unknown> = {}, token?: string) =>
  Effect.flatMap(
    HttpClientRequest.bodyJson(HttpClientRequest.post("/graphql"), { query: text, variables }),
    (request) => send(simulation, request, token)
  )

const document = `query ($o0: String!, $n0: String!, $o1: String!, $n1: String!, $o2: String!, $n2: String!) {
  rateLimit { cost remaining }
  r0: repository(owner: $o0, name: $n0) { ...F }
  r1: repository(owner: $o1, name: $n1) { ...F }
  r2: repository(owner: $o2, name: $n2) { ...F }
}
fragment F on Repository {
  nameWithOwner
  defaultBranchRef { target { oid } }
  d: object(expression: "HEAD:Dockerfile") { __typename ... on Blob { byteSize } }
}`

const Answered = Schema.parseJson(Schema.Struct({
  data: Schema.Struct({
    rateLimit: Schema.Struct({ cost: Schema.Number, remaining: Schema.Number }),
    r0: Schema.Struct({ nameWithOwner: Schema.String, d: Schema.NullOr(Schema.Struct({ __typename: Schema.String })) }),
    r1: Schema.Null,
    r2: Schema.Struct({ nameWithOwner: Schema.String, d: Schema.NullOr(Schema.Struct({ __typename: Schema.String })) })
  }),
  errors: Schema.Array(Schema.Struct({
    type: Schema.Literal("NOT_FOUND"),
    path: Schema.Tuple(Schema.Literal("r1")),
    message: Schema.String
  }))
}))

describe("the sandbox's GitHub", () => {
  it.effect("answers a document with three aliases, one of them missing", () =>
    Effect.gen(function*() {
      const simulation = yield* makeSimulation(options)
      const { listed } = simulation.state.world
      const hit = listed.find(({ outcome }) => outcome === "hit")
      const folder = listed.find(({ now }) => now?.files.has("Dockerfile/alpine.dockerfile"))
      assert.isDefined(hit)
      assert.isDefined(folder)
      const answer = yield* query(simulation, document, {
        o0: hit?.asked.owner.toUpperCase(),
        n0: hit?.asked.name,
        o1: "nobody",
        n1: "nothing",
        o2: folder?.asked.owner,
        n2: folder?.asked.name
      })
      assert.strictEqual(answer.status, 200)
      const { data, errors } = yield* Schema.decode(Answered)(answer.body)
      assert.strictEqual(data.rateLimit.cost, 1)
      assert.strictEqual(data.rateLimit.remaining, 4_999)
      assert.strictEqual(answer.headers["x-ratelimit-remaining"], "4999")
      assert.strictEqual(data.r0.nameWithOwner, `${hit?.now?.name.owner}/${hit?.now?.name.name}`)
      assert.strictEqual(data.r0.d?.__typename, "Blob")
      assert.strictEqual(data.r2.d?.__typename, "Tree")
      assert.strictEqual(errors[0]?.message, "Could not resolve to a Repository with the name 'nobody/nothing'.")
      assert.deepStrictEqual(simulation.github.counters.read().totals, { aliases: 3, points: 1, objects: 2 })
    }))

  it.effect("refuses what GitHub's schema does not have", () =>
    Effect.gen(function*() {
      const simulation = yield* makeSimulation(options)
      const answer = yield* query(simulation, `{ repository(owner: "a", name: "b") { dockerfile } }`)
      assert.strictEqual(answer.status, 200)
      assert.include(answer.body, "Cannot query field \\\"dockerfile\\\" on type \\\"Repository\\\"")
      assert.notInclude(answer.body, "\"data\"")
    }))

  it.effect("wants a User-Agent and a good token", () =>
    Effect.gen(function*() {
      const simulation = yield* makeSimulation(options)
      const bare = yield* simulation.client.post("https://api.github.com/graphql")
      assert.strictEqual(bare.status, 403)
      const bad = yield* query(simulation, "{ rateLimit { cost } }", {}, "wrong")
      assert.strictEqual(bad.status, 401)
      assert.strictEqual((yield* Schema.decode(Message)(bad.body)).message, "Bad credentials")
      assert.deepStrictEqual(simulation.github.counters.read().byCredential, { anonymous: 1, bad: 1 })
    }))

  it.effect("counts points for each credential, and begins anew after an hour", () =>
    Effect.gen(function*() {
      const tokens = [{ token: "one", limit: 1 }, { token: "two", limit: 1 }]
      const simulation = yield* makeSimulation({ ...options, github: { tokens } })
      const ask = (token: string) => query(simulation, "{ rateLimit { remaining } }", {}, token)
      assert.include((yield* ask("one")).body, "\"remaining\":0")
      const over = yield* ask("one")
      assert.strictEqual(over.status, 200)
      assert.include(over.body, "\"type\":\"RATE_LIMITED\"")
      assert.strictEqual(over.headers["x-ratelimit-reset"], "3600")
      assert.include((yield* ask("two")).body, "\"data\"")
      yield* TestClock.adjust("1 hour")
      assert.include((yield* ask("one")).body, "\"data\"")
    }))

  it.effect("mints tokens for an App's installations, and lets them expire", () =>
    Effect.gen(function*() {
      const simulation = yield* makeSimulation(options)
      const { appId, privateKeyPem } = simulation.github
      const { token: jwt } = yield* Effect.promise(() =>
        githubAppJwt({ id: appId, privateKey: privateKeyPem, now: 30 })
      )
      const list = yield* send(simulation, HttpClientRequest.get("/app/installations?per_page=1"), jwt)
      assert.match(
        list.headers["link"] ?? "",
        /<https:\/\/api\.github\.com\/app\/installations\?per_page=1&page=2>; rel="next"/
      )
      const mint = (id: number, bearer = jwt) =>
        send(simulation, HttpClientRequest.post(`/app/installations/${id}/access_tokens`), bearer)
      assert.strictEqual((yield* mint(102)).status, 403)
      assert.strictEqual((yield* mint(103)).status, 404)
      assert.strictEqual((yield* mint(101, `${jwt}x`)).status, 401)
      const minted = yield* mint(101)
      assert.strictEqual(minted.status, 201)
      const Minted = Schema.parseJson(Schema.Struct({ token: Schema.String, expires_at: Schema.String }))
      const { expires_at, token } = yield* Schema.decode(Minted)(minted.body)
      assert.strictEqual(expires_at, "1970-01-01T01:00:00Z")
      assert.strictEqual((yield* query(simulation, "{ rateLimit { cost } }", {}, token)).status, 200)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* query(simulation, "{ rateLimit { cost } }", {}, token)).status, 401)
      assert.strictEqual((yield* mint(101)).status, 401)
    }))

  it.effect("refuses the part of a document that is too much for it", () =>
    Effect.gen(function*() {
      const simulation = yield* makeSimulation({ ...options, github: { maxRepositories: 1 } })
      const name = simulation.state.world.listed.find(({ outcome }) => outcome === "none")?.asked
      const same = { o0: name?.owner, n0: name?.name, o1: name?.owner, n1: name?.name, o2: name?.owner, n2: name?.name }
      const answer = yield* query(simulation, document, same)
      assert.strictEqual(answer.status, 200)
      assert.include(answer.body, "\"type\":\"RESOURCE_LIMITS_EXCEEDED\",\"path\":[\"r1\"]")
      assert.include(answer.body, "\"r2\":null")
    }))

  it.effect("keeps secondary limits, and refuses whole organizations", () =>
    Effect.gen(function*() {
      const simulation = yield* makeSimulation({
        ...options,
        github: {
          secondary: { pointsPerMinute: 1 },
          restrictions: [{ owner: "*", kind: "ip-allow-list", except: [] }]
        }
      })
      const name = simulation.state.world.listed.find(({ outcome }) => outcome === "hit")?.asked
      const text = `{ r0: repository(owner: "${name?.owner}", name: "${name?.name}") { name } }`
      assert.include((yield* query(simulation, text)).body, "IP allow list enabled")
      const limited = yield* query(simulation, text)
      assert.strictEqual(limited.status, 403)
      assert.include(limited.body, "secondary rate limit")
      assert.strictEqual(limited.headers["retry-after"], "60")
    }))

  it.effect("can lose a repository", () =>
    Effect.gen(function*() {
      const simulation = yield* makeSimulation(options)
      const name = simulation.state.world.listed.find(({ outcome }) => outcome === "hit")?.asked
      assert.isDefined(name)
      if (name === undefined) return
      const text = `{ r0: repository(owner: "${name.owner}", name: "${name.name}") { name } }`
      yield* simulation.state.removeRepository(name)
      assert.include((yield* query(simulation, text)).body, "NOT_FOUND")
      yield* simulation.state.restoreRepository(name)
      assert.notInclude((yield* query(simulation, text)).body, "NOT_FOUND")
    }))
})

describe("the sandbox as a client", () => {
  it.effect("does not know other hosts", () =>
    Effect.gen(function*() {
      const { client } = yield* makeSimulation({ world: { repositories: 1 } })
      const error = yield* Effect.flip(HttpClient.get("https://example.com/")).pipe(
        Effect.provideService(HttpClient.HttpClient, client)
      )
      assert.strictEqual(error._tag, "RequestError")
    }))
})
