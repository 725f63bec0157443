/**
 * Build tools: some are told the name on their command line, the others have it in a file of the repository.
 */
import type { ActionCall } from "./ActionCall.js"
import { goreleaser, goreleaserFiles } from "./GoReleaser.js"

type Tool = (given: ReadonlyArray<string>, call: ActionCall) => void

const property = (given: ReadonlyArray<string>, ...names: ReadonlyArray<string>): string => {
  for (const word of given) {
    const match = /^(?:-D|-P|--)([\w.-]+)=([^]*)$/.exec(word)
    if (match !== null && names.includes(match[1] ?? "")) return match[2] ?? ""
  }
  const option = given.findIndex((word) => names.some((name) => word === `--${name}`))
  return option === -1 ? "" : given[option + 1] ?? ""
}

// Jib, Spring Boot and Quarkus under Maven and Gradle.
const java = (file: string): Tool => (given, call) => {
  const words = given.join(" ")
  const jib = /(?:^|[\s:])jib(?:\s|$)|jib:build|jib-maven-plugin:[\w.]*:?build/.test(words)
  const boot = /spring-boot:build-image|bootBuildImage/.test(words) && /publish(?:Image)?(?:=true)?(?:\s|$)/.test(words)
  const quarkus = /quarkus\.container-image\.push=true/.test(words)
  if (!jib && !boot && !quarkus) {
    if (/\bdocker(?:file)?:push\b|dockerPush|pushImage|k8s:push|docker:push/.test(words)) call.external(file)
    return
  }
  const name = property(
    given,
    "jib.to.image",
    "image",
    "spring-boot.build-image.imageName",
    "imageName",
    "quarkus.container-image.image"
  )
  if (name !== "") {
    call.publish(name)
    return
  }
  const [registry, group, last] = ["registry", "group", "name"].map((part) =>
    property(given, `quarkus.container-image.${part}`)
  )
  if (quarkus && last !== undefined && last !== "") {
    call.publish([registry, group, last].filter((part) => part !== "").join("/"))
  } else call.external(file)
}

const pushing = /push|publish|release|deploy/i
const imageLike = /docker|image|container|oci|manifest/i

// `PUSH=true`, `DOCKER_PUSH=--push`.
const switchesPush = (setting: string): boolean => {
  const equals = setting.indexOf("=")
  return /push/i.test(setting.slice(0, equals)) && /^(?:true|1|yes|--push)/i.test(setting.slice(equals + 1))
}

// `make docker-push`: the name stands in the Makefile.
const runner = (file: string): Tool => (given, call) => {
  const option = given.findIndex((word) => /^(?:-f|--file|--makefile)$/.test(word))
  const asked = option === -1 ? undefined : given[option + 1]
  const words = given.filter((word, index) => !word.startsWith("-") && (option === -1 || index !== option + 1))
  const source = asked ?? file
  const targets = words.filter((word) => !word.includes("=") && word !== "run")
  const settings = words.filter((word) => word.includes("="))
  const pushes =
    targets.some((target) => pushing.test(target) && (imageLike.test(target) || /^(?:push|publish)/i.test(target))) ||
    (targets.some((target) => imageLike.test(target)) &&
      settings.some((one) => switchesPush(one)))
  if (pushes) call.external(source)
  // `make release` where GoReleaser is set up: that is what releases.
  const releases = targets.some((target) => /^(?:go)?releaser?$/i.test(target))
  if (releases && goreleaserFiles.some((path) => call.facts.file(path) !== undefined)) goreleaser(call, "release")
}

const tools: ReadonlyMap<string, Tool> = new Map<string, Tool>([
  ["mvn", java("pom.xml")],
  ["mvnw", java("pom.xml")],
  ["gradle", java("build.gradle")],
  ["gradlew", java("build.gradle")],
  ["sbt", (given, call) => {
    if (/docker:publish(?!Local)|Docker\s*\/\s*publish(?!Local)|dockerBuildAndPush/i.test(given.join(" "))) {
      call.external("build.sbt")
    }
  }],
  ["make", runner("Makefile")],
  ["gmake", runner("Makefile")],
  ["mage", runner("magefile.go")],
  ["task", runner("Taskfile.yml")],
  ["just", runner("justfile")],
  ["npm", runner("package.json")],
  ["yarn", runner("package.json")],
  ["pnpm", runner("package.json")],
  ["rake", runner("Rakefile")],
  ["invoke", runner("tasks.py")],
  ["bazel", runner("BUILD.bazel")],
  ["bazelisk", runner("BUILD.bazel")],
  ["earthly", (given, call) => {
    if (given.includes("--push")) call.external("Earthfile")
  }],
  ["skaffold", (given, call) => {
    if (/^(?:build|run)$/.test(given[0] ?? "") && !given.includes("--push=false")) call.external("skaffold.yaml")
  }],
  ["werf", (given, call) => {
    if (/^(?:build|converge|export|publish)$/.test(given[0] ?? "")) call.external("werf.yaml")
  }]
])

/** Notes what a build tool publishes; whether it was one. */
export const buildTool = (name: string, given: ReadonlyArray<string>, call: ActionCall): boolean => {
  const tool = tools.get(name)
  tool?.(given, call)
  return tool !== undefined
}
