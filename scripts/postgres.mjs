// A throw-away Postgres for tests: on a free port of the loopback, in a temporary folder, as an ordinary user.
// Never touches a database that is there already, and never reads DATABASE_URL.
import { execFile, spawn } from "node:child_process"
import { access, chown, mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)
const isRoot = () => process.getuid?.() === 0

const holds = (folder) =>
  Promise.all(["initdb", "postgres"].map((name) => access(join(folder, name)))).then(() => true, () => false)

/** The folder of `initdb` and `postgres`: the newest of Debian's, else the first in PATH; undefined without any. */
export const findBinaries = async () => {
  const debian = "/usr/lib/postgresql"
  const versions = await readdir(debian).catch(() => [])
  const folders = [
    ...[...versions].sort((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, "bin")),
    ...(process.env.PATH ?? "").split(delimiter)
  ]
  for (const folder of folders) if (folder !== "" && await holds(folder)) return folder
  return undefined
}

const install = async (log) => {
  if (!isRoot() || !await run("apt-get", ["--version"]).then(() => true, () => false)) return
  log("Postgres is not installed; installing Debian's package")
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
  // The package would start a server of its own; the tests need only its programs.
  const options = { env, timeout: 300_000, maxBuffer: 64 * 1024 * 1024 }
  const attempt = () => run("apt-get", ["install", "-y", "--no-install-recommends", "postgresql"], options)
  await attempt().catch(() => run("apt-get", ["update"], options).then(attempt)).catch((error) =>
    log(`Postgres could not be installed: ${String(error.stderr ?? error.message).trim().split("\n").at(-1)}`)
  )
}

// Postgres refuses to run as root: then it runs as the package's user, or as nobody.
const ordinaryUser = async () => {
  if (!isRoot()) return undefined
  for (const name of ["postgres", "nobody"]) {
    const ids = await Promise.all(["-u", "-g"].map((flag) => run("id", [flag, name]))).catch(() => undefined)
    if (ids !== undefined) return { uid: Number(ids[0].stdout), gid: Number(ids[1].stdout) }
  }
  throw new Error("there is no ordinary user to run Postgres as")
}

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

const accepts = (binaries, port) =>
  run(join(binaries, "pg_isready"), ["-h", "127.0.0.1", "-p", String(port)]).then(() => true, () => false)

const settings = (port, folder) => `
listen_addresses = '127.0.0.1'
port = ${port}
unix_socket_directories = '${folder}'
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
shared_buffers = 128MB
max_wal_size = 2GB
log_min_messages = fatal
timezone = 'America/Los_Angeles'
`

/**
 * Starts a server and returns its address and how to stop it (which removes its folder), or undefined where there is
 * no Postgres and none can be installed. `log` is told what takes long.
 */
export const start = async (log = () => {}) => {
  if (await findBinaries() === undefined) await install(log)
  const binaries = await findBinaries()
  if (binaries === undefined) return undefined
  const user = await ordinaryUser()
  const folder = await mkdtemp(join(tmpdir(), "image-census-postgres-"))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    if (user !== undefined) await chown(folder, user.uid, user.gid)
    const data = join(folder, "data")
    await run(join(binaries, "initdb"), ["-D", data, "-U", "census", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"], {
      ...user,
      cwd: folder
    })
    for (let attempt = 0;; attempt++) {
      const port = await freePort()
      await writeFile(join(data, "postgresql.auto.conf"), settings(port, folder))
      const child = spawn(join(binaries, "postgres"), ["-D", data], { ...user, cwd: folder, stdio: "ignore" })
      const ended = new Promise((resolve) => child.once("exit", resolve).once("error", resolve))
      const running = () => child.exitCode === null && child.signalCode === null && child.pid !== undefined
      const deadline = performance.now() + 30_000
      while (running() && performance.now() < deadline && !await accepts(binaries, port)) {
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      if (running() && await accepts(binaries, port)) {
        const stop = async () => {
          // SIGINT: a fast shutdown, which ends open connections.
          child.kill("SIGINT")
          await ended
          await remove()
        }
        return { url: `postgres://census@127.0.0.1:${port}/postgres`, stop, pid: child.pid }
      }
      child.kill("SIGKILL")
      await ended
      // Another process may have taken the port meanwhile.
      if (attempt === 2) throw new Error("Postgres did not start")
    }
  } catch (error) {
    await remove()
    throw error
  }
}
