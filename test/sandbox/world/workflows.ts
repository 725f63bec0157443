/**
 * The workflow files of the world's repositories: those that publish, each in one of the usual manners, and those that
 * only test, build or analyse.
 */
import { fullName, key } from "../../../src/domain/GitHubRepository.js"
import { between, fraction } from "./seed.js"
import type { GitHubFacts, Publisher } from "./World.js"

type Files = ReadonlyArray<readonly [string, string]>

const registryOf = (image: string): string => image.slice(0, image.indexOf("/"))
const pathOf = (image: string): string => image.slice(image.indexOf("/") + 1)
const short = (image: string): string => registryOf(image) === "docker.io" ? pathOf(image) : image
const registries = (images: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(images.map(registryOf))]

const login = (registry: string): string =>
  `      - uses: docker/login-action@v3
        with:
          registry: ${registry}
          username: \${{ github.actor }}
          password: \${{ secrets.${registry === "ghcr.io" ? "GITHUB_TOKEN" : "REGISTRY_PASSWORD"} }}
`

const logins = (images: ReadonlyArray<string>): string => registries(images).map(login).join("")

const job = (steps: string, head = ""): string =>
  `name: Release
on:
  push:
    branches: [main]
    tags: ["v*"]
${head}jobs:
  image:
    runs-on: ubuntu-latest
    permissions:
      contents: read
      packages: write
    steps:
      - uses: actions/checkout@v4
${steps}`

const lines = (images: ReadonlyArray<string>, indent: number, suffix = ""): string =>
  images.map((image) => `${" ".repeat(indent)}${short(image)}${suffix}\n`).join("")

const buildPush = (images: ReadonlyArray<string>): string =>
  job(`${logins(images)}      - uses: docker/build-push-action@v6
        with:
          context: .
          push: \${{ github.event_name != 'pull_request' }}
          cache-from: type=gha
          cache-to: type=registry,ref=${short(images[0] ?? "")}-cache,mode=max
          tags: |
${lines(images, 12, ":latest")}`)

const metadata = (images: ReadonlyArray<string>): string =>
  job(`      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: |
${lines(images, 12)}          tags: |
            type=semver,pattern={{version}}
${logins(images)}      - uses: docker/build-push-action@v6
        with:
          push: true
          tags: \${{ steps.meta.outputs.tags }}
          labels: \${{ steps.meta.outputs.labels }}
`)

const run = (commands: ReadonlyArray<string>): string =>
  `      - run: |\n${commands.map((command) => `          ${command}\n`).join("")}`

const dockerPush = (images: ReadonlyArray<string>): string =>
  job(
    logins(images) + run([
      "docker build -t local/app .",
      ...images.flatMap((image) => [
        `docker tag local/app ${short(image)}:$GITHUB_SHA`,
        `docker push ${short(image)}:$GITHUB_SHA`
      ])
    ])
  )

const matrix = (images: ReadonlyArray<string>): string =>
  `name: Images
on: { push: { branches: [main] } }
jobs:
  image:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        include:
${
    images.map((image) => `          - registry: ${registryOf(image)}\n            path: ${pathOf(image)}\n`).join("")
  }    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v5
        with:
          push: true
          tags: \${{ matrix.registry }}/\${{ matrix.path }}:latest
`

const reusable = (images: ReadonlyArray<string>): Files => [
  [
    ".github/workflows/release.yml",
    `name: Release
on:
  release:
    types: [published]
jobs:
${
      images.map((image, n) =>
        `  image${n}:
    uses: ./.github/workflows/image.yml
    with:
      image: ${image}
    secrets: inherit
`
      ).join("")
    }`
  ],
  [
    ".github/workflows/image.yml",
    `name: Image
on:
  workflow_call:
    inputs:
      image:
        required: true
        type: string
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        with:
          push: true
          tags: \${{ inputs.image }}:\${{ github.ref_name }}
`
  ]
]

const goreleaser = (images: ReadonlyArray<string>): Files => [
  [
    ".github/workflows/release.yml",
    job(`${logins(images)}      - uses: goreleaser/goreleaser-action@v6
        with:
          args: release --clean
`)
  ],
  [
    ".goreleaser.yml",
    `version: 2
builds:
  - env: [CGO_ENABLED=0]
dockers:
  - image_templates:
${images.map((image) => `      - "${image}:{{ .Version }}"\n`).join("")}`
  ]
]

const bake = (images: ReadonlyArray<string>): Files => [
  [
    ".github/workflows/images.yaml",
    job(`${logins(images)}      - uses: docker/bake-action@v5
        with:
          push: true
`)
  ],
  [
    "docker-bake.hcl",
    `group "default" {
  targets = ["app"]
}

target "app" {
  tags = [${images.map((image) => `"${short(image)}:latest"`).join(", ")}]
}
`
  ]
]

const skopeo = (images: ReadonlyArray<string>): string =>
  job(
    logins(images) +
      run([
        "nix build .#image",
        ...images.map((image) => `skopeo copy docker-archive:result docker://${image}:latest`)
      ])
  )

const buildah = (images: ReadonlyArray<string>): string =>
  job(
    images.map((image) => {
      const path = pathOf(image)
      const slash = path.lastIndexOf("/")
      return `      - uses: redhat-actions/buildah-build@v2
        with:
          image: ${path.slice(slash + 1)}
          tags: latest
      - uses: redhat-actions/push-to-registry@v2
        with:
          image: ${path.slice(slash + 1)}
          tags: latest
          registry: ${registryOf(image)}/${path.slice(0, slash)}
`
    }).join("")
  )

const env = (images: ReadonlyArray<string>): string =>
  job(
    images.map((_, n) =>
      `      - uses: docker/build-push-action@v6
        with:
          push: true
          tags: \${{ env.IMAGE_${n} }}:latest,\${{ env.IMAGE_${n} }}:\${{ github.sha }}
`
    ).join(""),
    `env:\n${images.map((image, n) => `  IMAGE_${n}: ${image}\n`).join("")}`
  )

const secret = (images: ReadonlyArray<string>): string =>
  job(`      - uses: docker/build-push-action@v6
        with:
          push: true
          tags: |
${
    images.map((image) => {
      const path = pathOf(image)
      return `            ${registryOf(image)}/\${{ secrets.REGISTRY_USER }}${path.slice(path.indexOf("/"))}:latest\n`
    }).join("")
  }`)

const one = (text: string): Files => [[".github/workflows/release.yml", text]]

const publishing = ({ claims, manner }: Publisher): Files => {
  switch (manner) {
    case "build-push":
      return one(buildPush(claims))
    case "metadata":
      return one(metadata(claims))
    case "docker-push":
      return one(dockerPush(claims))
    case "matrix":
      return one(matrix(claims))
    case "reusable":
      return reusable(claims)
    case "goreleaser":
      return goreleaser(claims)
    case "bake":
      return bake(claims)
    case "skopeo":
      return one(skopeo(claims))
    case "buildah":
      return one(buildah(claims))
    case "env":
      return one(env(claims))
    case "secret":
      return one(secret(claims))
  }
}

// The same in many repositories, letter for letter.
const common: Files = [
  [
    ".github/workflows/test.yml",
    "name: Test\non: [push, pull_request]\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n" +
    "      - uses: actions/checkout@v4\n      - run: make test\n"
  ],
  [
    ".github/workflows/codeql.yml",
    "name: CodeQL\non:\n  schedule:\n    - cron: '20 3 * * 1'\njobs:\n  analyze:\n    runs-on: ubuntu-latest\n    steps:\n" +
    "      - uses: github/codeql-action/init@v3\n      - uses: github/codeql-action/analyze@v3\n"
  ]
]

const buildOnly = (facts: GitHubFacts): readonly [string, string] => [
  ".github/workflows/ci.yml",
  `name: CI of ${fullName(facts.name)}
on: pull_request
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        with:
          push: false
          load: true
          tags: ${fullName(facts.name).toLowerCase()}:ci
      - run: docker run --rm ${fullName(facts.name).toLowerCase()}:ci make check
      # - run: docker push ${fullName(facts.name).toLowerCase()}:ci
`
]

const others = (facts: GitHubFacts, seed: string): Files => {
  const chance = fraction(seed, "workflows", key(facts.name))
  if (chance > 0.55) return []
  const count = between(1, 3, seed, "workflow-count", key(facts.name))
  return [buildOnly(facts), ...common].slice(0, count)
}

/** The files under `.github`, and what they need beside them. */
export const workflowFiles = (facts: GitHubFacts, publisher: Publisher | undefined, seed: string): Files => [
  ...others(facts, seed),
  ...(publisher === undefined ? [] : publishing(publisher))
]
