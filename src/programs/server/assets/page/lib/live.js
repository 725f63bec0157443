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

/**
 * Follows a stream until the signal: connects again after 1 s, 2 s, 4 s … 30 s.
 * @param {string} url
 * @param {{ signal: AbortSignal, onEvent: (name: string, value: any) => void, onState: (state: "live" | "lost") => void }} options
 */
export const follow = async (url, { onEvent, onState, signal }) => {
  let failures = 0
  while (!signal.aborted) {
    try {
      const response = await authorised(url, { signal, headers: { accept: "text/event-stream" }, cache: "no-store" })
      if (!response.ok || response.body === null) throw new Error(`status ${response.status}`)
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
      let text = ""
      onState("live")
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        const { events, rest } = eventsOf(text + value)
        text = rest
        failures = 0
        for (const { data, name } of events) onEvent(name, JSON.parse(data))
      }
    } catch (error) {
      if (signal.aborted) return
      // An event that is not JSON is a fault of the server: connecting again may not help, so it is told.
      if (error instanceof SyntaxError) reportError(error)
    }
    onState("lost")
    failures++
    await pause(Math.min(30_000, 1000 * 2 ** (failures - 1)), signal)
  }
}
