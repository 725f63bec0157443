/**
 * What a page shows, as its address says it: so that it can be sent to somebody, and the back button works.
 */

/** @returns {Record<string, string>} */
export const readState = () => Object.fromEntries(new URLSearchParams(location.search))

/**
 * The address of this page with some of its state changed; empty values leave it.
 * @param {Record<string, string | null | undefined>} changes
 */
export const withState = (changes) => {
  const params = new URLSearchParams(location.search)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") params.delete(name)
    else params.set(name, value)
  }
  const text = params.toString()
  return `${location.pathname}${text === "" ? "" : `?${text}`}`
}

/** @param {Record<string, string | null | undefined>} changes */
export const replaceState = (changes) => history.replaceState(history.state, "", withState(changes))
