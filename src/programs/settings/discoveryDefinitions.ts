/**
 * The settings of discovery, in the order of the README's table.
 */
import { Either } from "effect"
import * as Read from "./readers.js"
import { registryNames } from "./registryReaders.js"
import { withDefault } from "./Setting.js"

export const discoveryDefinitions = {
  discoveryRegistries: withDefault("DISCOVERY_REGISTRIES", {
    type: "list of hosts",
    default: "docker.io,ghcr.io,quay.io",
    doc: "The registries where images of repositories are looked for, with commas between them."
  }, registryNames),
  discoveryWorkflows: withDefault("DISCOVERY_WORKFLOWS", {
    type: "true or false",
    default: "true",
    doc: "Whether to read GitHub Actions workflows for the images that they publish; without, names are guessed alone."
  }, (text) => Either.map(Read.choice("true", "false")(text), (word) => word === "true"))
} as const
