import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { createServer } from "node:https"
import { join } from "node:path"
import { runProgram, temporaryFolder } from "../support/program.js"

const digest = `sha256:${"a".repeat(64)}`

const programs = { openssl: "openssl" } as const

/** A registry behind a certificate that nobody has signed but itself. */
const selfSigned = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")]
  const made = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
  execFileSync(programs.openssl, [...made.split(" "), "-keyout", key, "-out", certificate], { stdio: "ignore" })
  let asked = 0
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (_, response) => {
    asked += 1
    response.writeHead(200, {
      "content-type": "application/vnd.oci.image.index.v1+json",
      "docker-content-digest": digest
    })
    response.end()
  })
  yield* Effect.acquireRelease(
    Effect.async<void>((resume) => {
      server.listen(0, "localhost", () => resume(Effect.void))
    }),
    () =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  )
  const address = server.address()
  const host = `localhost:${typeof address === "object" && address !== null ? address.port : 0}`
  return { certificate, host, asked: () => asked }
})

it.scopedLive(
  "a private authority is trusted through Node's own setting, and not without it",
  () =>
    Effect.gen(function*() {
      const { asked, certificate, host } = yield* selfSigned
      const environment = { REGISTRY_ENDPOINTS: `${host}=https://${host}` }
      const [refused, trusted] = yield* Effect.all([
        runProgram({ environment }, "digest", `${host}/o/n:1`),
        runProgram({ environment: { ...environment, NODE_EXTRA_CA_CERTS: certificate } }, "digest", `${host}/o/n:1`)
      ], { concurrency: 2 })
      assert.deepStrictEqual([trusted.code, trusted.stdout, trusted.stderr], [0, `${digest}\n`, ""])
      assert.strictEqual(refused.code, 1)
      assert.match(refused.stderr, /certificate is not trusted .*NODE_EXTRA_CA_CERTS/)
      assert.strictEqual(asked(), 1)
    }),
  60_000
)
