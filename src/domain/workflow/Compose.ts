/**
 * The images that a Compose file builds.
 */
import type { ActionCall } from "./ActionCall.js"
import { replaceEach } from "./Texts.js"
import { isMap, mapOf, readPaid, textOf } from "./Yaml.js"

/** The names that Compose looks for by itself. */
export const composeFiles = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"]

const fill = (text: string, scope: Pick<ActionCall, "env" | "holes">): string =>
  replaceEach(text, /\$\{([^{}]*)\}|\$([A-Za-z_]\w*)/g, ([whole, braced, bare]) => {
    const [, name = bare, fallback] = /^([A-Za-z_]\w*)(?::?-([^]*))?/.exec(braced ?? "") ?? []
    if (name === undefined) return whole
    const value = scope.env(name)
    const set = value !== "" && !scope.holes.within(value).some((hole) => hole.label === `$${name}`)
    return set ? value : fallback ?? value
  }, scope.holes.tank)

/** The services that are built and have a name to push. */
export const composeImages = (
  text: string,
  scope: Pick<ActionCall, "env" | "holes">
): ReadonlyArray<{ readonly service: string; readonly image: string }> => {
  const value = readPaid(text, scope.holes.tank)
  const services = value._tag === "Right" ? mapOf(mapOf(value.right)["services"]) : {}
  return Object.keys(services).slice(0, 128).flatMap((service) => {
    const { build, image } = mapOf(services[service])
    const name = textOf(image)
    return name === undefined || (textOf(build) === undefined && !isMap(build))
      ? []
      : [{ service, image: fill(name.slice(0, 500), scope) }]
  })
}
