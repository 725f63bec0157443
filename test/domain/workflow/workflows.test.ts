import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { find, images, patterns, script, steps } from "./support.js"

const push = (tags: string, more = ""): string =>
  `- uses: docker/build-push-action@v6\n  with: {push: true, tags: "${tags}"}${more}`

const jobs = (condition: string): string =>
  `on: push\njobs:\n  a: {if: false, steps: []}\n  b:\n    needs: a\n${condition}    steps: [{run: docker push acme/app}]\n`

describe("triggers and conditions", () => {
  it("a push that no trigger reaches is no publication", () => {
    const gated =
      "- uses: docker/build-push-action@v6\n  with:\n    push: ${{ github.event_name == 'push' }}\n    tags: acme/app"
    assert.deepStrictEqual(images(steps(gated, "pull_request")), [])
    assert.deepStrictEqual(images(steps(gated, "[pull_request, push]")), ["docker.io/acme/app"])
    const tagged = push("acme/app", "\n  if: startsWith(github.ref, 'refs/tags/')")
    assert.deepStrictEqual(images(steps(tagged, "{push: {branches: [main]}}")), [])
    assert.deepStrictEqual(images(steps(tagged, "{push: {branches: [main], tags: ['v*']}}")), ["docker.io/acme/app"])
    assert.deepStrictEqual(images(steps(tagged, "release")), ["docker.io/acme/app"])
  })

  it("conditions of steps and jobs are asked", () => {
    assert.deepStrictEqual(images(steps(push("acme/app", "\n  if: false"))), [])
    assert.deepStrictEqual(images(steps(push("acme/app", "\n  if: failure()"))), [])
    assert.deepStrictEqual(images(steps(push("acme/app", "\n  if: github.repository == 'other/app'"))), [])
    assert.deepStrictEqual(images(steps(push("acme/app", "\n  if: github.repository == 'acme/my-app'"))), [
      "docker.io/acme/app"
    ])
    assert.deepStrictEqual(images(steps(push("acme/app", "\n  if: secrets.TOKEN != ''"))), ["docker.io/acme/app"])
  })

  it("a job behind a skipped one is skipped, unless it says otherwise", () => {
    assert.deepStrictEqual(images(jobs("")), [])
    assert.deepStrictEqual(images(jobs("    if: always()\n")), ["docker.io/acme/app"])
  })
})

describe("where names come from", () => {
  it("three levels of env", () => {
    const text = `on: push
env: {REGISTRY: ghcr.io, NAME: from-workflow}
jobs:
  a:
    env: {NAME: from-job}
    steps:
      - run: docker push $REGISTRY/acme/$NAME
      - run: docker push \${{ env.REGISTRY }}/acme/\${{ env.NAME }}
        env: {NAME: from-step}
`
    assert.deepStrictEqual(images(text), ["ghcr.io/acme/from-job", "ghcr.io/acme/from-step"])
  })

  it("the matrix, with include and exclude", () => {
    const text = `on: push
jobs:
  a:
    strategy:
      matrix:
        app: [one, two, three]
        exclude: [{app: three}]
        include:
          - {app: two, suffix: -x}
          - {app: four}
    steps:
      - run: docker push acme/\${{ matrix.app }}\${{ matrix.suffix }}:1
`
    assert.deepStrictEqual(images(text), ["docker.io/acme/four", "docker.io/acme/one", "docker.io/acme/two-x"])
  })

  it("outputs of other jobs, also as a matrix", () => {
    const text = `on: push
jobs:
  b:
    needs: a
    strategy: {matrix: {app: "\${{ fromJSON(needs.a.outputs.apps) }}"}}
    steps: [{run: "docker push \${{ needs.a.outputs.registry }}/acme/\${{ matrix.app }}"}]
  a:
    outputs: {apps: "\${{ steps.x.outputs.apps }}", registry: "\${{ steps.x.outputs.registry }}"}
    steps:
      - id: x
        run: |
          echo 'apps=["one", "two"]' >> $GITHUB_OUTPUT
          echo registry=quay.io >> $GITHUB_OUTPUT
`
    assert.deepStrictEqual(images(text), ["quay.io/acme/one", "quay.io/acme/two"])
  })

  it("inputs: choices all, defaults as a guess", () => {
    const text = steps(
      push("acme/${{ inputs.service }}:${{ inputs.tag }}", "\n  if: inputs.publish"),
      "\n  workflow_dispatch:\n    inputs:\n      publish: {type: boolean, default: false}\n      service: {type: choice, options: [one, two]}\n      tag: {}"
    )
    assert.deepStrictEqual(images(text), ["docker.io/acme/one", "docker.io/acme/two"])
  })

  it("reusable workflows of the same repository", () => {
    const text = `on: push
jobs:
  a:
    strategy: {matrix: {name: [one, two]}}
    uses: ./.github/workflows/build.yml
    with: {image: "acme/\${{ matrix.name }}"}
  b:
    needs: a
    steps: [{run: "docker push \${{ needs.a.outputs.other }}"}]
`
    const build = `on:
  workflow_call:
    inputs: {image: {type: string}, push: {type: boolean, default: true}}
    outputs: {other: {value: "\${{ jobs.x.outputs.other }}"}}
jobs:
  x:
    outputs: {other: "\${{ steps.s.outputs.other }}"}
    steps:
      - uses: docker/build-push-action@v6
        with: {push: "\${{ inputs.push }}", tags: "\${{ inputs.image }}:1"}
      - id: s
        run: echo "other=acme/other" >> $GITHUB_OUTPUT
`
    const found = find(text, { ".github/workflows/build.yml": build })
    assert.deepStrictEqual(found.images.map(({ image }) => image), [
      "docker.io/acme/one",
      "docker.io/acme/two",
      "docker.io/acme/other"
    ])
    assert.deepStrictEqual(found.images[0]?.evidence[0]?.source, Option.some(".github/workflows/build.yml"))
    assert.deepStrictEqual(
      find(text).external.map(({ source }) => source),
      [".github/workflows/build.yml"]
    )
  })

  it("composite actions of the same repository", () => {
    const definition =
      "inputs:\n  name: {required: true}\n  registry: {default: ghcr.io}\nruns:\n  using: composite\n  steps:\n    - shell: bash\n      run: docker push ${{ inputs.registry }}/acme/${{ inputs.name }}\n"
    const text = steps("- uses: ./.github/actions/docker-publish\n  with: {name: app}")
    assert.deepStrictEqual(images(text, { ".github/actions/docker-publish/action.yml": definition }), [
      "ghcr.io/acme/app"
    ])
    assert.deepStrictEqual(find(text).external.map(({ source }) => source), [
      ".github/actions/docker-publish/action.yml"
    ])
  })

  it("GoReleaser's configuration", () => {
    const text = steps(
      "- uses: goreleaser/goreleaser-action@v6\n  with: {args: release --clean}\n  env: {ORG: acme, SECRET: \"${{ secrets.ORG }}\"}"
    )
    const config = `project_name: tool
dockers:
  - image_templates: ["acme/{{ .ProjectName }}:{{ .Tag }}", "{{ .Env.ORG }}/two:{{ .Version }}", "{{ .Env.SECRET }}/three:1"]
  - image_templates: [acme/skipped]
    skip_push: true
dockers_v2:
  - images: [ghcr.io/acme/v2]
kos:
  - repositories: [ghcr.io/acme/ko]
    bare: true
`
    const found = find(text, { ".goreleaser.yaml": config })
    assert.deepStrictEqual(found.images.map(({ image }) => image), [
      "docker.io/acme/tool",
      "docker.io/acme/two",
      "ghcr.io/acme/v2",
      "ghcr.io/acme/ko"
    ])
    assert.deepStrictEqual(found.patterns.map(({ template }) => template), ["docker.io/${{ secrets.ORG }}/three"])
    assert.deepStrictEqual(find(text).external.map(({ source }) => source), [".goreleaser.yml"])
    assert.deepStrictEqual(images(text.replace("--clean", "--snapshot"), { ".goreleaser.yaml": config }), [])
  })

  it("bake and Compose files", () => {
    const hcl =
      "variable \"REPO\" { default = \"acme/default\" }\nvariable \"TAG\" {\n  default = \"1\"\n}\ngroup \"all\" { targets = [\"app\"] }\ntarget \"base\" { tags = [\"${REPO}:${TAG}\"] }\ntarget \"app\" {\n  inherits = [\"base\"]\n}\ntarget \"other\" { tags = [\"acme/other\"] }\n"
    const bake = steps("- uses: docker/bake-action@v6\n  with: {push: true, targets: all}\n  env: {REPO: acme/baked}")
    assert.deepStrictEqual(images(bake, { "docker-bake.hcl": hcl }), ["docker.io/acme/baked"])
    const compose = "services:\n  a: {build: ., image: \"acme/a:${TAG:-1}\"}\n  b: {image: redis/redis}\n"
    assert.deepStrictEqual(
      images(script("docker compose build && docker compose push"), { "docker-compose.yml": compose }),
      ["docker.io/acme/a"]
    )
  })

  it("a script of the repository", () => {
    assert.deepStrictEqual(images(script("./push.sh one"), { "push.sh": "#!/bin/sh\ndocker push acme/$1\n" }), [
      "docker.io/acme/one"
    ])
  })
})

describe("what the file does not determine", () => {
  it("becomes a pattern, never an image", () => {
    const cases: ReadonlyArray<readonly [string, string, string | undefined, string | undefined]> = [
      ["${{ secrets.DOCKER_USERNAME }}/app:1", "docker.io/${{ secrets.docker_username }}/app", "docker.io", "app"],
      ["ghcr.io/${{ vars.ORG }}/app", "ghcr.io/${{ vars.org }}/app", "ghcr.io", "app"],
      ["${{ secrets.REGISTRY }}/team/app", "${{ secrets.registry }}/team/app", undefined, "app"],
      ["${{ secrets.REGISTRY_HOST }}/app", "${{ secrets.registry_host }}/app", undefined, "app"],
      ["${{ vars.GHCR_REPO }}", "${{ vars.ghcr_repo }}", "ghcr.io", undefined],
      ["${{ secrets.IMAGE }}:latest", "${{ secrets.image }}", "docker.io", undefined],
      ["ghcr.io/${{ github.actor }}/app", "ghcr.io/${{ github.actor }}/app", "ghcr.io", "app"]
    ]
    for (const [tags, template, registry, name] of cases) {
      const text = steps(push(tags))
      assert.deepStrictEqual(images(text), [], tags)
      assert.deepStrictEqual(patterns(text).map(([first, ...rest]) => [first.toLowerCase(), ...rest]), [[
        template,
        registry,
        name
      ]], tags)
    }
  })

  it("has candidates from the owner, the file's other names and its logins", () => {
    const text = steps(
      `- uses: docker/login-action@v3\n  with: {username: acmebot, password: x}\n${
        push("${{ secrets.U }}/app,acmeinc/other")
      }`
    )
    assert.deepStrictEqual(find(text).patterns[0]?.candidates, [
      "docker.io/acmeinc/app",
      "docker.io/acmebot/app",
      "docker.io/acme/app"
    ])
  })

  it("takes a default for the best guess", () => {
    assert.deepStrictEqual(
      images(steps(push("${{ vars.REGISTRY || 'ghcr.io' }}/${{ vars.NAME || github.repository }}:1"))),
      ["ghcr.io/acme/my-app"]
    )
    assert.deepStrictEqual(
      images(steps(push("${{ github.ref == 'refs/heads/main' && 'acme/one' || 'acme/two' }}:1"))),
      ["docker.io/acme/one", "docker.io/acme/two"]
    )
  })

  it("a variable that an action sets from a list of names is not empty", () => {
    const text = steps(
      "- uses: some/secrets-action@v1\n  with: {secrets: \"id > HUB_USER\"}\n- run: docker push ${{ env.HUB_USER }}/app"
    )
    assert.deepStrictEqual(patterns(text), [["docker.io/${{ env.HUB_USER }}/app", "docker.io", "app"]])
    assert.deepStrictEqual(images(script("docker push ghcr.io/acme/app${{ env.NOWHERE }}:1")), ["ghcr.io/acme/app"])
  })

  it("passes over a tag that only the run knows", () => {
    assert.deepStrictEqual(images(script("V=$(git describe)\ndocker push acme/app:$V-$(date +%s)")), [
      "docker.io/acme/app"
    ])
  })
})

const problem = (text: string): string | undefined => Option.getOrUndefined(find(text).problem)

describe("evidence and problems", () => {
  it("tells job, step and mechanism", () => {
    const [image] = find(steps("- name: Publish it\n  run: docker buildx build --push -t acme/app .")).images
    assert.deepStrictEqual(image?.evidence, [{
      job: "build",
      step: "Publish it",
      mechanism: "docker buildx build",
      source: Option.none()
    }])
  })

  it("says why a file was not read", () => {
    assert.strictEqual(problem("docker: [unclosed"), "not-yaml")
    assert.strictEqual(problem("docker: 1"), "no-workflow")
    assert.strictEqual(problem(`docker: ${"x".repeat(300_000)}`), "too-large")
    assert.strictEqual(problem(`docker: ${"[".repeat(1_000)}`), "too-deep")
    assert.strictEqual(problem(`a: &a docker\nb: [${"*a, ".repeat(1_000)}]`), "too-many-aliases")
    assert.strictEqual(problem(steps(push("acme/app"))), undefined)
  })
})
