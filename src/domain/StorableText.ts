/**
 * What a database can keep as text, in JSON too: no NUL, and no half of a character. What people wrote is cleaned; a name
 * is not, for it would be another one, and is refused.
 */
const surrogates = /\p{Surrogate}/gu

/** A text without NUL; half a character becomes U+FFFD. */
export const storable = (text: string): string => text.replaceAll("\u0000", "").replace(surrogates, "\ufffd")

/** Whether a text can be kept as it is. */
export const isStorable = (text: string): boolean => storable(text) === text

/** A text that is looked for, or null where no stored one can be equal to it or hold it: nothing equals null in SQL. */
export const findable = (text: string): string | null => isStorable(text) ? text : null
