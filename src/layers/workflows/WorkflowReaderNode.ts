/**
 * Reads workflows in a thread of Node's, which is ended when a workflow takes longer or more memory than it may: whatever
 * a stranger writes, the thread that serves and writes goes on. Effect's own worker pools ask a worker to stop, which one
 * that is busy does not hear.
 */
import { Duration, Effect, Either, Layer, Option, Queue, Schema } from "effect"
import { Worker } from "node:worker_threads"
import type { RepositoryFile } from "../../domain/WorkflowImages.js"
import { type ReadRepository, tooMuch, traceOf, type WorkflowAnswer } from "../../domain/WorkflowReading.js"
import { failedAt, type WorkflowQuestion, WorkflowReader, type WorkflowSession } from "../../services/WorkflowReader.js"
import { unsafeMakeFairSemaphore } from "../fairSemaphore.js"
import { Reply, type Request } from "./messages.js"

/** The limits of the thread. */
export interface WorkflowReaderOptions {
  /** How long one workflow may take: five seconds, of which real ones need one or two milliseconds. */
  readonly longest?: Duration.DurationInput
  /** Its heap, in megabytes. */
  readonly heapMegabytes?: number
  /** The thread's program. */
  readonly program?: URL
}

// From source, where there is no JavaScript yet, the thread begins with what loads TypeScript.
const ownProgram = import.meta.url.endsWith(".ts")
  ? {
    file: new URL("../../../scripts/thread.mjs", import.meta.url),
    data: new URL("./thread.ts", import.meta.url).href
  }
  : { file: new URL("./thread.js", import.meta.url), data: "" }

/** Characters of files that the thread keeps between the rounds of repositories. */
const mostKept = 4_000_000
/** After so many workflows that were too much, the others of that repository are so without being tried. */
const mostEnded = 2

type Event =
  | { readonly _tag: "Answered"; readonly reply: unknown }
  | { readonly _tag: "Ended"; readonly error: Error }

interface Thread {
  readonly events: Queue.Dequeue<Event>
  readonly post: (request: Request) => void
  /** What only waits for questions keeps no process alive. */
  readonly rest: () => void
  readonly end: Effect.Effect<void>
  /** Which files it keeps: their characters by session, the one that was used last at the end. */
  readonly kept: Map<number, number>
}

const launch = (options: WorkflowReaderOptions): Effect.Effect<Thread> =>
  Effect.gen(function*() {
    const events = yield* Queue.unbounded<Event>()
    const worker = new Worker(options.program ?? ownProgram.file, {
      workerData: { program: ownProgram.data },
      execArgv: [],
      // Nothing of the program's own settings is there.
      env: {},
      resourceLimits: {
        maxOldGenerationSizeMb: options.heapMegabytes ?? 64,
        maxYoungGenerationSizeMb: 4,
        stackSizeMb: 4
      }
    })
    worker.on("message", (reply) => events.unsafeOffer({ _tag: "Answered", reply }))
    worker.on("error", (error) => events.unsafeOffer({ _tag: "Ended", error }))
    worker.on("exit", (code) => events.unsafeOffer({ _tag: "Ended", error: new Error(`it ended with ${code}`) }))
    return {
      events,
      post: (request) => {
        worker.ref()
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
        worker.postMessage(request)
      },
      rest: () => worker.unref(),
      end: Effect.asVoid(Effect.promise(() => worker.terminate())),
      kept: new Map()
    }
  })

const isOutOfMemory = (error: Error): boolean => "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY"

const charactersOf = (files: ReadonlyMap<string, RepositoryFile>): number => {
  let count = 0
  for (const { text } of files.values()) count += text.length
  return count
}

// Which sessions' files have to go, so that no more is kept than may be.
const overdue = ({ kept }: Thread, current: number): ReadonlyArray<number> => {
  let total = 0
  for (const characters of kept.values()) total += characters
  const gone = new Array<number>()
  for (const [session, characters] of kept) {
    if (total <= mostKept) break
    if (session === current) continue
    total -= characters
    gone.push(session)
  }
  for (const session of gone) kept.delete(session)
  return gone
}

const decode = Schema.decodeUnknownSync(Reply)

/** A reader whose thread starts with the first question, starts again after it was ended, and ends with the scope. */
export const make = (options: WorkflowReaderOptions = {}) =>
  Effect.gen(function*() {
    const longest = Duration.decode(options.longest ?? Duration.seconds(5))
    const turn = unsafeMakeFairSemaphore(1)
    let running: Thread | undefined
    let sessions = 0

    const end = Effect.suspend(() => {
      const ended = running
      running = undefined
      return ended === undefined ? Effect.void : ended.end
    })
    yield* Effect.addFinalizer(() => end)

    // Its first word is that it is ready: until then no workflow is at fault for the time that passes.
    const thread = Effect.gen(function*() {
      if (running !== undefined) return running
      const launched = yield* launch(options)
      running = launched
      const first = yield* Queue.take(launched.events)
      if (first._tag === "Answered") return launched
      yield* end
      return yield* Effect.fail(first.error)
    })

    // One workflow's answer, and whether the thread can go on.
    const next = (from: Thread, path: string, repository: ReadRepository) =>
      Effect.gen(function*() {
        const event = Option.getOrUndefined(yield* Effect.timeoutOption(Queue.take(from.events), longest))
        if (event?._tag === "Answered") {
          const reply = decode(event.reply)
          const answer = reply._tag === "Failed" ? yield* failedAt(path, repository, reply.trace) : reply
          return { answer, goesOn: true }
        }
        yield* end
        const exhausted = event === undefined || isOutOfMemory(event.error)
        const answer = exhausted ? tooMuch : yield* failedAt(path, repository, traceOf(event.error))
        return { answer, goesOn: false }
      })

    const open = (repository: ReadRepository): WorkflowSession => {
      const session = ++sessions
      const files = new Map<string, RepositoryFile>()
      let unsent: ReadonlyArray<RepositoryFile> = []

      // Hands over the files that the thread does not have, and asks for workflows.
      const ask = (of: Thread, paths: ReadonlyArray<string>, namespaces: ReadonlyArray<string>): void => {
        const given = of.kept.delete(session) ? unsent : [...files.values()]
        of.kept.set(session, charactersOf(files))
        unsent = []
        of.post({
          session,
          owner: repository.owner,
          name: repository.name,
          defaultBranch: Option.getOrNull(repository.defaultBranch),
          given,
          paths,
          namespaces,
          forget: overdue(of, session)
        })
      }

      const read = Effect.fn("WorkflowReader.read")(function*({ namespaces, paths }: WorkflowQuestion) {
        const answers = new Array<WorkflowAnswer>()
        let ended = 0
        while (answers.length < paths.length && ended < mostEnded) {
          const current = yield* Effect.either(thread)
          if (Either.isLeft(current)) {
            const failed = (path: string) => failedAt(path, repository, traceOf(current.left))
            return [...answers, ...yield* Effect.forEach(paths.slice(answers.length), failed)]
          }
          ask(current.right, paths.slice(answers.length), namespaces)
          let goesOn = true
          while (goesOn && answers.length < paths.length) {
            const one = yield* next(current.right, paths[answers.length] ?? "", repository)
            answers.push(one.answer)
            goesOn = one.goesOn
          }
          if (goesOn) current.right.rest()
          else ended++
        }
        return [...answers, ...paths.slice(answers.length).map(() => tooMuch)]
      })

      return {
        read: (question) =>
          turn.withPermit(Effect.suspend(() => {
            for (const file of question.given) files.set(file.path, file)
            unsent = [...unsent, ...question.given]
            // A thread that still works on a question that nobody waits for is ended with it.
            return Effect.onInterrupt(read(question), () => end)
          }))
      }
    }
    return WorkflowReader.of({ open })
  })

/** As `make`. */
export const layer = (options?: WorkflowReaderOptions): Layer.Layer<WorkflowReader> =>
  Layer.scoped(WorkflowReader, make(options))
