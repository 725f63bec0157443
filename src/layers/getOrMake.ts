/**
 * Things that are made once for each key and kept.
 */

/** What is kept under a key; made, and kept from then on, where nothing is. */
export const getOrMake = <K, A>(kept: Map<K, A>, key: K, make: () => A): A => {
  const known = kept.get(key)
  if (known !== undefined) return known
  const made = make()
  kept.set(key, made)
  return made
}
