import type { PendingStore } from '../pending-events.ts'

/** A store as a page has them, whose texts a test can read. */
export function createTextStore(): PendingStore & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>()
  return {
    texts,
    getItem: (key) => texts.get(key) ?? null,
    setItem: (key, value) => void texts.set(key, value),
    removeItem: (key) => void texts.delete(key),
  }
}
