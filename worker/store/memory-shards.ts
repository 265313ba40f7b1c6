import { type Compact, decodeCompact, encodeCompact } from './compact.ts'
import type { ShardStore } from './ports.ts'

/** A shard store that is gone with its page. */
export function createMemoryShards(): ShardStore {
  const objects = new Map<string, Compact & { usedAt: number }>()
  const state = new Map<string, unknown>()
  return {
    get: async (hash) => {
      const entry = objects.get(hash)
      if (entry === undefined) return undefined
      try {
        return await decodeCompact(entry)
      } catch {
        objects.delete(hash)
        return undefined
      }
    },
    put: async (hash, bytes, usedAt) => {
      const compact = await encodeCompact(bytes)
      objects.set(hash, { ...compact, usedAt })
      return compact.bytes.length
    },
    remove: async (hashes) => {
      for (const hash of hashes) objects.delete(hash)
    },
    sizes: async () =>
      [...objects]
        .sort(([a, one], [b, other]) => one.usedAt - other.usedAt || (a < b ? -1 : 1))
        .map(([hash, { bytes }]) => ({ hash, storedBytes: bytes.length })),
    touch: async (hashes, usedAt) => {
      for (const hash of hashes) {
        const entry = objects.get(hash)
        if (entry !== undefined) entry.usedAt = usedAt
      }
    },
    readState: async (name) => structuredClone(state.get(name)),
    writeState: async (name, value) => {
      state.set(name, structuredClone(value))
    },
    close: () => objects.clear(),
  }
}
