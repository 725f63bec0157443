import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { NotFound, Transient } from "../../../src/domain/Errors.js"
import type { FileText } from "../../../src/domain/Finding.js"
import type { TextQuestion } from "../../../src/layers/github/questions.js"
import { makeTexts } from "../../../src/layers/github/texts.js"

const one = { owner: "acme", name: "one" }
const two = { owner: "acme", name: "two" }
const file = (oid: string, size = 100) => ({ path: `.github/workflows/${oid}.yml`, oid, size })
const text = (oid: string): FileText => ({ _tag: "Text", oid, text: `# ${oid}` })
const missing: FileText = { _tag: "Unreadable", reason: "missing" }

/** Texts over answers by the key of a question; the questions that were asked are noted. */
const over = (answers: (question: TextQuestion) => Effect.Effect<FileText, NotFound | Transient>) =>
  Effect.gen(function*() {
    const asked = new Array<string>()
    const texts = yield* makeTexts((question) =>
      Effect.suspend(() => {
        asked.push(question.key)
        return answers(question)
      })
    )
    return { asked, texts }
  })

describe("the texts of files", () => {
  it.effect("are asked for by object id, and never twice for the same content", () =>
    Effect.gen(function*() {
      const { asked, texts } = yield* over(({ value }) => Effect.succeed(text(value)))
      assert.deepStrictEqual(yield* texts(one, [file("a"), file("b")]), [text("a"), text("b")])
      assert.deepStrictEqual(yield* texts(two, [file("b")]), [text("b")])
      assert.deepStrictEqual(asked, ["a", "b"])
    }))

  it.effect("are not asked for where they are too large", () =>
    Effect.gen(function*() {
      const { asked, texts } = yield* over(() => Effect.succeed(text("a")))
      assert.deepStrictEqual(yield* texts(one, [file("a", 300_000)]), [{ _tag: "Unreadable", reason: "too-large" }])
      assert.deepStrictEqual(asked, [])
    }))

  it.effect("are looked for at HEAD where the object is gone, or was never known", () =>
    Effect.gen(function*() {
      const { asked, texts } = yield* over(({ by }) => Effect.succeed(by === "oid" ? missing : text("new")))
      assert.deepStrictEqual(yield* texts(one, [file("a"), { path: "push.sh" }]), [text("new"), text("new")])
      assert.sameMembers(asked, ["a", "acme/one:.github/workflows/a.yml", "acme/one:push.sh"])
    }))

  it.effect("do not suffer from another repository with the same file that is gone", () =>
    Effect.gen(function*() {
      const gone = new NotFound({ service: "github", what: "acme/one" })
      const { texts } = yield* over(({ key }) => key === "a" ? gone : Effect.succeed(text("a")))
      assert.deepStrictEqual(yield* texts(two, [file("a")]), [text("a")])
      const { texts: both } = yield* over(() => gone)
      assert.strictEqual((yield* Effect.flip(both(one, [file("a")])))._tag, "NOT_FOUND")
    }))

  it.effect("that could not be had are unread, and the others are answered", () =>
    Effect.gen(function*() {
      const broken = new Transient({ service: "github", reason: "timeout", message: "502" })
      const { texts } = yield* over(({ value }) => value === "a" ? broken : Effect.succeed(text(value)))
      assert.deepStrictEqual(yield* texts(one, [file("a"), file("b")]), [
        { _tag: "Unread", reason: "timeout: 502" },
        text("b")
      ])
      // What failed is asked for again.
      assert.strictEqual((yield* texts(one, [file("a")]))[0]?._tag, "Unread")
    }))
})
