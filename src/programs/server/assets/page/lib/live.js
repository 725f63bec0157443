/**
 * Server-sent events, read with fetch: EventSource cannot send a token.
 */
import { authorised } from "./api.js"

/**
 * Splits a stream's text into events, as far as they are complete.
 * @param {string} text
 * @returns {{ events: Array<{ name: string, data: string }>, rest: string }}
 */
export const eventsOf = (text) => {
  const blocks = text.replaceAll("\r\n", "\n").replaceAll("\r", "\n").split("\n\n")
  const rest = blocks.pop() ?? ""
  const events = blocks.flatMap((block) => {
    let name = "message"
    /** @type {string[]} */
    const data = []
    for (const line of block.split("\n")) {
      const [, field, value] = /^([a-z]+): ?(.*)$/.exec(line) ?? []
      if (field === "event") name = value ?? name
      if (field === "data") data.push(value ?? "")
    }
    return data.length === 0 ? [] : [{ name, data: data.join("\n") }]
  })
  return { events, rest }
}

/** @param {number} millis @param {AbortSignal} signal */
const pause = (millis, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, millis)
    signal.addEventListener("abort", () => {
      clearTimeout(timer)
      resolve(undefined)
    }, { once: true })
  })

/** Frames come every 15 s at least. When none came for so long, in milliseconds, there is something in the way. */
const silence = 45_000

/**
 * Calls when nothing was heard for long. Only while the page is shown: the browser lets hidden ones sleep.
 * @param {AbortSignal} signal @param {() => void} silent
 * @returns {() => void} to be called when something was heard
 */
const silenceOf = (signal, silent) => {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  const heard = () => {
    clearTimeout(timer)
    if (!document.hidden && !signal.aborted) timer = setTimeout(silent, silence)
  }
  document.addEventListener("visibilitychange", heard, { signal })
  signal.addEventListener("abort", () => clearTimeout(timer))
  heard()
  return heard
}

/**
 * How a stream goes: it is `live` with each frame; `old` while frames do not come, or the server has nothing new to say;
 * `lost` when it ended.
 * @typedef {"live" | "old" | "lost"} State
 */

/**
 * Follows a stream until the signal: connects again after 1 s, 2 s, 4 s … 30 s.
 * @param {string} url
 * @param {{
 *   signal: AbortSignal,
 *   onEvent: (name: string, value: any) => void,
 *   onState: (state: State, why: string) => void
 * }} options
 */
export const follow = async (url, { onEvent, onState, signal }) => {
  let failures = 0
  /** @param {string} name @param {any} value */
  const take = (name, value) => {
    if (name === "trouble") return onState("old", String(value.message))
    onEvent(name, value)
    onState("live", "")
  }
  while (!signal.aborted) {
    const quiet = new AbortController()
    const connection = AbortSignal.any([signal, quiet.signal])
    const heard = silenceOf(connection, () => quiet.abort())
    try {
      const response = await authorised(url, {
        signal: connection,
        headers: { accept: "text/event-stream" },
        cache: "no-store"
      })
      if (!response.ok || response.body === null) throw new Error(`status ${response.status}`)
      const reader = response.body.pipeThrough(new TextDecoderStream(), { signal: connection }).getReader()
      let text = ""
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        const { events, rest } = eventsOf(text + value)
        text = rest
        failures = 0
        if (events.length > 0) heard()
        for (const { data, name } of events) take(name, JSON.parse(data))
      }
    } catch (error) {
      if (signal.aborted) return
      // An event that is not JSON is a fault of the server: connecting again may not help, so it is told.
      if (error instanceof SyntaxError) reportError(error)
    }
    if (quiet.signal.aborted) onState("old", `nothing came for ${silence / 1000} s`)
    else onState("lost", "")
    // Ends what watches over this connection.
    quiet.abort()
    failures++
    await pause(Math.min(30_000, 1000 * 2 ** (failures - 1)), signal)
  }
}
