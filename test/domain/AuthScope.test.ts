import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Scope from "../../src/domain/AuthScope.js"

const action = fc.constantFrom("pull", "push", "delete", "*")
const resource = fc.record({
  type: fc.constantFrom("repository", "registry"),
  name: fc.constantFrom("a", "a/b", "host:5000/a", "catalog"),
  actions: fc.array(action, { minLength: 1, maxLength: 4 })
})
const scope = fc.oneof(
  resource.map(({ actions, name, type }) => `${type}:${name}:${actions.join(",")}`),
  fc.constantFrom("other", "")
)
const scopes = fc.array(scope, { maxLength: 5 }).map((parts) => parts.join(" "))

describe("AuthScope", () => {
  it.prop("cleaning twice changes nothing, nor does the order of what is cleaned", [scopes], ([text]) => {
    const clean = Scope.clean(text)
    assert.strictEqual(Scope.clean(clean), clean)
    assert.strictEqual(Scope.clean(text.split(" ").reverse().join(" ")), clean)
  })

  it.prop("a union is the same either way, and contains both", [scopes, scopes], ([left, right]) => {
    const both = Scope.union(left, right)
    assert.strictEqual(both, Scope.union(right, left))
    assert.isTrue(Scope.contains(both, left))
    assert.isTrue(Scope.contains(both, right))
    assert.isTrue(Scope.contains(Scope.unlimited, both))
  })

  it.prop("what contains each other is one scope", [scopes, scopes], ([left, right]) => {
    if (Scope.contains(left, right) && Scope.contains(right, left)) {
      assert.strictEqual(Scope.clean(left), Scope.clean(right))
    }
  })

  it("is written in one form", () => {
    assert.strictEqual(
      Scope.clean("repository:b:push,pull other repository:a:pull repository:b:pull"),
      "other repository:a:pull repository:b:pull,push"
    )
    assert.strictEqual(Scope.clean("repository:a:pull,*"), "repository:a:*")
    assert.strictEqual(Scope.clean("repository:a:"), "")
    assert.strictEqual(Scope.repositoryScope("a/b", ["push", "pull", "pull"]), "repository:a/b:pull,push")
    assert.strictEqual(Scope.repositoryScope("a/b", [""]), "")
    assert.isTrue(Scope.holds("repository:a:*", { type: "repository", name: "a", action: "push" }))
    assert.isFalse(Scope.holds("repository:a:pull", { type: "repository", name: "a", action: "push" }))
    assert.isFalse(Scope.contains("repository:a:pull", Scope.unlimited))
  })
})
