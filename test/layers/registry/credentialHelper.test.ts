import { Command, CommandExecutor } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Inspectable, Option, Redacted, Sink, Stream } from "effect"
import { askHelper } from "../../../src/layers/registry/credentialHelper.js"

/** An executor that runs one program: what it is called with, what it says. */
const fake = (code: number, output: string) => {
  const ran: Array<{ readonly command: string; readonly args: ReadonlyArray<string>; readonly stdin: string }> = []
  const executor = CommandExecutor.makeExecutor((command) =>
    Effect.gen(function*() {
      const [standard] = Command.flatten(command)
      const stdin = typeof standard.stdin === "object" && Stream.StreamTypeId in standard.stdin
        ? yield* Stream.mkString(Stream.decodeText(standard.stdin))
        : ""
      ran.push({ command: standard.command, args: standard.args, stdin })
      const process: CommandExecutor.Process = {
        [CommandExecutor.ProcessTypeId]: CommandExecutor.ProcessTypeId,
        pid: CommandExecutor.ProcessId(1),
        exitCode: Effect.succeed(CommandExecutor.ExitCode(code)),
        isRunning: Effect.succeed(false),
        kill: () => Effect.void,
        stderr: Stream.empty,
        stdin: Sink.drain,
        stdout: Stream.make(new TextEncoder().encode(output)),
        toJSON: () => ({}),
        toString: () => "process",
        [Inspectable.NodeInspectSymbol]: () => ({})
      }
      return process
    })
  )
  return { executor, ran }
}

const ask = (code: number, output: string, suffix = "vault") => {
  const { executor, ran } = fake(code, output)
  return askHelper({ suffix, serverAddress: "quay.io" }).pipe(
    Effect.provideService(CommandExecutor.CommandExecutor, executor),
    Effect.either,
    Effect.map((answer) => ({ answer, ran }))
  )
}

describe("a credential helper", () => {
  it.effect("is asked for the registry on standard input", () =>
    Effect.gen(function*() {
      const { answer, ran } = yield* ask(0, JSON.stringify({ ServerURL: "quay.io", Username: "u", Secret: "p" }))
      assert.deepStrictEqual(ran, [{ command: "docker-credential-vault", args: ["get"], stdin: "quay.io" }])
      assert.isTrue(
        answer._tag === "Right" && Option.exists(answer.right, (one) =>
          one.kind === "basic" && one.username === "u" && Redacted.value(one.password) === "p")
      )
    }))

  it.effect("may have nothing, which is no failure", () =>
    Effect.gen(function*() {
      const { answer } = yield* ask(1, "credentials not found in native keychain\n")
      assert.isTrue(answer._tag === "Right" && Option.isNone(answer.right))
    }))

  it.effect("fails without telling what it said", () =>
    Effect.gen(function*() {
      for (const [code, output] of [[1, "s3cret"], [0, "s3cret"]] as const) {
        const { answer } = yield* ask(code, output)
        assert.isTrue(answer._tag === "Left" && !answer.left.message.includes("s3cret"))
      }
    }))

  it.effect("is never another program", () =>
    Effect.gen(function*() {
      const { answer, ran } = yield* ask(0, "{}", "../../bin/sh")
      assert.strictEqual(answer._tag, "Left")
      assert.deepStrictEqual(ran, [])
    }))
})
