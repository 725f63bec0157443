/**
 * The API of this host. Reads need no token on loopback; where one is needed, it is asked for and kept for this tab.
 */
import { askToken, token } from "./token.js"

/** What the API said instead of an answer (problem+json), or that it did not answer. */
export class ApiError extends Error {
  /** @param {number} status 0: there was no answer at all. @param {string} title @param {string} detail */
  constructor(status, title, detail) {
    super(detail)
    this.status = status
    this.title = title
  }
}

/** @typedef {Record<string, string | number | null | undefined>} Query */

/** @param {string} path @param {Query} [query] */
export const address = (path, query = {}) => {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") params.set(name, String(value))
  }
  const text = params.toString()
  return `/api/v1${path}${text === "" ? "" : `?${text}`}`
}

/** @param {unknown} value @param {string} otherwise */
const textOr = (value, otherwise) => typeof value === "string" && value !== "" ? value : otherwise

/** @param {Response} response */
const problemOf = async (response) => {
  const said = await response.json().catch(() => undefined)
  return new ApiError(
    response.status,
    textOr(said?.title ?? said?._tag, response.statusText || `Status ${response.status}`),
    textOr(said?.detail ?? said?.message, "The answer says no more.")
  )
}

/**
 * Fetches with the tab's token. Asks for a token on 401, once; `signal` ends it silently.
 * @param {string} url @param {RequestInit} options
 * @returns {Promise<Response>}
 */
export const authorised = async (url, options) => {
  /** @param {string | null} secret */
  const attempt = async (secret) => {
    const headers = new Headers(options.headers)
    if (secret !== null) headers.set("authorization", `Bearer ${secret}`)
    try {
      return await fetch(url, { ...options, headers, redirect: "error" })
    } catch (error) {
      if (options.signal?.aborted) throw error
      throw new ApiError(0, "No answer", "The server does not answer. Is `image-census serve` still running?")
    }
  }
  const first = await attempt(token())
  if (first.status !== 401) return first
  const writes = options.method !== undefined && options.method !== "GET"
  const given = await askToken(writes ? "write" : "read", token() !== null)
  if (given === null) return first
  return attempt(given)
}

/**
 * @param {string} path below /api/v1 @param {Query} query @param {AbortSignal} signal
 * @returns {Promise<any>}
 */
export const get = async (path, query, signal) => {
  const response = await authorised(address(path, query), { signal, headers: { accept: "application/json" } })
  if (!response.ok) throw await problemOf(response)
  return response.json()
}

/**
 * @param {"POST" | "DELETE"} method @param {string} path @param {unknown} [body]
 * @returns {Promise<any>}
 */
export const send = async (method, path, body) => {
  const response = await authorised(address(path), {
    method,
    headers: { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  if (!response.ok) throw await problemOf(response)
  return response.status === 204 ? undefined : response.json().catch(() => undefined)
}

/** An image's name as one segment of a path. @param {string} image */
export const segment = (image) => encodeURIComponent(image)
