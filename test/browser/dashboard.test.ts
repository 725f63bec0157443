/**
 * The dashboard in a real browser. One browser and one server serve all of it; the parts are in files beside this one.
 */
import { assert, it, layer } from "@effect/vitest"
import { Layer } from "effect"
import * as Browser from "./Browser.js"
import { catalog } from "./suites/catalog.js"
import { everyPage } from "./suites/everyPage.js"
import { image } from "./suites/image.js"
import { images } from "./suites/images.js"
import { live } from "./suites/live.js"
import { promises } from "./suites/promises.js"
import { writing } from "./suites/writing.js"
import * as World from "./World.js"

if (Browser.browserIsThere) {
  layer(Layer.merge(Browser.layer, World.layer), { timeout: 120_000, excludeTestServices: true })(
    "the dashboard",
    (it) => {
      everyPage(it)
      images(it)
      image(it)
      catalog(it)
      writing(it)
      promises(it)
      live(it)
    }
  )
} else {
  const name = "the dashboard: chromium is not here"
  if (Browser.isUnderCi) it(name, () => assert.fail("it has to be there under CI"))
  else it.skip(name, () => undefined)
}
