/**
 * Commands of builders that push what they build by themselves.
 */
import type { ActionCall } from "./ActionCall.js"
import { exporter } from "./ActionsBuild.js"
import { commandLine } from "./CommandLine.js"
import { koNames } from "./Ko.js"

/** A publishing command: the words behind its name. */
export type Publisher = (given: ReadonlyArray<string>, call: ActionCall) => void

/** `ko build`, `ko apply` and their kin. */
export const ko: Publisher = ([first, ...given], call) => {
  if (!/^(?:build|publish|apply|resolve|create)$/.test(first ?? "")) return
  const names = koNames(given, call.env("KO_DOCKER_REPO"), call.holes)
  call.publish(names.join("\n"))
}

/** kaniko's executor. */
export const kaniko: Publisher = (given, call) => {
  const line = commandLine(given, ["-d"])
  if (!line.has("--no-push")) {
    call.publish(line.values("--destination", "-d").filter((one) => one.includes("/")).join("\n"))
  }
}

/** BuildKit's client. */
export const buildctl: Publisher = (given, call) => {
  for (const output of commandLine(given).values("--output", "-o")) {
    const { names, pushes } = exporter(call, output, false)
    if (pushes) call.publish(names)
  }
}

/** `gcloud builds submit`. */
export const cloud: Publisher = (given, call) => {
  const line = commandLine(given)
  if (line.operands[0] === "builds" && line.operands[1] === "submit") {
    call.publish(line.values("--tag", "-t").join("\n"))
  }
}

/** `az acr build -r name -t image:tag`. */
export const azure: Publisher = (given, call) => {
  const line = commandLine(given, ["--image", "-n", "--name"])
  if (line.operands[0] !== "acr" || line.operands[1] !== "build" || line.has("--no-push")) return
  const registry = line.values("--registry", "-r")[0] ?? ""
  const host = registry.includes(".") ? registry : `${registry}.azurecr.io`
  call.publish(line.values("--image", "-t").map((one) => `${host}/${one}`).join("\n"))
}

/** Buildpacks' `pack build --publish`. */
export const pack: Publisher = (given, call) => {
  const line = commandLine(given, ["--path", "--buildpack", "-B", "-D", "--default-process", "--env", "-e"])
  if (line.operands[0] === "build" && line.has("--publish")) {
    call.publish([line.operands[1] ?? "", ...line.values("-t", "--tag")].join("\n"))
  }
}
