/**
 * Docker's own actions and those that take the same inputs: build and push, metadata, bake.
 */
import { type Action, type ActionCall, csv, isOn, lines, list, qualified } from "./ActionCall.js"
import { bakeNames } from "./Bake.js"
import { maxNames } from "./Limits.js"

/** What marks the bake file that metadata-action writes, followed by the names in it. */
export const bakeFileMark = "/metadata-action-bake-file/"

/** The names that an exporter (`type=image,name=…,push=true`) pushes, and whether it pushes at all. */
export const exporter = (
  call: Pick<ActionCall, "holes">,
  line: string,
  push: boolean
): { readonly pushes: boolean; readonly names: string } => {
  const fields = csv(line)
  const type = fields.get("type") ?? ""
  if (type === "registry") return { pushes: true, names: fields.get("name") ?? "" }
  const pushes = type === "image" &&
    (isOn(call, fields.get("push") ?? "") || (push && fields.get("push") === undefined))
  return { pushes, names: pushes ? fields.get("name") ?? "" : "" }
}

// Version 1 pushed unless told otherwise, and took the name apart from its tags.
const versionOne = (call: ActionCall): void => {
  const push = call.input("push")
  if (push === "" || isOn(call, push)) call.publish(qualified(call.input("registry"), call.input("repository")))
}

/** docker/build-push-action, versions 2 and later. */
export const buildAndPush: Action = (call) => {
  if (
    call.input("repository") !== "" &&
    (call.input("tags") === "" || /^v?1(?:\.|$)/.test(call.version) || !call.input("tags").includes("/"))
  ) {
    versionOne(call)
    return
  }
  const push = isOn(call, call.input("push"))
  const outputs = lines(call.input("outputs")).map((line) => exporter(call, line, push))
  for (const { names } of outputs) call.publish(names)
  if (push || outputs.some(({ pushes }) => pushes)) call.publish(list(call.input("tags")).map(reference).join("\n"))
}

// A tag may be written as `type=…`-less metadata or with an inline comment; only the reference counts.
const reference = (tag: string): string => {
  const comment = tag.search(/\s#/)
  return comment === -1 ? tag : tag.slice(0, comment).trimEnd()
}

/** docker/metadata-action: computes names; it publishes nothing by itself. */
export const metadata: Action = (call) => {
  const images = lines(call.input("images")).flatMap((line) => {
    if (!/(?:^|,)\s*(?:name|enable)\s*=/.test(line)) return line.split(",")
    const fields = csv(line)
    const enabled = fields.get("enable")
    return enabled !== undefined && !isOn(call, enabled) ? [] : [fields.get("name") ?? ""]
  }).map((image) => image.trim().toLowerCase()).filter((image) => image !== "")
  const tag = call.holes.unknown("runtime", "tag")
  const tags = images.flatMap((image) => call.holes.expand(image, true)).flatMap((image) => lines(image)).map((image) =>
    `${image}:${tag}`
  ).slice(0, maxNames)
  const separator = call.input("sep-tags") === "" ? "\n" : call.input("sep-tags").slice(0, 16)
  const json = JSON.stringify({ tags, "tag-names": [tag], labels: {} })
  call.output("tags", tags.join(separator))
  call.output("json", json)
  call.output("version", tag)
  call.output("tag-names", tag)
  for (const name of ["bake-file", "bake-file-tags"]) call.output(name, bakeFileMark + tags.join(";"))
  call.output("bake-file-labels", "")
  call.output("bake-file-annotations", "")
  call.setEnv("DOCKER_METADATA_OUTPUT_TAGS", tags.join("\n"))
  call.setEnv("DOCKER_METADATA_OUTPUT_JSON", json)
  call.setEnv("DOCKER_METADATA_OUTPUT_VERSION", tag)
  call.setEnv("DOCKER_METADATA_OUTPUT_BAKE_FILE", bakeFileMark + tags.join(";"))
  call.setEnv("DOCKER_METADATA_OUTPUT_BAKE_FILE_TAGS", bakeFileMark + tags.join(";"))
}

/** What a bake pushes: the names of metadata-action's file, of `set`, and of the bake files. */
export const bakePublications = (
  call: ActionCall,
  given: {
    readonly files: ReadonlyArray<string>
    readonly targets: ReadonlyArray<string>
    readonly set: ReadonlyArray<string>
    readonly push: boolean
  }
): void => {
  const overrides = given.set.map((line) =>
    /^([^=\s]+)\.([\w-]+)\+?=([^]*)$/.exec(line.replace(/^["']|["']$/g, "")) ?? []
  )
  const outputs = overrides.filter(([, , key]) => key === "output").map(([, , , value = ""]) =>
    exporter(call, value, given.push)
  )
  const marked = given.files.flatMap((file) =>
    file.includes(bakeFileMark)
      ? [file.slice(file.indexOf(bakeFileMark) + bakeFileMark.length).replaceAll(";", "\n")]
      : []
  )
  const tags = overrides.filter(([, , key]) => key === "tags").map(([, , , value = ""]) => value)
  const pushes = given.push || outputs.some((one) => one.pushes)
  const own = given.files.filter((file) => !file.includes(bakeFileMark))
  const found = bakeNames(call, own, given.targets)
  if (pushes) {
    for (const name of [...marked, ...tags, ...outputs.map((one) => one.names)]) call.publish(name)
  }
  if (!pushes && found.every((file) => file.names.every((name) => !name.pushes))) return
  if (pushes && marked.length + tags.length > 0 && found.length === 0) return
  if (found.length === 0) call.external(own[0] ?? "docker-bake.hcl")
  for (const { names, source } of found) {
    for (const name of names) {
      if ((pushes || name.pushes) && (tags.length === 0 || name.pushes)) call.publish(name.name, source)
    }
  }
}

/** docker/bake-action. */
export const bake: Action = (call) =>
  bakePublications(call, {
    files: list(call.input("files").replaceAll(",cwd://", "\n").replaceAll("cwd://", "")),
    targets: list(call.input("targets")),
    set: lines(call.input("set")),
    push: isOn(call, call.input("push"))
  })

/** docker/github-builder: reusable workflows that build and push. */
export const githubBuilder: Action = (call) => {
  if (!isOn(call, call.input("push"))) return
  const images = call.input("meta-images")
  call.publish(lines(images).map((line) => csv(line).get("name") ?? line).join("\n"))
}
