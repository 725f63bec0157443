/**
 * How people publish, in small: kinds of workflows beside those of the other tests, each written for this purpose.
 */
import { assert, describe, it } from "@effect/vitest"
import { find, images, script, steps } from "./support.js"

const action = (uses: string, inputs: string): string => steps(`- uses: ${uses}\n  with: ${inputs}`)
const push = (tags: string, more = ""): string =>
  `- uses: docker/build-push-action@v6\n  with: {push: true, tags: "${tags}"}${more}`

type Case = readonly [string, string, ReadonlyArray<string>]

const cases: ReadonlyArray<Case> = [
  [
    "env in three steps",
    steps(
      push("${{ env.REGISTRY }}/${{ env.IMAGE_NAME }}:latest"),
      "push",
      "env:\n  REGISTRY: ghcr.io\n  IMAGE_NAME: ${{ github.repository }}\n"
    ),
    ["ghcr.io/acme/my-app"]
  ],
  [
    "lower-cased by bash",
    script("echo \"IMAGE=${GITHUB_REPOSITORY,,}\" >> ${GITHUB_ENV}\n") +
    "      - uses: docker/build-push-action@v5\n        with:\n          push: true\n          tags: ghcr.io/${{ env.IMAGE }}:edge\n",
    ["ghcr.io/acme/my-app"]
  ],
  [
    "lower-cased by tr",
    script("REPO=$(echo \"${{ github.repository }}\" | tr '[:upper:]' '[:lower:]')\ndocker push ghcr.io/$REPO:latest"),
    ["ghcr.io/acme/my-app"]
  ],
  [
    "lower-cased by awk",
    script("R=$(echo ${{ github.repository_owner }} | awk '{print tolower($0)}')\ndocker push ghcr.io/$R/x"),
    ["ghcr.io/acme/x"]
  ],
  ["lower-cased by sed", script("R=$(echo $GITHUB_REPOSITORY | sed 's/.*/\\L&/')\ndocker push ghcr.io/$R"), [
    "ghcr.io/acme/my-app"
  ]],
  [
    "cut at the slash",
    script("NAME=$(echo $GITHUB_REPOSITORY | cut -d/ -f2 | tr A-Z a-z)\ndocker push quay.io/acme/$NAME"),
    ["quay.io/acme/my-app"]
  ],
  ["basename", script("docker push acme/$(basename $GITHUB_REPOSITORY | tr A-Z a-z):1"), ["docker.io/acme/my-app"]],
  ["parameter cut", script("docker push acme/${GITHUB_REPOSITORY##*/}"), ["docker.io/acme/my-app"]],
  [
    "printf into the environment",
    script("printf 'IMG=%s\\n' ghcr.io/acme/x >> \"$GITHUB_ENV\"") + "      - run: docker push $IMG\n",
    ["ghcr.io/acme/x"]
  ],
  [
    "braces group into the output",
    script("{\n  echo \"image=quay.io/acme/grouped\"\n  echo \"other=1\"\n} >> \"$GITHUB_OUTPUT\"").replace(
      "- run",
      "- id: v\n        run"
    ) + "      - run: docker push ${{ steps.v.outputs.image }}:1\n",
    ["quay.io/acme/grouped"]
  ],
  [
    "heredoc into the output",
    script("cat >> $GITHUB_OUTPUT <<EOF\nname=acme/here\nEOF").replace("- run", "- id: v\n        run") +
    "      - uses: docker/build-push-action@v6\n        with: {push: true, tags: \"${{ steps.v.outputs.name }}\"}\n",
    ["docker.io/acme/here"]
  ],
  [
    "old set-output",
    script("echo \"::set-output name=tag::acme/old:1\"").replace("- run", "- id: v\n        run") +
    "      - run: docker push ${{ steps.v.outputs.tag }}\n",
    ["docker.io/acme/old"]
  ],
  ["array of tags", script("tags=(acme/one acme/two)\nfor t in \"${tags[@]}\"; do docker push \"$t:latest\"; done"), [
    "docker.io/acme/one",
    "docker.io/acme/two"
  ]],
  [
    "function that pushes",
    script(
      "build_and_push() {\n  docker build -t \"acme/$1\" \"$1\"\n  docker push \"acme/$1\"\n}\nbuild_and_push web\nbuild_and_push api"
    ),
    ["docker.io/acme/api", "docker.io/acme/web"]
  ],
  ["xargs", script("printf 'a\\nb\\n' | xargs -I{} docker push acme/{}"), ["docker.io/acme/a", "docker.io/acme/b"]],
  ["loop over lines", script("while read -r n; do docker push ghcr.io/acme/$n; done <<< \"one\ntwo\""), [
    "ghcr.io/acme/one",
    "ghcr.io/acme/two"
  ]],
  [
    "continued lines",
    script(
      "docker buildx build \\\n  --platform linux/amd64,linux/arm64 \\\n  --tag ghcr.io/acme/multi:latest \\\n  --tag acme/multi:latest \\\n  --push ."
    ),
    ["docker.io/acme/multi", "ghcr.io/acme/multi"]
  ],
  ["options in a variable", script("ARGS=\"--push -t acme/opts\"\ndocker buildx build $ARGS ."), [
    "docker.io/acme/opts"
  ]],
  ["options in an array", script("args=(--push)\nargs+=(-t acme/arr)\ndocker buildx build \"${args[@]}\" ."), [
    "docker.io/acme/arr"
  ]],
  [
    "tags joined by metadata",
    "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - id: m\n        uses: docker/metadata-action@v5\n        with:\n          images: |\n            name=ghcr.io/${{ github.repository_owner }}/joined\n      - run: docker buildx imagetools create $(jq -cr '.tags | map(\"-t \" + .) | join(\" \")' <<< \"$DOCKER_METADATA_OUTPUT_JSON\") $(printf 'x@sha256:%s ' *)\n",
    ["ghcr.io/acme/joined"]
  ],
  [
    "metadata without an id, by environment",
    "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: docker/metadata-action@v5\n        with: {images: acme/envd}\n      - uses: docker/build-push-action@v6\n        with: {push: true, tags: \"${{ env.DOCKER_METADATA_OUTPUT_TAGS }}\"}\n",
    ["docker.io/acme/envd"]
  ],
  [
    "push by condition",
    steps(
      "- uses: docker/build-push-action@v6\n  with:\n    push: ${{ github.ref == 'refs/heads/main' && github.event_name == 'push' }}\n    tags: acme/cond",
      "{push: {branches: [main]}}"
    ),
    ["docker.io/acme/cond"]
  ],
  [
    "push only elsewhere",
    steps(
      "- uses: docker/build-push-action@v6\n  with:\n    push: ${{ github.repository == 'other/fork' }}\n    tags: acme/cond"
    ),
    []
  ],
  ["push only of another owner", steps(push("acme/x", "\n  if: github.repository_owner == 'somebody-else'")), []],
  [
    "matrix of objects",
    "on: push\njobs:\n  a:\n    runs-on: x\n    strategy:\n      matrix:\n        app:\n          - {name: web, dir: ./web}\n          - {name: api, dir: ./api}\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          push: true\n          context: ${{ matrix.app.dir }}\n          tags: ghcr.io/acme/${{ matrix.app.name }}:latest\n",
    ["ghcr.io/acme/api", "ghcr.io/acme/web"]
  ],
  [
    "matrix from JSON",
    "on: push\njobs:\n  a:\n    runs-on: x\n    strategy:\n      matrix: ${{ fromJSON('{\"name\":[\"x\",\"y\"]}') }}\n    steps:\n      - run: docker push acme/${{ matrix.name }}\n",
    ["docker.io/acme/x", "docker.io/acme/y"]
  ],
  ["format()", steps(push("${{ format('{0}/{1}:{2}', 'ghcr.io', github.repository, github.sha) }}")), [
    "ghcr.io/acme/my-app"
  ]],
  ["default behind ||", steps(push("${{ env.NOTHING || 'acme/fallback' }}")), ["docker.io/acme/fallback"]],
  ["tags chosen by a condition", steps(push("${{ github.ref_type == 'tag' && 'acme/rel:1' || 'acme/dev:1' }}")), [
    "docker.io/acme/dev",
    "docker.io/acme/rel"
  ]],
  ["a list by join()", steps(push("${{ join(fromJSON('[\\\"acme/j1\\\",\\\"acme/j2\\\"]'), ',') }}")), [
    "docker.io/acme/j1",
    "docker.io/acme/j2"
  ]],
  [
    "skopeo with options between",
    script("skopeo copy --dest-creds a:b --format v2s2 docker-archive:img.tar docker://quay.io/acme/sk:1"),
    ["quay.io/acme/sk"]
  ],
  ["skopeo sync", script("skopeo sync --src docker --dest docker docker.io/library/busybox quay.io/mirror"), [
    "quay.io/mirror/busybox"
  ]],
  ["regctl index create", script("regctl index create ghcr.io/acme/idx:1 --ref ghcr.io/acme/idx@sha256:0"), [
    "ghcr.io/acme/idx"
  ]],
  ["crane push", script("crane push image.tar ghcr.io/acme/cr:1"), ["ghcr.io/acme/cr"]],
  ["crane append", script("crane append -f x.tar -t ghcr.io/acme/ap:1"), ["ghcr.io/acme/ap"]],
  [
    "podman manifest",
    script(
      "podman manifest create quay.io/acme/pm\npodman build --manifest quay.io/acme/pm .\npodman manifest push quay.io/acme/pm:latest"
    ),
    ["quay.io/acme/pm"]
  ],
  ["buildah bud and push", script("buildah bud -t quay.io/acme/bb .\nbuildah push quay.io/acme/bb:latest"), [
    "quay.io/acme/bb"
  ]],
  [
    "docker manifest annotate",
    script(
      "docker manifest create acme/m:1 acme/m:1-amd64\ndocker manifest annotate acme/m:1 acme/m:1-amd64\ndocker manifest push acme/m:1"
    ),
    ["docker.io/acme/m"]
  ],
  ["docker compose push", steps("- run: docker compose push"), []],
  ["docker context push", script("docker -c remote push ghcr.io/acme/ctx"), ["ghcr.io/acme/ctx"]],
  ["ko apply", script("export KO_DOCKER_REPO=ghcr.io/acme/ko\nko resolve --bare -f config/ > release.yaml"), [
    "ghcr.io/acme/ko"
  ]],
  ["ko with setup-ko", steps("- uses: ko-build/setup-ko@v0.7\n- run: ko build --bare ./cmd/x"), [
    "ghcr.io/acme/my-app"
  ]],
  ["jib by Maven with -D", script("./mvnw -B package jib:build -Djib.to.image=ghcr.io/acme/jib:$GITHUB_SHA"), [
    "ghcr.io/acme/jib"
  ]],
  ["Spring Boot's image", script("./gradlew bootBuildImage --imageName=ghcr.io/acme/boot --publishImage"), [
    "ghcr.io/acme/boot"
  ]],
  [
    "Quarkus",
    script(
      "./mvnw package -Dquarkus.container-image.build=true -Dquarkus.container-image.push=true -Dquarkus.container-image.registry=quay.io -Dquarkus.container-image.group=acme -Dquarkus.container-image.name=q"
    ),
    ["quay.io/acme/q"]
  ],
  [
    "kaniko in a container",
    script("docker run -v $PWD:/w gcr.io/kaniko-project/executor:latest --destination=ghcr.io/acme/kan:1 --context=/w"),
    ["ghcr.io/acme/kan"]
  ],
  ["podman run of buildah", script("podman run --rm quay.io/buildah/stable buildah push quay.io/acme/inner"), [
    "quay.io/acme/inner"
  ]],
  [
    "buildkit output of many names",
    script("buildctl build --frontend dockerfile.v0 --output 'type=image,\"name=acme/a,ghcr.io/acme/a\",push=true'"),
    ["docker.io/acme/a", "ghcr.io/acme/a"]
  ],
  ["earthly", script("earthly --ci --push +docker"), []],
  [
    "dagger, pulumi and helm",
    script(
      "helm push chart.tgz oci://ghcr.io/acme/charts\noras push ghcr.io/acme/artifact:1 file\ncosign sign ghcr.io/acme/app:1\nflux push artifact oci://ghcr.io/acme/manifests:1"
    ),
    []
  ],
  [
    "local registry",
    script(
      "docker push localhost:5000/acme/app\ndocker push 127.0.0.1:5000/x\ndocker push registry.local:5000/x\ndocker push kind-registry:5000/x"
    ),
    []
  ],
  [
    "build without push",
    script("docker build -t acme/app .\ndocker buildx build --load -t acme/app .\ndocker compose build"),
    []
  ],
  [
    "service and pull",
    "on: push\njobs:\n  t:\n    runs-on: x\n    services:\n      db: {image: postgres:16}\n    container: node:20\n    steps:\n      - run: docker pull acme/app && docker run acme/app publish\n",
    []
  ],
  ["echoed help", script("echo \"Run: docker push acme/help\"\ncat <<'EOF'\ndocker push acme/doc\nEOF"), []],
  [
    "commented out",
    "on: push\njobs:\n  t:\n    runs-on: x\n    steps:\n      - run: make\n      # - run: docker push acme/off\n      #- uses: docker/build-push-action@v6\n",
    []
  ],
  ["never", steps(push("acme/never", "\n  if: false")), []],
  [
    "only of pull requests, where there are none",
    steps(push("acme/pr", "\n  if: github.event_name == 'pull_request'")),
    []
  ],
  [
    "elgohr with expressions",
    action("elgohr/Publish-Docker-Github-Action@v5", "{name: \"${{ github.repository }}/sub\", registry: ghcr.io}"),
    ["ghcr.io/acme/my-app/sub"]
  ],
  [
    "openzim/docker-publish-action",
    action(
      "openzim/docker-publish-action@v10",
      "{image-name: acme/zim, registries: \"ghcr.io\\ndocker.io\", on-master: dev}"
    ),
    ["docker.io/acme/zim", "ghcr.io/acme/zim"]
  ],
  [
    "crazy-max metadata",
    "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - id: p\n        uses: crazy-max/ghaction-docker-meta@v1\n        with: {images: acme/cm}\n      - uses: docker/build-push-action@v2\n        with: {push: true, tags: \"${{ steps.p.outputs.tags }}\"}\n",
    ["docker.io/acme/cm"]
  ],
  [
    "build-push v1 of GitHub's registry",
    action(
      "docker/build-push-action@v1",
      "{registry: docker.pkg.github.com, repository: acme/my-app/img, tag_with_ref: true}"
    ),
    ["docker.pkg.github.com/acme/my-app/img"]
  ],
  [
    "by a digest, then a manifest",
    steps(
      "- id: b\n  uses: docker/build-push-action@v6\n  with:\n    outputs: type=image,name=${{ env.I }},push-by-digest=true,name-canonical=true,push=true",
      "push",
      "env:\n  I: ghcr.io/acme/dig\n"
    ),
    ["ghcr.io/acme/dig"]
  ],
  [
    "redhat build and push by outputs",
    steps(
      "- id: b\n  uses: redhat-actions/buildah-build@v2\n  with: {image: rh, tags: latest}\n- uses: redhat-actions/push-to-registry@v2\n  with:\n    image: ${{ steps.b.outputs.image }}\n    tags: ${{ steps.b.outputs.tags }}\n    registry: quay.io/acme"
    ),
    ["quay.io/acme/rh"]
  ],
  [
    "a workflow of docker's",
    "on: push\njobs:\n  b:\n    uses: docker/github-builder/.github/workflows/build.yml@v1\n    with:\n      push: true\n      meta-images: ghcr.io/acme/gb\n",
    ["ghcr.io/acme/gb"]
  ],
  [
    "bake with a set",
    steps(
      "- uses: docker/bake-action@v6\n  with:\n    push: true\n    set: |\n      *.tags=ghcr.io/acme/bk:latest\n      *.platform=linux/amd64"
    ),
    ["ghcr.io/acme/bk"]
  ],
  [
    "retry",
    steps(
      "- uses: nick-fields/retry@v3\n  with:\n    timeout_minutes: 5\n    max_attempts: 3\n    command: docker push ghcr.io/acme/rt"
    ),
    ["ghcr.io/acme/rt"]
  ],
  [
    "PowerShell",
    "on: push\njobs:\n  w:\n    runs-on: windows-latest\n    steps:\n      - run: |\n          $image = \"acme/win\"\n          docker push \"${image}:latest\"\n",
    ["docker.io/acme/win"]
  ],
  ["a container's own action", action("docker://docker:cli", "{args: push acme/cli}"), ["docker.io/acme/cli"]],
  [
    "registry with a scheme",
    action("mr-smithers-excellent/docker-build-push@v6", "{image: acme/s, registry: \"https://quay.io\"}"),
    ["quay.io/acme/s"]
  ],
  [
    "image in a needs output",
    "on: push\njobs:\n  v:\n    runs-on: x\n    outputs:\n      image: ${{ steps.s.outputs.image }}\n    steps:\n      - id: s\n        run: echo \"image=ghcr.io/${GITHUB_REPOSITORY,,}\" >> $GITHUB_OUTPUT\n  p:\n    needs: v\n    runs-on: x\n    steps:\n      - run: docker push ${{ needs.v.outputs.image }}:1\n",
    ["ghcr.io/acme/my-app"]
  ],
  ["depot by its command", script("depot build --project x --push -t ghcr.io/acme/dp ."), ["ghcr.io/acme/dp"]],
  [
    "docker's bake with overrides",
    script("docker buildx bake --push --set app.tags=acme/ov1 --set app.tags=acme/ov2 app"),
    ["docker.io/acme/ov1", "docker.io/acme/ov2"]
  ],
  [
    "img and manifest-tool",
    script(
      "img push acme/im\nmanifest-tool push from-args --platforms linux/amd64 --template acme/x-ARCH --target acme/mt"
    ),
    ["docker.io/acme/im", "docker.io/acme/mt"]
  ],
  [
    "goreleaser snapshot",
    steps("- uses: goreleaser/goreleaser-action@v6\n  with: {args: release --snapshot --clean}"),
    []
  ],
  ["a name in quotes with a tag by date", script("IMG='ghcr.io/acme/dated'\ndocker push \"$IMG:$(date +%F)\""), [
    "ghcr.io/acme/dated"
  ]],
  ["both registries in one variable", script("for r in docker.io ghcr.io; do docker push $r/acme/both; done"), [
    "docker.io/acme/both",
    "ghcr.io/acme/both"
  ]],
  [
    "an environment of the job",
    "on: push\njobs:\n  a:\n    runs-on: x\n    env: {IMAGE: acme/jobenv}\n    steps:\n      - run: |\n          docker build -t $IMAGE .\n          docker push $IMAGE\n",
    ["docker.io/acme/jobenv"]
  ],
  [
    "old buildx output",
    script("docker buildx build --output \"type=image,push=true\" --tag acme/x --file ./Dockerfile ."),
    ["docker.io/acme/x"]
  ],
  [
    "old buildx prepare",
    "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - id: prepare\n        run: |\n          DOCKER_IMAGE=acme/prep\n          VERSION=edge\n          if [[ $GITHUB_REF == refs/tags/* ]]; then\n            VERSION=${GITHUB_REF#refs/tags/v}\n          fi\n          TAGS=\"--tag ${DOCKER_IMAGE}:${VERSION}\"\n          if [[ $VERSION =~ ^[0-9]{1,3}\\.[0-9]{1,3}$ ]]; then\n            TAGS=\"$TAGS --tag ${DOCKER_IMAGE}:latest\"\n          fi\n          echo ::set-output name=buildx_args::--platform linux/amd64 \\\n            --build-arg VERSION=${VERSION} \\\n            ${TAGS} --file ./Dockerfile .\n      - run: docker buildx build --output \"type=image,push=true\" ${{ steps.prepare.outputs.buildx_args }}\n",
    ["docker.io/acme/prep"]
  ],
  [
    "starter",
    "on:\n  push:\n    branches: [main]\n    tags: ['v*']\n  pull_request:\nenv:\n  IMAGE_NAME: image\njobs:\n  push:\n    if: github.event_name == 'push'\n    runs-on: x\n    steps:\n      - run: |\n          IMAGE_ID=ghcr.io/${{ github.repository_owner }}/$IMAGE_NAME\n          # Change all uppercase to lowercase\n          IMAGE_ID=$(echo $IMAGE_ID | tr '[A-Z]' '[a-z]')\n          VERSION=$(echo \"${{ github.ref }}\" | sed -e 's,.*/\\(.*\\),\\1,')\n          [[ \"${{ github.ref }}\" == \"refs/tags/\"* ]] && VERSION=$(echo $VERSION | sed -e 's/^v//')\n          [ \"$VERSION\" == \"main\" ] && VERSION=latest\n          docker tag $IMAGE_NAME $IMAGE_ID:$VERSION\n          docker push $IMAGE_ID:$VERSION\n",
    ["ghcr.io/acme/image"]
  ],
  [
    "dockerhub slug and ghcr",
    "on: push\nenv:\n  SLUG: acme/slug\n  GHCR: ghcr.io/acme/slug2\njobs:\n  a:\n    runs-on: x\n    steps:\n      - id: meta\n        uses: docker/metadata-action@v5\n        with:\n          images: |\n            ${{ env.SLUG }}\n            ${{ env.GHCR }}\n      - uses: docker/build-push-action@v6\n        with:\n          push: ${{ github.event_name != 'pull_request' }}\n          tags: ${{ steps.meta.outputs.tags }}\n",
    ["docker.io/acme/slug", "ghcr.io/acme/slug2"]
  ],
  ["suffix", steps(push("ghcr.io/${{ github.repository }}-web:1,ghcr.io/${{ github.repository }}/api:1")), [
    "ghcr.io/acme/my-app-web",
    "ghcr.io/acme/my-app/api"
  ]],
  [
    "event name",
    steps(push("ghcr.io/${{ github.event.repository.owner.login }}/${{ github.event.repository.name }}:1")),
    ["ghcr.io/acme/my-app"]
  ],
  ["full_name", steps(push("ghcr.io/${{ github.event.repository.full_name }}:1")), ["ghcr.io/acme/my-app"]],
  [
    "in a container with shell sh",
    "on: push\ndefaults:\n  run:\n    shell: sh\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: |\n          set -eu\n          img=\"acme/sh\"\n          docker push \"$img\"\n",
    ["docker.io/acme/sh"]
  ],
  [
    "backticks",
    script("echo \"IMAGE=`echo ghcr.io/${GITHUB_REPOSITORY} | tr A-Z a-z`\" >> $GITHUB_ENV") +
    "      - run: docker push ${{ env.IMAGE }}\n",
    ["ghcr.io/acme/my-app"]
  ],
  ["tee -a", script("echo \"IMAGE=ghcr.io/acme/teed\" | tee -a $GITHUB_ENV") + "      - run: docker push $IMAGE\n", [
    "ghcr.io/acme/teed"
  ]],
  [
    "case",
    script(
      "case \"$GITHUB_REF\" in\n  refs/heads/main) IMG=acme/main ;;\n  *) IMG=acme/other ;;\nesac\ndocker push $IMG",
      ""
    ),
    ["docker.io/acme/main", "docker.io/acme/other"]
  ],
  [
    "workflow_call with defaults",
    "on:\n  workflow_call:\n    inputs:\n      image: {type: string, default: ghcr.io/acme/dflt}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: docker push ${{ inputs.image }}\n",
    ["ghcr.io/acme/dflt"]
  ],
  [
    "dispatch with choice",
    "on:\n  workflow_dispatch:\n    inputs:\n      which: {type: choice, options: [a, b]}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: docker push acme/${{ inputs.which }}\n",
    ["docker.io/acme/a", "docker.io/acme/b"]
  ],
  [
    "fromJSON of output",
    "on: push\njobs:\n  a:\n    runs-on: x\n    outputs: {m: \"${{ steps.s.outputs.m }}\"}\n    steps:\n      - id: s\n        run: |\n          m='{\"include\":[{\"n\":\"p\"},{\"n\":\"q\"}]}'\n          echo \"m=$m\" >> $GITHUB_OUTPUT\n  b:\n    needs: a\n    runs-on: x\n    strategy: {matrix: \"${{ fromJSON(needs.a.outputs.m) }}\"}\n    steps:\n      - run: docker push acme/${{ matrix.n }}\n",
    ["docker.io/acme/p", "docker.io/acme/q"]
  ],
  [
    "artifact digest merge",
    "on: push\nenv: {REGISTRY_IMAGE: acme/merge}\njobs:\n  build:\n    runs-on: x\n    strategy: {matrix: {platform: [linux/amd64, linux/arm64]}}\n    steps:\n      - id: meta\n        uses: docker/metadata-action@v5\n        with: {images: \"${{ env.REGISTRY_IMAGE }}\"}\n      - id: build\n        uses: docker/build-push-action@v6\n        with:\n          platforms: ${{ matrix.platform }}\n          labels: ${{ steps.meta.outputs.labels }}\n          outputs: type=image,push-by-digest=true,name-canonical=true,push=true\n          tags: ${{ env.REGISTRY_IMAGE }}\n  merge:\n    runs-on: x\n    needs: [build]\n    steps:\n      - id: meta\n        uses: docker/metadata-action@v5\n        with: {images: \"${{ env.REGISTRY_IMAGE }}\"}\n      - working-directory: /tmp/digests\n        run: |\n          docker buildx imagetools create $(jq -cr '.tags | map(\"-t \" + .) | join(\" \")' <<< \"$DOCKER_METADATA_OUTPUT_JSON\") \\\n            $(printf '${{ env.REGISTRY_IMAGE }}@sha256:%s ' *)\n",
    ["docker.io/acme/merge"]
  ],
  [
    "ghcr lower with step",
    "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - id: repo\n        uses: ASzc/change-string-case-action@v5\n        with: {string: \"${{ github.repository }}\"}\n      - uses: docker/build-push-action@v5\n        with: {push: true, tags: \"ghcr.io/${{ steps.repo.outputs.lowercase }}:1\"}\n",
    ["ghcr.io/acme/my-app"]
  ],
  ["make with image variable", script("make push IMG=ghcr.io/acme/mk:1"), []],
  ["npm run docker:publish", script("npm run docker:publish"), []],
  [
    "docker push with variable registries",
    script(
      "for REG in quay.io/acme ghcr.io/acme; do\n  docker tag app \"${REG}/reg:1\"\n  docker push \"${REG}/reg:1\"\ndone"
    ),
    ["ghcr.io/acme/reg", "quay.io/acme/reg"]
  ],
  [
    "multiple tags flags string",
    script(
      "TAGS=\"-t acme/one:1\"\nif [ \"$GITHUB_REF\" = refs/heads/main ]; then TAGS=\"$TAGS -t ghcr.io/acme/one:1\"; fi\ndocker buildx build --push $TAGS ."
    ),
    ["docker.io/acme/one", "ghcr.io/acme/one"]
  ],
  ["nix copyTo", script("nix run .#image.copyTo -- docker://ghcr.io/acme/nix:latest"), ["ghcr.io/acme/nix"]],
  [
    "skopeo with archive in loop",
    script(
      "for tag in latest v1; do skopeo --insecure-policy copy docker-archive:./result docker://docker.io/acme/arch:$tag; done"
    ),
    ["docker.io/acme/arch"]
  ],
  ["image name from package.json", script("NAME=$(jq -r .name package.json)\ndocker push acme/$NAME"), []],
  ["version file", script("V=$(cat VERSION)\ndocker push acme/ver:$V"), ["docker.io/acme/ver"]],
  [
    "test only registry service",
    "on: push\njobs:\n  a:\n    runs-on: x\n    services: {registry: {image: \"registry:2\", ports: [\"5000:5000\"]}}\n    steps:\n      - uses: docker/build-push-action@v6\n        with: {push: true, tags: \"localhost:5000/acme/x:latest\"}\n",
    []
  ],
  [
    "trivy of built",
    "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: docker/build-push-action@v6\n        with: {load: true, tags: \"acme/scan:1\"}\n      - uses: aquasecurity/trivy-action@master\n        with: {image-ref: acme/scan:1}\n",
    []
  ],
  [
    "cache only",
    "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          push: false\n          cache-to: type=registry,ref=ghcr.io/acme/x:cache\n          outputs: type=cacheonly\n",
    []
  ],
  ["ttl.sh", script("docker push ttl.sh/acme-x:1h"), []]
]

const sources = (text: string) => find(text).external.map(({ source }) => source)

describe("how people publish", () => {
  it.each(cases)("%s", (_, text, expected) => {
    assert.deepStrictEqual(images(text), [...expected].toSorted())
  })

  it("a release by make is GoReleaser's, where that is set up", () => {
    const files = { ".goreleaser.yaml": "dockers:\n  - image_templates: [\"acme/{{ .ProjectName }}:{{ .Tag }}\"]\n" }
    assert.deepStrictEqual(images(script("make release"), files), ["docker.io/acme/my-app"])
    assert.deepStrictEqual(images(script("make test"), files), [])
    assert.deepStrictEqual(images(script("make release")), [])
  })

  it("names that a Compose file or an Earthfile would tell are noted as external", () => {
    assert.deepStrictEqual(sources(script("docker compose push")), ["compose.yaml"])
    assert.deepStrictEqual(sources(script("earthly --ci --push +docker")), ["Earthfile"])
    assert.deepStrictEqual(sources(script("make docker-push")), ["Makefile"])
  })
})
