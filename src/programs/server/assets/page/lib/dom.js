/**
 * Elements out of values. What comes from outside only ever becomes text or a checked attribute, never markup.
 */

/** @typedef {Node | string | number | null | undefined | false | ReadonlyArray<Child>} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>} Attributes */

const svgNames = new Set(["svg", "path", "rect", "line", "g", "title", "circle", "text"])
const svgSpace = "http://www.w3.org/2000/svg"

/**
 * An address that a link may have: within this site, or http(s); otherwise none (no javascript:, no data:).
 * @param {string} address
 * @returns {string | undefined}
 */
export const safeAddress = (address) => {
  const url = URL.canParse(address, location.href) ? new URL(address, location.href) : undefined
  return url !== undefined && (url.protocol === "https:" || url.protocol === "http:") ? address : undefined
}

/**
 * @param {Element} element
 * @param {Attributes} attributes
 */
const setAttributes = (element, attributes) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue
    if (typeof value === "function") element.addEventListener(name.slice(2), value)
    else if (name === "href" || name === "src") {
      const address = safeAddress(String(value))
      if (address !== undefined) element.setAttribute(name, address)
    } else element.setAttribute(name, value === true ? "" : String(value))
  }
}

/**
 * @param {Node} parent
 * @param {Child} child
 */
const append = (parent, child) => {
  if (Array.isArray(child)) { for (const one of child) append(parent, one) }
  else if (child instanceof Node) parent.appendChild(child)
  else if (child !== null && child !== undefined && child !== false) {
    parent.appendChild(document.createTextNode(String(child)))
  }
}

/**
 * An element with its attributes (`onclick` and the like take functions) and children. Only this program names elements
 * and attributes; values may come from anywhere.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} name
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export const h = (name, attributes = {}, ...children) => {
  const element = document.createElement(name)
  setAttributes(element, attributes)
  append(element, children)
  return element
}

/**
 * The same for SVG.
 * @param {string} name
 * @param {Attributes} [attributes]
 * @param {...Child} children
 */
export const s = (name, attributes = {}, ...children) => {
  if (!svgNames.has(name)) throw new Error(`not an SVG element of ours: ${name}`)
  const element = document.createElementNS(svgSpace, name)
  setAttributes(element, attributes)
  append(element, children)
  return element
}

/**
 * Replaces what is in an element.
 * @param {Element} element
 * @param {...Child} children
 */
export const fill = (element, ...children) => {
  element.replaceChildren()
  append(element, children)
}

/**
 * Says something to those who listen instead of looking.
 * @param {string} text
 */
export const say = (text) => {
  const region = document.getElementById("said")
  if (region !== null) region.textContent = text
}
