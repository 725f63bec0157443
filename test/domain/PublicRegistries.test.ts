import { assert, describe, it } from "@effect/vitest"
import { isFrontEndOf, isWellKnown, labelRefusal } from "../../src/domain/PublicRegistries.js"

const regions = ["us", "europe", "asia", "us-central1", "europe-west12", "northamerica-northeast1", "me-central2"]
const notRegions = ["x", "evil", "us-1", "us-central0", "us-central123", "us-evil1", "a-us", "us-central1-x"]

const hostOf = (region: string) => `${region}-docker.pkg.dev`

describe("registries that everybody knows", () => {
  it("are the hosts that Artifact Registry has for its regions, and none that are made up", () => {
    for (const region of regions) {
      assert.isTrue(isWellKnown(hostOf(region)), region)
      assert.isTrue(isFrontEndOf("registry.k8s.io", hostOf(region)), region)
    }
    for (const region of notRegions) {
      assert.isFalse(isWellKnown(hostOf(region)), region)
      assert.isString(labelRefusal(hostOf(region), new Set()), region)
    }
  })
})
