/**
 * From the name of an action to how it publishes.
 */
import { Either } from "effect"
import { type Action, type ActionCall, isOn, lines, list, qualified } from "./ActionCall.js"
import { bake, buildAndPush, githubBuilder, metadata } from "./ActionsBuild.js"
import { singles } from "./ActionsSingle.js"
import { textActions } from "./ActionsText.js"
import { goreleaser } from "./GoReleaser.js"
import { mapOf, read } from "./Yaml.js"

const builders = new Set([
  "docker/build-push-action",
  "depot/build-push-action",
  "useblacksmith/build-push-action",
  "warpbuilds/build-push-action",
  "namespacelabs/build-push-action",
  "redhat-actions/build-push-action"
])
const bakers = new Set(["docker/bake-action", "depot/bake-action", "useblacksmith/bake-action"])
const metadataActions = new Set(["docker/metadata-action", "crazy-max/ghaction-docker-meta"])

// Wandalen/wretry.action: another action, its inputs as a text.
const wrapped: Action = (call) => {
  const inner = call.input("action")
  if (inner === "") {
    call.shell(call.input("command"))
    return
  }
  const inputs = Either.getOrUndefined(read(call.input("with")))
  const name = inner.split("@")[0]?.toLowerCase() ?? ""
  if (name !== call.action) known(name)?.(call.asAction(inner, mapOf(inputs)))
}

/** The action of a lower-case name, if it is one that is known. */
export const known = (name: string): Action | undefined => {
  if (builders.has(name)) return buildAndPush
  if (bakers.has(name)) return bake
  if (metadataActions.has(name)) return metadata
  if (name.startsWith("wandalen/wretry.action")) return wrapped
  if (name === "goreleaser/goreleaser-action") return (call) => goreleaser(call, call.input("args"))
  if (name.startsWith("docker/github-builder")) return githubBuilder
  return singles.get(name) ?? textActions.get(name) ?? singles.get(name.split("/").slice(0, 2).join("/"))
}

const speaks = /(?:docker|container|image|ghcr|buildx|kaniko|buildah|oci)/
const publishes = /push|publish|release|build|deploy/
const nameInputs = [
  "image",
  "images",
  "image-name",
  "image_name",
  "imagename",
  "docker-image",
  "docker_image",
  "container-image",
  "meta-images",
  "image-repository",
  "docker-repository",
  "repository",
  "docker_repository"
]
const silentActions =
  /(?:scan|trivy|grype|lint|sign|attest|sbom|cosign|snyk|setup-|cache|login|description|delete|cleanup|clean|prune|retention|pull|deploy-|dockle|test|check|inspect|version|hadolint|copacetic|dive|slim-)/

/** Whether an action, as `uses` names it, could publish or set something that names depend on. */
export const mayMatter = (uses: string): boolean => {
  const name = (uses.split("@")[0] ?? "").toLowerCase()
  return name.startsWith(".") || name.startsWith("docker:") || known(name) !== undefined || speaks.test(name)
}

/**
 * An action or reusable workflow that is not known: it is believed to publish where its name says so and one of its
 * inputs is a whole name with a registry or a namespace.
 */
export const guess: Action = (call: ActionCall) => {
  const title = call.action.replace(/\.ya?ml$/, "")
  if (!speaks.test(title) || !publishes.test(title) || silentActions.test(title)) return
  const push = ["push", "publish", "push-image", "push_image", "pushimage"].map((name) => call.input(name)).find((
    value
  ) => value !== "")
  if (push !== undefined && !isOn(call, push)) return
  if (push === undefined && !/push|publish|release/.test(title)) return
  const registry =
    ["registry", "image-registry", "docker-registry", "registry-url"].map((name) => call.input(name)).find((value) =>
      value !== ""
    ) ??
      ""
  const given = nameInputs.map((name) => call.input(name)).find((value) => value !== "")
  if (given !== undefined) {
    call.publish(lines(given).map((name) => qualified(registry, name)).join("\n"))
    return
  }
  const tags = list(call.input("tags")).filter((tag) => tag.includes("/"))
  if (tags.length > 0) call.publish(tags.join("\n"))
}
