import { assert, describe, it } from "@effect/vitest"
import { find, images, script, steps } from "./support.js"

const sources = (text: string): ReadonlyArray<string> => find(script(text)).external.map(({ source }) => source)

describe("commands that publish", () => {
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ["docker push acme/app:1", ["docker.io/acme/app"]],
    ["docker build -t acme/app . ; docker push acme/app ; echo done", ["docker.io/acme/app"]],
    ["docker image push --all-tags quay.io/acme/app", ["quay.io/acme/app"]],
    ["docker --config /tmp/x push -q acme/app > /dev/null 2>&1 || true", ["docker.io/acme/app"]],
    ["docker buildx build --push -t acme/app:1 --tag=ghcr.io/acme/app .", ["docker.io/acme/app", "ghcr.io/acme/app"]],
    ["docker build --push -tacme/app .", ["docker.io/acme/app"]],
    ["docker buildx build -o type=registry -t acme/app .", ["docker.io/acme/app"]],
    ["docker buildx build --output=type=image,name=acme/app,push=true .", ["docker.io/acme/app"]],
    ["docker buildx build --output type=docker -t acme/app .", []],
    ["docker buildx build --push=false -t acme/app .", []],
    ["docker buildx build --load -t acme/app .", []],
    ["docker buildx imagetools create -t acme/app:1 -t ghcr.io/acme/app:1 acme/app@sha256:00", [
      "docker.io/acme/app",
      "ghcr.io/acme/app"
    ]],
    ["docker buildx imagetools create --dry-run -t acme/app:1 acme/app:2", []],
    ["docker buildx imagetools inspect acme/app", []],
    ["docker manifest create acme/app:1 acme/amd:1\ndocker manifest push --purge acme/app:1", ["docker.io/acme/app"]],
    ["docker buildx bake --set '*.output=type=registry' --set app.tags=acme/app app", ["docker.io/acme/app"]],
    ["docker tag app acme/app", []],
    ["docker pull acme/app && docker run acme/app push", []],
    ["skopeo copy --all docker://acme/a:1 docker://quay.io/acme/b:1", ["quay.io/acme/b"]],
    ["skopeo copy docker://acme/a:1 oci:layout", []],
    ["podman push localhost/app quay.io/acme/app:1", ["quay.io/acme/app"]],
    ["podman manifest push --all app docker://quay.io/acme/app:1", ["quay.io/acme/app"]],
    ["buildah push --creds a:b app docker://quay.io/acme/app", ["quay.io/acme/app"]],
    ["regctl image copy acme/a:1 ghcr.io/acme/b:1", ["ghcr.io/acme/b"]],
    ["crane cp acme/a ghcr.io/acme/b", ["ghcr.io/acme/b"]],
    ["crane tag ghcr.io/acme/b:1 latest", ["ghcr.io/acme/b"]],
    ["nerdctl push ghcr.io/acme/app", ["ghcr.io/acme/app"]],
    ["depot build --push -t acme/app .", ["docker.io/acme/app"]],
    ["/kaniko/executor --context . --destination acme/app", ["docker.io/acme/app"]],
    ["buildctl build --output type=image,name=ghcr.io/acme/app,push=true", ["ghcr.io/acme/app"]],
    ["KO_DOCKER_REPO=ghcr.io/acme/app ko build --bare ./cmd/app", ["ghcr.io/acme/app"]],
    ["KO_DOCKER_REPO=ghcr.io/acme ko build -B ./cmd/one ./cmd/two", ["ghcr.io/acme/one", "ghcr.io/acme/two"]],
    ["KO_DOCKER_REPO=kind.local ko build --bare .", []],
    ["pack build acme/app --builder x/y --publish", ["docker.io/acme/app"]],
    ["./gradlew jib -Djib.to.image=ghcr.io/acme/app:1", ["ghcr.io/acme/app"]],
    ["./gradlew jibDockerBuild -Djib.to.image=ghcr.io/acme/app:1", []],
    ["mvn compile jib:build -Dimage=acme/app", ["docker.io/acme/app"]],
    ["gcloud builds submit --tag gcr.io/acme/app .", ["gcr.io/acme/app"]],
    ["az acr build -r acme -t app:1 .", ["acme.azurecr.io/app"]],
    [
      "helm push chart.tgz oci://ghcr.io/acme/charts\noras push ghcr.io/acme/files:1 f\ncosign sign ghcr.io/acme/app",
      []
    ],
    ["sudo -E docker push acme/a; time docker push acme/b; timeout 60 docker push acme/c", [
      "docker.io/acme/a",
      "docker.io/acme/b",
      "docker.io/acme/c"
    ]],
    ["bash -c 'docker push acme/app'", ["docker.io/acme/app"]],
    ["if ! docker push acme/app; then exit 1; fi", ["docker.io/acme/app"]],
    ["echo docker push acme/app", []],
    ["# docker push acme/app\ntrue # docker push acme/app", []]
  ]
  it.each(cases)("%s", (text, expected) => {
    assert.deepStrictEqual(images(script(text)), expected)
  })
})

describe("registries that nobody else can reach", () => {
  it.each([
    "localhost:5000/a/b",
    "localhost/a/b",
    "127.0.0.1:5000/a/b",
    "kind.local/a/b",
    "registry:5000/a/b",
    "10.0.0.1/a/b",
    "ttl.sh/x/y",
    "app"
  ])(
    "%s is no publication",
    (name) => {
      assert.deepStrictEqual(images(script(`docker push ${name}`)), [])
    }
  )
})

describe("scripts that compute names", () => {
  const cases: ReadonlyArray<readonly [string, string, ReadonlyArray<string>]> = [
    ["variables", "IMAGE=acme/app\ndocker push $IMAGE:latest\ndocker push \"${IMAGE}-debug:latest\"", [
      "docker.io/acme/app",
      "docker.io/acme/app-debug"
    ]],
    ["lower case by expansion", "docker push ghcr.io/${GITHUB_REPOSITORY,,}:1", ["ghcr.io/acme/my-app"]],
    ["lower case by tr", "docker push ghcr.io/$(echo $GITHUB_REPOSITORY | tr '[A-Z]' '[a-z]')", [
      "ghcr.io/acme/my-app"
    ]],
    ["lower case by awk", "docker push ghcr.io/`echo $GITHUB_REPOSITORY | awk '{print tolower($0)}'`", [
      "ghcr.io/acme/my-app"
    ]],
    [
      "the repository's name",
      "docker push acme/${GITHUB_REPOSITORY#*/}\ndocker push acme2/$(basename $GITHUB_REPOSITORY)\ndocker push acme3/$(echo $GITHUB_REPOSITORY | cut -d/ -f2)",
      ["docker.io/acme/my-app", "docker.io/acme2/my-app", "docker.io/acme3/my-app"]
    ],
    ["defaults", "docker push ${NOWHERE:-ghcr.io}/acme/app", ["ghcr.io/acme/app"]],
    ["loops", "for name in one two; do\n  docker push acme/$name:1\ndone", [
      "docker.io/acme/one",
      "docker.io/acme/two"
    ]],
    ["arrays", "NAMES=(one two)\nNAMES+=(three)\nfor n in \"${NAMES[@]}\"; do docker push \"acme/$n\"; done", [
      "docker.io/acme/one",
      "docker.io/acme/three",
      "docker.io/acme/two"
    ]],
    [
      "associative arrays",
      "declare -A M=([a]=\"acme/one\" [b]=acme/two)\nfor k in \"${!M[@]}\"; do docker push ${M[$k]}:1; done",
      ["docker.io/acme/one", "docker.io/acme/two"]
    ],
    [
      "lists read with IFS",
      "IFS=',' read -ra L <<< \"acme/one,acme/two\"\nfor i in \"${L[@]}\"; do docker push \"$i\"; done",
      ["docker.io/acme/one", "docker.io/acme/two"]
    ],
    ["functions", "publish() {\n  docker push \"$1/$2:latest\"\n}\npublish acme one\npublish ghcr.io/acme two", [
      "docker.io/acme/one",
      "ghcr.io/acme/two"
    ]],
    [
      "undecided conditions",
      "A=acme/one\nif [ \"$GITHUB_REF\" = refs/heads/main ]; then A=acme/two; fi\ndocker push $A",
      ["docker.io/acme/one", "docker.io/acme/two"]
    ],
    ["decided conditions", "A=acme/one\nif [ \"$GITHUB_EVENT_NAME\" = release ]; then A=acme/two; fi\ndocker push $A", [
      "docker.io/acme/one"
    ]],
    ["case", "case $GITHUB_REF in\n  refs/tags/*) A=acme/one ;;\n  *) A=acme/two ;;\nesac\ndocker push $A", [
      "docker.io/acme/one",
      "docker.io/acme/two"
    ]],
    ["flags in variables", "FLAGS=\"--push -t acme/one\"\ndocker buildx build $FLAGS .", ["docker.io/acme/one"]],
    [
      "arguments in arrays",
      "ARGS=()\nfor t in 1 2; do ARGS+=(\"-t\" \"acme/app:$t\"); done\ndocker buildx imagetools create \"${ARGS[@]}\" x",
      ["docker.io/acme/app"]
    ],
    ["xargs", "echo 'acme/one acme/two' | xargs -n1 docker push\necho three | xargs -I{} docker push acme/{}", [
      "docker.io/acme/one",
      "docker.io/acme/three",
      "docker.io/acme/two"
    ]],
    ["a line that goes on", "docker buildx build \\\n  -t acme/one \\\n  --push \\\n  .", ["docker.io/acme/one"]],
    ["a script that ends early", "exit 0\ndocker push acme/one", []]
  ]
  it.each(cases)("%s", (_, text, expected) => {
    assert.deepStrictEqual(images(script(text)), expected)
  })

  it("leave values to later steps", () => {
    const push =
      "- uses: docker/build-push-action@v6\n  with:\n    push: true\n    tags: ${{ env.TAGS || steps.x.outputs.tags }}"
    const writes = [
      "echo \"tags=acme/one:1,acme/two:1\" >> $GITHUB_OUTPUT",
      "echo \"::set-output name=tags::acme/one:1,acme/two:1\"",
      "echo \"TAGS=acme/one,acme/two\" >> \"${GITHUB_ENV}\"",
      "echo \"tags=acme/one,acme/two\" | tee -a $GITHUB_OUTPUT",
      "{\n  echo 'tags<<EOF'\n  echo acme/one\n  echo acme/two\n  echo EOF\n} >> \"$GITHUB_OUTPUT\"",
      "cat <<END >> $GITHUB_OUTPUT\ntags<<X\nacme/one\nacme/two\nX\nEND",
      "if [ -n \"$X\" ]; then echo tags=acme/one >> $GITHUB_OUTPUT; else echo tags=acme/two >> $GITHUB_OUTPUT; fi"
    ]
    for (const write of writes) {
      const text = steps(`- id: x\n  run: |\n${write.split("\n").map((line) => `    ${line}`).join("\n")}\n${push}`)
      assert.deepStrictEqual(images(text), ["docker.io/acme/one", "docker.io/acme/two"], write)
    }
  })

  it("may be PowerShell", () => {
    const text = steps(
      "- shell: pwsh\n  run: |\n    $name = \"acme/one\"\n    docker push \"${name}:1\"\n    docker push \"$env:HOST/acme/two\"\n  env: {HOST: ghcr.io}"
    )
    assert.deepStrictEqual(images(text), ["docker.io/acme/one", "ghcr.io/acme/two"])
  })

  it("name a file in which the name stands", () => {
    assert.deepStrictEqual(sources("make docker-push"), ["Makefile"])
    assert.deepStrictEqual(sources("make -f Makefile.docker VERSION=1 docker-push"), ["Makefile.docker"])
    assert.deepStrictEqual(sources("make PUSH=true docker-image"), ["Makefile"])
    assert.deepStrictEqual(sources("make test && npm run build"), [])
    assert.deepStrictEqual(sources("./hack/push-images.sh v1"), ["hack/push-images.sh"])
    assert.deepStrictEqual(sources("docker compose push"), ["compose.yaml"])
  })
})
