import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as LaneQueue from "../../../src/programs/sync/LaneQueue.js"

const waiting = FastCheck.record({
  kind: FastCheck.constantFrom<LaneQueue.LaneKind>("discovery", "refresh"),
  namespace: FastCheck.constantFrom("a", "b", "c", "d")
})

const drain = (queue: LaneQueue.LaneQueue<LaneQueue.Waiting>) => {
  const groups: Array<LaneQueue.Group<LaneQueue.Waiting>> = []
  for (let group = queue.next(); group !== undefined; group = queue.next()) {
    queue.spent(group.kind, 1)
    groups.push(group)
  }
  return groups
}

describe("the lane's queue", () => {
  it.prop("loses nobody, serves nobody twice, and keeps a namespace together", [FastCheck.array(waiting)], ([all]) => {
    const queue = LaneQueue.make<LaneQueue.Waiting>()
    for (const one of all) queue.add(one)
    assert.strictEqual(queue.size(), all.length)
    const groups = drain(queue)
    const served = groups.flatMap((group) => group.members)
    assert.strictEqual(served.length, all.length)
    const once = new Set(served)
    assert.strictEqual(once.size, all.length)
    assert.isTrue(all.every((one) => once.has(one)))
    assert.isTrue(groups.every((group) => group.members.every((one) => one.namespace === group.namespace)))
    assert.strictEqual(new Set(groups.map((group) => group.namespace)).size, groups.length)
    assert.strictEqual(queue.size(), 0)
  })

  it("lets refresh go first, and discovery keep a tenth of the calls", () => {
    const queue = LaneQueue.make<LaneQueue.Waiting>()
    for (let n = 0; n < 900; n++) queue.add({ kind: "refresh", namespace: `r${n}` })
    for (let n = 0; n < 900; n++) queue.add({ kind: "discovery", namespace: `d${n}` })
    const kinds: Array<LaneQueue.LaneKind> = []
    for (let n = 0; n < 500; n++) {
      const group = queue.next()
      if (group === undefined) break
      queue.spent(group.kind, 1)
      kinds.push(group.kind)
    }
    const discovery = kinds.filter((kind) => kind === "discovery").length
    assert.strictEqual(kinds[0], "refresh")
    assert.isAtLeast(discovery, 49)
    assert.isAtMost(discovery, 51)
  })

  it("gives the whole lane to whichever kind is alone", () => {
    const queue = LaneQueue.make<LaneQueue.Waiting>()
    for (let n = 0; n < 20; n++) queue.add({ kind: "discovery", namespace: `d${n}` })
    assert.isTrue(drain(queue).every((group) => group.kind === "discovery"))
    for (let n = 0; n < 20; n++) queue.add({ kind: "refresh", namespace: `r${n}` })
    assert.isTrue(drain(queue).every((group) => group.kind === "refresh"))
  })
})
