import { assert, describe, it } from "@effect/vitest"
import { find, images, steps } from "./support.js"

const action = (uses: string, inputs: string): string => steps(`- uses: ${uses}\n  with: ${inputs}`)

describe("docker/build-push-action", () => {
  it("pushes its tags, given as lines or with commas", () => {
    const text = steps(`- uses: docker/build-push-action@v6
  with:
    push: true
    tags: |
      acme/one:latest, acme/one:1
      ghcr.io/acme/one:\${{ github.sha }}
      # acme/not-this-one`)
    assert.deepStrictEqual(images(text), ["docker.io/acme/one", "ghcr.io/acme/one"])
  })

  it("publishes nothing without push", () => {
    assert.deepStrictEqual(images(action("docker/build-push-action@v6", "{tags: acme/built, load: true}")), [])
    assert.deepStrictEqual(images(action("docker/build-push-action@v6", "{tags: acme/built, push: false}")), [])
  })

  it("pushes what its outputs name", () => {
    const text = steps(`- uses: docker/build-push-action@v6
  with:
    outputs: type=image,"name=ghcr.io/acme/a,docker.io/acme/b",push-by-digest=true,name-canonical=true,push=true
- uses: docker/build-push-action@v6
  with: {tags: acme/c, outputs: type=registry}
- uses: docker/build-push-action@v6
  with: {tags: acme/d, outputs: "type=docker,dest=/tmp/image.tar"}`)
    assert.deepStrictEqual(images(text), ["docker.io/acme/b", "docker.io/acme/c", "ghcr.io/acme/a"])
  })

  it("took registry and repository apart in its first version, and pushed by itself", () => {
    assert.deepStrictEqual(
      images(action("docker/build-push-action@v1", "{repository: acme/app, registry: ghcr.io, tags: latest}")),
      ["ghcr.io/acme/app"]
    )
    assert.deepStrictEqual(images(action("docker/build-push-action@v1.1.0", "{repository: acme/app}")), [
      "docker.io/acme/app"
    ])
    assert.deepStrictEqual(images(action("docker/build-push-action@v1", "{repository: acme/app, push: false}")), [])
  })

  it("has relatives that take the same inputs", () => {
    assert.deepStrictEqual(images(action("depot/build-push-action@v1", "{push: true, tags: acme/app}")), [
      "docker.io/acme/app"
    ])
    assert.deepStrictEqual(images(action("useblacksmith/build-push-action@v1", "{push: true, tags: acme/app}")), [
      "docker.io/acme/app"
    ])
  })

  it("does not publish its cache", () => {
    const text = action(
      "docker/build-push-action@v6",
      "{push: true, tags: acme/app, cache-to: \"type=registry,ref=acme/cache\", cache-from: \"type=registry,ref=acme/cache\"}"
    )
    assert.deepStrictEqual(images(text), ["docker.io/acme/app"])
  })
})

const meta = (inputs: string, use: string): string =>
  steps(`- id: meta\n  uses: docker/metadata-action@v5\n  with:\n    ${inputs}\n${use}`)

const push = (tags: string): string => `- uses: docker/build-push-action@v6\n  with: {push: true, tags: "${tags}"}`

describe("docker/metadata-action", () => {
  it("publishes nothing unless its tags are pushed", () => {
    assert.deepStrictEqual(images(meta("images: acme/unused", "- run: docker push acme/used")), ["docker.io/acme/used"])
  })

  it("lowers names and leaves out what is not enabled", () => {
    const inputs = `images: |
      # a comment
      ghcr.io/\${{ github.repository }}
      name=acme/on,enable=\${{ github.event_name != 'pull_request' }}
      name=acme/off,enable=false`
    assert.deepStrictEqual(images(meta(inputs, push("${{ steps.meta.outputs.tags }}"))), [
      "docker.io/acme/on",
      "ghcr.io/acme/my-app"
    ])
  })

  it("feeds a push through tags, json, environment and bake file", () => {
    const uses = [
      push("${{ join(fromJSON(steps.meta.outputs.json).tags, ',') }}"),
      "- run: docker buildx build --push $(echo \"${{ steps.meta.outputs.tags }}\" | sed 's/^/-t /') .",
      "- run: docker buildx imagetools create $(jq -cr '.tags | map(\"-t \" + .) | join(\" \")' <<< \"$DOCKER_METADATA_OUTPUT_JSON\") x",
      "- run: |\n    echo \"${{ steps.meta.outputs.tags }}\" | while read -r tag; do docker push \"$tag\"; done",
      "- uses: docker/bake-action@v6\n  with:\n    push: true\n    files: |\n      docker-bake.hcl\n      cwd://${{ steps.meta.outputs.bake-file }}"
    ]
    for (const use of uses) assert.deepStrictEqual(images(meta("images: acme/app", use)), ["docker.io/acme/app"], use)
  })
})

describe("actions of one purpose", () => {
  const cases: ReadonlyArray<readonly [string, string, ReadonlyArray<string>]> = [
    ["elgohr/Publish-Docker-Github-Action@v5", "{name: acme/app, username: x}", ["docker.io/acme/app"]],
    ["elgohr/Publish-Docker-Github-Action@v5", "{name: acme/app, registry: ghcr.io}", ["ghcr.io/acme/app"]],
    ["elgohr/Publish-Docker-Github-Action@v5", "{name: ghcr.io/acme/app, registry: ghcr.io}", ["ghcr.io/acme/app"]],
    ["elgohr/Publish-Docker-Github-Action@v5", "{name: acme/app, no_push: true}", []],
    ["jerray/publish-docker-action@master", "{username: x}", ["docker.io/acme/my-app"]],
    ["jerray/publish-docker-action@master", "{repository: acme/app, registry: quay.io}", ["quay.io/acme/app"]],
    ["mr-smithers-excellent/docker-build-push@v6", "{image: acme/app, registry: docker.io}", ["docker.io/acme/app"]],
    ["mr-smithers-excellent/docker-build-push@v6", "{image: app, registry: ghcr.io}", ["ghcr.io/acme/app"]],
    ["mr-smithers-excellent/docker-build-push@v6", "{image: app, registry: ghcr.io, githubOrg: other}", [
      "ghcr.io/other/app"
    ]],
    ["mr-smithers-excellent/docker-build-push@v6", "{image: acme/app, registry: docker.io, pushImage: false}", []],
    ["redhat-actions/push-to-registry@v2", "{image: App, registry: quay.io/acme, tags: 1 2}", ["quay.io/acme/app"]],
    ["redhat-actions/push-to-registry@v2", "{tags: quay.io/acme/app:1 quay.io/acme/app:2}", ["quay.io/acme/app"]],
    ["whoan/docker-build-with-cache-action@v5", "{image_name: acme/app, registry: ghcr.io}", ["ghcr.io/acme/app"]],
    ["whoan/docker-build-with-cache-action@v5", "{image_name: app, username: acme}", ["docker.io/acme/app"]],
    ["macbre/push-to-ghcr@master", "{image_name: acme/app}", ["ghcr.io/acme/app"]],
    ["macbre/push-to-ghcr@master", "{image_name: acme/app, docker_io_token: x}", [
      "docker.io/acme/app",
      "ghcr.io/acme/app"
    ]],
    ["whoan/docker-build-with-cache-action@v5", "{image_name: app, username: x, registry: ghcr.io}", [
      "ghcr.io/acme/app"
    ]],
    ["VaultVulp/gp-docker-action@1.0.1", "{image-name: svc}", ["docker.pkg.github.com/acme/my-app/svc"]],
    ["VaultVulp/gp-docker-action@1.6.0", "{image-name: svc}", ["ghcr.io/acme/my-app/svc"]],
    ["aevea/action-kaniko@master", "{image: acme/app, registry: ghcr.io}", ["ghcr.io/acme/app"]],
    ["int128/kaniko-action@v1", "{push: true, tags: ghcr.io/acme/app:1}", ["ghcr.io/acme/app"]],
    ["akhilerm/tag-push-action@v2", "{src: acme/old, dst: \"acme/new:1\"}", ["docker.io/acme/new"]],
    ["cloudposse/github-action-docker-build-push@main", "{registry: ghcr.io, organization: acme, repository: app}", [
      "ghcr.io/acme/app"
    ]],
    ["devcontainers/ci@v0.3", "{imageName: ghcr.io/acme/dev}", ["ghcr.io/acme/dev"]],
    ["nick-fields/retry@v3", "{command: docker push acme/app}", ["docker.io/acme/app"]],
    ["peter-evans/dockerhub-description@v4", "{repository: acme/app}", []],
    ["docker/login-action@v3", "{registry: ghcr.io}", []],
    ["aquasecurity/trivy-action@master", "{image: acme/app}", []],
    ["somebody/docker-publish@v1", "{image: ghcr.io/acme/app}", ["ghcr.io/acme/app"]],
    ["somebody/docker-publish@v1", "{image: ghcr.io/acme/app, push: false}", []],
    ["docker://gcr.io/kaniko-project/executor:latest", "{args: --destination=acme/app --context=.}", [
      "docker.io/acme/app"
    ]]
  ]
  it.each(cases)("%s %s", (uses, inputs, expected) => {
    assert.deepStrictEqual(images(action(uses, inputs)), expected)
  })

  it("keeps a description as a hint", () => {
    const found = find(action("peter-evans/dockerhub-description@v4", "{repository: acme/app}"))
    assert.deepStrictEqual([found.images, found.described], [[], ["docker.io/acme/app"]])
  })

  it("hands the name from a build to a push", () => {
    const text = steps(`- id: build
  uses: redhat-actions/buildah-build@v2
  with: {image: MyImage, tags: latest}
- uses: redhat-actions/push-to-registry@v2
  with:
    image: \${{ steps.build.outputs.image }}
    tags: \${{ steps.build.outputs.tags }}
    registry: ghcr.io/\${{ github.repository_owner }}`)
    assert.deepStrictEqual(images(text), ["ghcr.io/acme/myimage"])
  })

  it("reads the action inside a retrying one", () => {
    const text = steps(`- uses: Wandalen/wretry.action@v1
  with:
    action: docker/build-push-action@v4
    with: |
      push: true
      tags: acme/app:1`)
    assert.deepStrictEqual(images(text), ["docker.io/acme/app"])
  })

  it("knows actions that change the case of a text", () => {
    for (
      const [uses, inputs, output] of [
        ["ASzc/change-string-case-action@v6", "{string: \"${{ github.repository }}\"}", "lowercase"],
        ["actions/github-script@v7", "{script: \"return '${{ github.repository }}'.toLowerCase()\"}", "result"]
      ]
    ) {
      const text = steps(
        `- id: lower\n  uses: ${uses}\n  with: ${inputs}\n- run: docker push ghcr.io/\${{ steps.lower.outputs.${output} }}:1`
      )
      assert.deepStrictEqual(images(text), ["ghcr.io/acme/my-app"])
    }
  })
})
