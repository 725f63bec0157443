/**
 * The commands by which scripts publish images.
 */
import type { ActionCall } from "./ActionCall.js"
import { bakePublications, exporter } from "./ActionsBuild.js"
import { type CommandLine, commandLine } from "./CommandLine.js"
import { azure, buildctl, cloud, kaniko, ko, pack, type Publisher } from "./CommandsBuilders.js"
import { buildTool } from "./CommandsBuildTools.js"
import { composeFiles, composeImages } from "./Compose.js"
import { goreleaser } from "./GoReleaser.js"

const remote = /^docker:\/\//

// `docker build`, `docker buildx build`, `depot build`, `podman build`: pushed by an option.
const build: Publisher = (given, call) => {
  const line = commandLine(given)
  const push = line.has("--push")
  const outputs = line.values("-o", "--output").map((one) => exporter(call, one, push))
  if (!push && !outputs.some(({ pushes }) => pushes)) return
  call.publish([...line.values("-t", "--tag"), ...outputs.map(({ names }) => names)].join("\n"))
}

const bake: Publisher = (given, call) => {
  const line = commandLine(given)
  bakePublications(call, {
    files: line.values("-f", "--file"),
    targets: line.operands,
    set: line.values("--set"),
    push: line.has("--push")
  })
}

const imagetools: Publisher = (given, call) => {
  const line = commandLine(given)
  if (line.operands[0] === "create" && !line.has("--dry-run")) call.publish(line.values("-t", "--tag").join("\n"))
}

const buildx: Publisher = ([command, ...given], call) => {
  if (command === "build" || command === "b") build(given, call)
  else if (command === "bake") bake(given, call)
  else if (command === "imagetools") imagetools(given, call)
}

// `docker push a b`: every operand; of podman and buildah the last one, which may name a transport.
const push: Publisher = (given, call) => call.publish(commandLine(given).operands.join("\n"))

const pushTo = (line: CommandLine): string => {
  const last = line.operands.at(-1) ?? ""
  return /^(?:oci|dir|docker-archive|docker-daemon|oci-archive|containers-storage):/.test(last) ? "" : last
}

const podmanPush: Publisher = (given, call) => call.publish(pushTo(commandLine(given)))

const manifest: Publisher = ([command, ...given], call) => {
  const operands = commandLine(given).operands
  if (command === "push") call.publish(operands.at(-1) ?? "")
}

const compose: Publisher = (given, call) => {
  const line = commandLine(given)
  const [command, ...services] = line.operands
  if (command !== "push" && !(command === "build" && line.has("--push"))) return
  const asked = line.values("-f", "--file").filter((path) => path !== "" && !path.startsWith("-"))
  const paths = (asked.length > 0 ? asked : composeFiles).map((path) => path.replace(/^\.\//, ""))
  const given_ = paths.filter((path) => call.facts.file(path) !== undefined)
  if (given_.length === 0) call.external(paths[0] ?? "docker-compose.yml")
  for (const path of given_) {
    for (const { image, service } of composeImages(call.facts.file(path) ?? "", call)) {
      if (services.length === 0 || services.includes(service)) call.publish(image, path)
    }
  }
}

// Options that stand before the command: `docker --context x push …`.
const command = (given: ReadonlyArray<string>): ReadonlyArray<string> => {
  let at = 0
  while (at < given.length && (given[at] ?? "").startsWith("-")) {
    at += /^(?:-[cHl]|--(?:context|host|config|log-level))$/.test(given[at] ?? "") ? 2 : 1
  }
  return given.slice(at)
}

const login: Publisher = (given, call) => {
  const line = commandLine(given)
  call.login(line.operands[0] ?? "docker.io", line.values("-u", "--username")[0] ?? "")
}

const docker: Publisher = (all, call) => {
  const [first, ...given] = command(all)
  switch (first) {
    case "push":
      return push(given, call)
    case "image":
      return given[0] === "push"
        ? push(given.slice(1), call)
        : given[0] === "build"
        ? build(given.slice(1), call)
        : undefined
    case "build":
    case "builder":
      return build(given, call)
    case "buildx":
      return buildx(command(given), call)
    case "manifest":
      return manifest(given, call)
    case "compose":
      return compose(given, call)
    case "login":
      return login(given, call)
    case "trust":
      return given[0] === "sign" ? push(given.slice(1), call) : undefined
    case "run":
      return inContainer(given, call)
    default:
      return undefined
  }
}

const podman: Publisher = (all, call) => {
  const [first, ...given] = command(all)
  if (first === "push") podmanPush(given, call)
  else if (first === "image" && given[0] === "push") podmanPush(given.slice(1), call)
  else if (first === "manifest") manifest(given, call)
  else if (first === "login") login(given, call)
  else if (first === "compose") compose(given, call)
  else if (first === "run") inContainer(given, call)
}

// `docker run quay.io/skopeo/stable copy …`: an image of a tool, and what it is told.
const toolImage = /(?:^|\/)(skopeo|buildah|podman|crane|gcrane|regctl|ko|img|manifest-tool)(?:[:@]|\/|$)/
const inContainer: Publisher = (given, call) => {
  const at = given.findIndex((word) => !word.startsWith("-") && toolImage.test(word))
  const tool = toolImage.exec(given[at] ?? "")?.[1]
  if (tool === undefined) return kaniko(given, call)
  const rest = given.slice(at + 1)
  const inner = publishers.has(rest[0]?.split("/").at(-1) ?? "") ? rest : [tool, ...rest]
  publishByCommand(inner, call)
}

// `skopeo sync --src docker --dest docker from/app there`: the name's last component goes there.
const skopeoSync: Publisher = (given, call) => {
  const line = commandLine(given, ["--src", "-s", "--dest", "-d"])
  const [from, to] = line.operands.slice(-2)
  if (line.values("--dest", "-d")[0] !== "docker" || from === undefined || to === undefined) return
  if (line.values("--src", "-s")[0] === "docker") call.publish(`${to}/${from.split("/").at(-1) ?? ""}`)
}

// `nix run .#image.copyTo -- docker://name`.
const nix: Publisher = (given, call) => {
  const target = given.at(-1) ?? ""
  if (given[0] === "run" && remote.test(target)) call.publish(target)
}

// `skopeo copy docker://a docker://b`: where it goes.
const skopeo: Publisher = (all, call) => {
  const [first, ...given] = command(all)
  if (first === "sync") return skopeoSync(given, call)
  if (first !== "copy") return
  const target = commandLine(given, ["--dest-tls-verify", "--src-tls-verify"], ["-a", "-f"]).operands.at(-1) ?? ""
  if (remote.test(target)) call.publish(target)
}

const regctl: Publisher = ([first, second, ...given], call) => {
  const operands = commandLine(given, ["--export-ref"]).operands
  if (first === "image" && (second === "copy" || second === "cp")) call.publish(operands.at(-1) ?? "")
  else if ((first === "image" && second === "import") || (first === "index" && second === "create")) {
    call.publish(operands[0] ?? "")
  }
}

const crane: Publisher = ([first, ...given], call) => {
  const line = commandLine(given)
  if (first === "copy" || first === "cp" || first === "push") call.publish(line.operands.at(-1) ?? "")
  else if (first === "tag") call.publish(line.operands[0] ?? "")
  else if (first === "append" || first === "mutate" || first === "rebase") {
    call.publish(line.values("-t", "--new_tag", "--tag").join("\n"))
  } else if (first === "index" && given[0] === "append") call.publish(line.values("-t", "--tag").join("\n"))
}

const publishers: ReadonlyMap<string, Publisher> = new Map<string, Publisher>([
  ["docker", docker],
  ["nerdctl", docker],
  ["finch", docker],
  ["podman", podman],
  ["buildah", (given, call) => {
    const [first, ...rest] = command(given)
    if (first === "push") podmanPush(rest, call)
    else if (first === "manifest") manifest(rest, call)
    else if (first === "login") login(rest, call)
  }],
  ["docker-compose", compose],
  ["podman-compose", compose],
  ["docker-buildx", buildx],
  ["buildx", buildx],
  ["skopeo", skopeo],
  ["nix", nix],
  ["regctl", regctl],
  ["crane", crane],
  ["gcrane", crane],
  ["ko", ko],
  ["executor", kaniko],
  ["buildctl", buildctl],
  ["buildctl-daemonless.sh", buildctl],
  ["gcloud", cloud],
  ["az", azure],
  ["pack", pack],
  [
    "depot",
    ([first, ...given], call) =>
      first === "build" ? build(given, call) : first === "bake" ? bake(given, call) : undefined
  ],
  ["img", ([first, ...given], call) => first === "push" ? push(given, call) : undefined],
  ["manifest-tool", (given, call) => {
    const line = commandLine(given, ["--template", "--platforms", "--tags"])
    if (line.operands[0] === "push") call.publish(line.values("--target").join("\n"))
  }],
  ["goreleaser", (given, call) => goreleaser(call, given.join(" "))]
])

/** Publishes what a command publishes; whether it was one that can. */
export const publishByCommand = (words: ReadonlyArray<string>, call: ActionCall): boolean => {
  const [name = "", ...given] = words
  call.holes.tank.spend(1 + words.length / 16)
  const base = name.split("/").at(-1) ?? name
  const publisher = publishers.get(base)
  if (publisher !== undefined) publisher(given, call)
  return publisher !== undefined || buildTool(base, given, call)
}
