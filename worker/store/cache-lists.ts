import type { ListStore } from './ports.ts'

/** Lists for the next page in a cache of this name; a browser that refuses caches keeps none. */
export function createCacheLists(name: string): ListStore {
  return {
    addresses: async () => {
      if (!(await caches.has(name))) return []
      const kept = await (await caches.open(name)).keys()
      return kept.map(({ url }) => url)
    },
    write: async (lists) => {
      if (lists.size === 0) {
        await caches.delete(name)
        return
      }
      const cache = await caches.open(name)
      for (const { url } of await cache.keys()) if (!lists.has(url)) await cache.delete(url)
      for (const [address, list] of lists) await cache.put(address, new Response(JSON.stringify(list)))
    },
  }
}
