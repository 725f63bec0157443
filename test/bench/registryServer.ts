/** A registry in a process of its own that answers every HEAD alike, as fast as it can. */
import { createServer } from "node:http"

const headers = {
  "content-type": "application/vnd.oci.image.index.v1+json",
  "docker-content-digest": `sha256:${"a".repeat(64)}`,
  "content-length": "1024"
}

const server = createServer((_, response) => {
  response.writeHead(200, headers)
  response.end()
})
server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  process.send?.(`127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`)
})
