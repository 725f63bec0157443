/**
 * Images on Docker Hub by their familiar name (`nginx`, `ollama/ollama`), and the path by which the Hub's API knows
 * them (`library/nginx`, `ollama/ollama`).
 */
import { dockerHub, imageName } from "./ImageReference.js"

/** Where the Hub's API keeps an image. */
export interface HubPath {
  readonly namespace: string
  readonly name: string
}

/** `nginx` and `library/nginx` are both `{ namespace: "library", name: "nginx" }`. */
export const hubPath = (image: string): HubPath => {
  const slash = image.indexOf("/")
  return slash === -1
    ? { namespace: "library", name: image }
    : { namespace: image.slice(0, slash), name: image.slice(slash + 1) }
}

/** The familiar name of a path: official images lose `library/`. */
export const familiarName = (path: HubPath): string =>
  imageName({ registry: dockerHub, repository: `${path.namespace}/${path.name}` })

/** The form by which two spellings of one image are equal. */
export const hubKey = (image: string): string => {
  const { name, namespace } = hubPath(image)
  return `${namespace}/${name}`.toLowerCase()
}
