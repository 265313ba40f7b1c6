const KEY = 'shop:cart'

/** The visitor's cart: item ids, kept by the shop itself in this browser. */
export type Cart = {
  ids(): readonly string[]
  add(id: string): void
  remove(id: string): void
  clear(): void
  onChange(listener: () => void): () => void
}

/** @param storage - null where the browser keeps nothing; the cart then lives as long as the page. */
export function createCart(storage: Storage | null): Cart {
  const listeners = new Set<() => void>()
  let ids = read(storage)
  const set = (next: readonly string[]) => {
    ids = next
    try {
      storage?.setItem(KEY, JSON.stringify(next))
    } catch {
      storage = null // full or refused: the cart goes on in memory
    }
    for (const listener of listeners) listener()
  }
  return {
    ids: () => ids,
    add: (id) => set([...ids.filter((one) => one !== id), id]),
    remove: (id) => set(ids.filter((one) => one !== id)),
    clear: () => set([]),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function read(storage: Storage | null): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(storage?.getItem(KEY) ?? '[]')
    return Array.isArray(parsed) ? parsed.filter((id) => typeof id === 'string') : []
  } catch {
    return [] // somebody edited it; an empty cart is better than none
  }
}
