import { assert, describe, it } from "@effect/vitest"
import { fuel, maxNames } from "../../../src/domain/workflow/Limits.js"
import { crafted, mutated } from "../../extraction/hostile.js"
import { find, script, steps } from "./support.js"

const seeds = [
  steps(
    "- id: meta\n  uses: docker/metadata-action@v5\n  with:\n    images: |\n      acme/app\n      ghcr.io/${{ github.repository }}\n- uses: docker/build-push-action@v6\n  with:\n    push: ${{ github.event_name != 'pull_request' }}\n    tags: ${{ steps.meta.outputs.tags }}",
    "[push, pull_request]"
  ),
  script(
    "A=acme/app\nif [ \"$GITHUB_REF\" = refs/heads/main ]; then\n  A=\"${A,,}-x\"\nfi\nfor t in 1 2; do docker push \"$A:$t\"; done\ncat <<EOF >> $GITHUB_OUTPUT\na=$(echo $A | tr a-z A-Z)\nEOF"
  ),
  "on: push\njobs:\n  a:\n    strategy: {matrix: {x: [1, 2], include: [{x: 1, y: acme/a}]}}\n    steps: [{run: \"docker push ${{ matrix.y || format('{0}/b', env.N) }}\", env: {N: acme}}]\n",
  ...crafted.map(([, text]) => text.slice(0, 2_000))
]

describe("hostile files", () => {
  it.each(crafted)("%s", (_, text) => {
    const found = find(text)
    assert.isAtMost(found.images.length + found.patterns.length, 2 * maxNames)
  })

  it.prop("mutated files are answered", [mutated(seeds)], ([text]) => {
    for (const { image } of find(text).images) assert.match(image, /^[^\s/]+(?:\/[a-z0-9._-]+)+$/)
  }, { fastCheck: { numRuns: 400 } })

  it("names that hold a hole's character are no names", () => {
    assert.deepStrictEqual(find(script("docker push acme/a\ue000b")).images, [])
  })

  it("what real files need is far below what a file may spend", () => {
    const names = Array.from({ length: 20 }, (_, index) => `n${index}`).join(", ")
    const found = find(
      `on: [push, pull_request, release]\njobs:\n  a:\n    strategy: {matrix: {x: [${names}]}}\n    steps:\n      - run: |\n          if [ "$GITHUB_EVENT_NAME" = release ]; then T=1; else T=2; fi\n          docker push acme/\${{ matrix.x }}:$T\n`
    )
    assert.strictEqual(found.images.length, 20)
    assert.isTrue(found.problem._tag === "None" && fuel > 0)
  })
})
