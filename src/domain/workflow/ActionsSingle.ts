/**
 * Actions of one purpose each: how their inputs name what they push.
 */
import { withoutEnd } from "../textEnds.js"
import { type Action, type ActionCall, isOn, list, qualified } from "./ActionCall.js"

const firstOf = (...texts: ReadonlyArray<string>): string => texts.find((text) => text !== "") ?? ""
const owner = (call: ActionCall): string => call.facts.owner
const full = (call: ActionCall): string => `${call.facts.owner}/${call.facts.name}`

const unless = (name: string, action: Action): Action => (call) => {
  if (!isOn(call, call.input(name))) action(call)
}

const unlessOff = (name: string, action: Action): Action => (call) => {
  const value = call.input(name)
  if (value === "" || isOn(call, value)) action(call)
}

/** The name by one input, in the registry that another names. */
const byName = (name: string, registry = "registry"): Action => (call) =>
  call.publish(list(call.input(name)).map((one) => qualified(call.input(registry), one)).join("\n"))

const mrSmithers: Action = (call) => {
  const registry = call.input("registry")
  const image = call.input("image")
  const organization = firstOf(call.input("githubOrg"), call.input("githubOwner"), owner(call))
  const prefix = /^ghcr\.io\/?$/.test(registry) && !image.toLowerCase().startsWith(`${organization.toLowerCase()}/`)
    ? `${organization}/`
    : registry === "docker.pkg.github.com"
    ? `${organization}/${call.facts.name}/`
    : ""
  call.publish(qualified(registry, prefix + image))
}

const buildahBuild: Action = (call) => {
  const image = call.input("image").toLowerCase()
  const tags = firstOf(call.input("tags"), "latest").split(/\s+/)
  call.output("image", image)
  call.output("tags", call.input("tags").toLowerCase())
  call.output("image-with-tag", `${image}:${tags[0] ?? "latest"}`)
}

const pushToRegistry: Action = (call) => {
  const tags = call.input("tags").split(/\s+/).filter((tag) => tag !== "")
  const full = tags.filter((tag) => tag.includes("/"))
  if (full.length > 0) call.publish(full.join("\n"))
  else if (call.input("image") !== "") {
    call.publish(`${withoutEnd(call.input("registry"), "/")}/${call.input("image")}`)
  }
  call.output("registry-path", `${call.input("registry")}/${call.input("image")}:${tags[0] ?? "latest"}`)
}

// A name without a namespace gets the user's on Docker Hub and the repository's at GitHub.
const whoan: Action = (call) => {
  if (!isOn(call, firstOf(call.input("push_image_and_stages"), "true"))) return
  const name = call.input("image_name")
  const registry = call.input("registry")
  const space = registry === "ghcr.io"
    ? owner(call)
    : registry === "docker.pkg.github.com"
    ? full(call)
    : registry === "" || registry.endsWith("docker.io")
    ? call.input("username")
    : ""
  const path = name.includes("/") || space === "" ? name : `${space}/${name}`
  if (name !== "") call.publish(qualified(registry, path))
  else if (call.input("compose_file") !== "") call.external(call.input("compose_file"))
}

// Registry, organisation and repository apart.
const parts = (...names: ReadonlyArray<string>): Action => (call) =>
  call.publish(names.map((name) => call.input(name)).filter((part) => part !== "").join("/"))

const kaniko: Action = (call) => {
  const image = firstOf(call.input("image"), full(call))
  call.publish(qualified(call.input("registry"), image))
}

const tagsWhenPushed: Action = (call) => {
  if (isOn(call, call.input("push"))) call.publish(list(call.input("tags")).join("\n"))
}

const setupKo: Action = (call) => {
  if (
    call.env("KO_DOCKER_REPO") === "" || call.holes.within(call.env("KO_DOCKER_REPO"))[0]?.label === "$KO_DOCKER_REPO"
  ) {
    call.setEnv("KO_DOCKER_REPO", `ghcr.io/${full(call).toLowerCase()}`)
  }
}

const gpr: Action = (call) => {
  const name = firstOf(call.input("image_name"), call.input("image-name"), call.input("imageName"), call.facts.name)
  call.publish(`docker.pkg.github.com/${full(call)}/${name}`)
}

// Versions before 1.2 pushed to the older registry of GitHub.
const gpAction: Action = (call) => {
  const registry = /^v?1\.[01](?:\.|$)/.test(call.version) ? "docker.pkg.github.com" : "ghcr.io"
  call.publish(`${registry}/${full(call)}/${firstOf(call.input("image-name"), call.input("image_name"))}`)
}

const macbre: Action = (call) => {
  const name = firstOf(call.input("image_name"), full(call))
  call.publish(`${firstOf(call.input("repository"), "ghcr.io")}/${name}`)
  if (call.input("docker_io_token") !== "") call.publish(`docker.io/${name}`)
}

const oneClick: Action = (call) =>
  call.publish(`${call.input("docker_username")}/${firstOf(call.input("docker_repository"), call.facts.name)}`)

const repoToDocker: Action = (call) => {
  if (call.input("NO_PUSH") !== "") return
  const name = firstOf(
    call.input("IMAGE_NAME"),
    `${firstOf(call.input("DOCKER_USERNAME"), owner(call))}/${call.facts.name}`
  )
  call.publish(qualified(call.input("DOCKER_REGISTRY"), name))
}

const devcontainers: Action = (call) => {
  if (call.input("push") !== "never") call.publish(call.input("imageName"))
}

const openzim: Action = (call) => {
  const registries = list(firstOf(call.input("registries"), call.input("registry"), "ghcr.io"))
  call.publish(registries.map((registry) => qualified(registry, call.input("image-name"))).join("\n"))
}

const packAction: Action = (call) => {
  call.shell(`pack ${call.input("args")}`)
}

// home-assistant/builder: `--docker-hub user --image name-{arch} --amd64`.
const homeAssistant: Action = (call) => {
  const words = call.input("args").split(/\s+/)
  const after = (name: string): string => words[words.indexOf(name) + 1] ?? ""
  if (words.includes("--test")) return
  if (!words.includes("--image")) return call.external("config.yaml")
  const registry = words.includes("--docker-hub") ? after("--docker-hub") : ""
  const arches = ["amd64", "aarch64", "armv7", "armhf", "i386"].filter((arch) =>
    words.includes(`--${arch}`) || words.includes("--all")
  )
  const image = after("--image")
  call.publish(
    (image.includes("{arch}") ? arches.map((arch) => image.replace("{arch}", arch)) : [image])
      .map((one) => registry === "" ? one : `${registry}/${one}`).join("\n")
  )
}

/** The actions by their lower-case names; a name stands for its folders too. */
export const singles: ReadonlyMap<string, Action> = new Map<string, Action>([
  ["elgohr/publish-docker-github-action", unless("no_push", byName("name"))],
  ["elgohr/github-registry-action", gpr],
  [
    "jerray/publish-docker-action",
    (call) => call.publish(qualified(call.input("registry"), firstOf(call.input("repository"), full(call))))
  ],
  ["mr-smithers-excellent/docker-build-push", unlessOff("pushImage", mrSmithers)],
  ["redhat-actions/buildah-build", buildahBuild],
  ["redhat-actions/push-to-registry", pushToRegistry],
  ["whoan/docker-build-with-cache-action", whoan],
  ["macbre/push-to-ghcr", macbre],
  ["vaultvulp/gp-docker-action", unless("build-only", gpAction)],
  ["matootie/github-docker", gpr],
  ["mattdavis0351/actions", gpr],
  ["machine-learning-apps/gpr-docker-publish", gpr],
  ["pangzineng/github-action-one-click-docker", oneClick],
  ["aevea/action-kaniko", kaniko],
  ["outillage/action-kaniko", kaniko],
  ["int128/kaniko-action", tagsWhenPushed],
  ["int128/docker-manifest-create-action", (call) => {
    if (call.input("push") === "" || isOn(call, call.input("push"))) call.publish(list(call.input("tags")).join("\n"))
  }],
  ["noelware/docker-manifest-action", (call) => {
    if (isOn(call, call.input("push"))) {
      call.publish(firstOf(call.input("tags"), call.input("inputs"), call.input("base-image")))
    }
  }],
  ["akhilerm/tag-push-action", (call) => call.publish(list(call.input("dst")).join("\n"))],
  [
    "shrink/actions-docker-registry-tag",
    (call) => call.publish(qualified(firstOf(call.input("registry"), "ghcr.io"), call.input("repository")))
  ],
  ["cloudposse/github-action-docker-build-push", unlessOff("push", parts("registry", "organization", "repository"))],
  [
    "rafikfarhad/push-to-gcr-github-action",
    (call) =>
      call.publish(
        [
          firstOf(call.input("registry"), call.input("gcr_host"), "gcr.io"),
          call.input("project_id"),
          call.input("image_name")
        ].filter((part) => part !== "").join("/")
      )
  ],
  ["jupyterhub/repo2docker-action", repoToDocker],
  ["devcontainers/ci", devcontainers],
  ["openzim/docker-publish-action", openzim],
  ["dfreilich/pack-action", packAction],
  ["home-assistant/builder", homeAssistant],
  ["ko-build/setup-ko", setupKo],
  ["imjasonh/setup-ko", setupKo],
  ["docker/login-action", (call) => call.login(firstOf(call.input("registry"), "docker.io"), call.input("username"))],
  ["redhat-actions/podman-login", (call) => call.login(call.input("registry"), call.input("username"))],
  ["azure/docker-login", (call) => call.login(call.input("login-server"), "")],
  ["aws-actions/amazon-ecr-login", (call) => {
    if (call.input("registry-type") === "public") call.output("registry", "public.ecr.aws")
  }],
  ["peter-evans/dockerhub-description", (call) => call.describe(call.input("repository"))],
  [
    "christian-korneck/update-container-description-action",
    (call) => call.describe(call.input("destination_container_repo"))
  ],
  ["actionhippie/pushrm", (call) => call.describe(call.input("target"))],
  ["nick-fields/retry", (call) => call.shell(call.input("command"))],
  ["nick-invision/retry", (call) => call.shell(call.input("command"))],
  ["actions/docker/cli", (call) => call.shell(`docker ${call.input("args")}`)],
  ["actions-hub/docker/cli", (call) => call.shell(`docker ${call.input("args")}`)],
  ["actions-hub/docker", (call) => call.shell(`docker ${call.input("args")}`)],
  ["magefile/mage-action", (call) => call.shell(`mage ${call.input("args")}`)]
])
