/**
 * Listings of tags and redirects that lead nowhere good.
 */
import { Effect } from "effect"
import { type Answer, json, text } from "../service/Exchange.js"
import { deep } from "./answers.js"
import { type Before, ownRegistry, type Stranger } from "./Stranger.js"

const onTags = (answer: Answer): Before => (request, usual) =>
  request.path.endsWith("/tags/list") && request.headers["authorization"] !== undefined ? Effect.succeed(answer) : usual

/** Tag names that no registry should have. */
export const oddTags = [
  "nul\u0000",
  "half\ud800",
  "\udc00half",
  "\u001b[2J\u001b]0;owned\u0007",
  "\u009b31m",
  "\u202egpj.exe",
  "t".repeat(128),
  "t".repeat(129),
  "t".repeat(100_000),
  "",
  " ",
  "../../x",
  "a/b",
  "a:b@c",
  "=cmd|'/c calc'!A1",
  "<script>alert(1)</script>",
  "__proto__",
  "%00"
]

const many = Array.from({ length: 300_000 }, (_, n) => `1.${n}.0`)

const lists: ReadonlyArray<readonly [string, Answer]> = [
  ["odd tags", json(200, { name: "x", tags: [...oddTags, "1.0.0", "latest"] })],
  ["three hundred thousand tags", json(200, { name: "x", tags: many })],
  ["tags of null", json(200, { name: null, tags: null })],
  ["tags that are no list", json(200, { name: "x", tags: { a: 1 } })],
  ["tags of wrong types", json(200, { name: "x", tags: [1, null, {}, ["a"], "1.0.0"] })],
  ["tags nested deep", text(200, `{"name":"x","tags":["1.0.0"],"more":${deep(6_000)}}`, "application/json")],
  ["tags in a circle", json(200, { name: "x", tags: ["1.0.0"] }, { link: "<?n=1>; rel=\"next\"" })],
  [
    "tags that go on elsewhere",
    json(200, { tags: ["1.0.0"] }, { link: "<http://127.0.0.1:1/v2/x/tags/list>; rel=next" })
  ],
  [
    "tags that go on at the clouds",
    json(200, { tags: ["1"] }, { link: "<http://169.254.169.254/latest>; rel=\"next\"" })
  ],
  ["tags with a link of forty kilobytes", json(200, { tags: ["1.0.0"] }, { link: "<,;\"".repeat(2_500) })]
]

/** Where a redirect may lead a request that carries nothing of ours. */
export const elsewhere = "blobs.stranger.example"
/** A registry for which the person has a credential. */
export const privateRegistry = "registry.private.example"

const targets = [
  "http://127.0.0.1:1/v2/x/manifests/latest",
  "https://127.0.0.1/v2/x/manifests/latest",
  "https://localhost/v2/x/manifests/latest",
  "http://169.254.169.254/latest/meta-data/",
  "https://metadata.google.internal/",
  "https://10.0.0.1/v2/x/manifests/latest",
  "https://192.168.0.1/v2/x/manifests/latest",
  "https://[::1]/v2/x/manifests/latest",
  "https://[fd00::1]/v2/x/manifests/latest",
  "file:///etc/passwd",
  "//0x7f.1/",
  "https://user:password@ghcr.io/v2/x/manifests/latest",
  "http://[",
  `https://${elsewhere}/v2/x/manifests/latest`,
  `https://${privateRegistry}/v2/team/secret/manifests/latest`
]

const redirected = (location: string, status: number): Before => (request, usual) =>
  request.headers["authorization"] === undefined
    ? usual
    : Effect.succeed({ _tag: "Answer", status, headers: { location }, body: "" })

// Each hop is another path: what counts hops has to end it.
const loop: Before = (request, usual) =>
  request.headers["authorization"] === undefined
    ? usual
    : Effect.succeed({
      _tag: "Answer",
      status: 307,
      headers: { location: `${request.path}?${"n".repeat(request.query.size + 1)}` },
      body: ""
    })

const realm = (realm: string): Before => () =>
  Effect.succeed({
    _tag: "Answer",
    status: 401,
    headers: {
      "content-type": "application/json",
      "www-authenticate": `Bearer realm="${realm}",service="${privateRegistry}",scope="repository:team/secret:pull"`
    },
    body: "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"\"}]}"
  })

/** Listings and redirects that are wrong. */
export const strangeListings: ReadonlyArray<Stranger> = [
  ...lists.map(([name, answer]) => ({ name, atRegistry: onTags(answer) })),
  ...targets.map((target, n) => ({ name: `redirect ${n}`, atRegistry: redirected(target, n % 2 === 0 ? 307 : 302) })),
  { name: "redirect in a circle", atRegistry: loop },
  ...targets.map((target, n) => ({ name: `realm ${n}`, atRegistry: realm(target) })),
  { name: "a challenge of sixty kilobytes", atRegistry: realm("a\\\"".repeat(20_000)) }
].map((stranger) => ({ registry: ownRegistry, ...stranger }))
