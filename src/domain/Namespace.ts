/**
 * Whose namespace is an image in?
 */
import { hubPath } from "./HubImage.js"

/** The namespace of a familiar name: `owner` of `ghcr.io/owner/name`, `library` of `nginx`. In lower case. */
export const namespaceOf = (image: string, registry: string): string =>
  (registry === "docker.io"
    ? hubPath(image.startsWith("docker.io/") ? image.slice("docker.io/".length) : image).namespace
    : image.slice(registry.length + 1).split("/")[0] ?? "").toLowerCase()

/** Whether an image's namespace is called as the repository's owner is. */
export const inOwnNamespace = (image: string, registry: string, owner: string): boolean =>
  namespaceOf(image, registry) === owner.toLowerCase()
