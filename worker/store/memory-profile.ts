import { PROFILE_KINDS, type ProfileKind, type ProfileStore } from './ports.ts'

/** A profile store that is gone with its page. */
export function createMemoryProfile(): ProfileStore {
  const kinds = new Map<ProfileKind, Map<string, unknown>>(PROFILE_KINDS.map((kind) => [kind, new Map()]))
  const of = (kind: ProfileKind): Map<string, unknown> => kinds.get(kind) ?? new Map()
  return {
    read: async (kind) =>
      [...of(kind)]
        .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
        .map(([key, value]) => ({ key, value: structuredClone(value) })),
    write: async (changes) => {
      const copies = structuredClone(changes)
      for (const { kind, key, value } of copies) {
        if (value === undefined) of(kind).delete(key)
        else of(kind).set(key, value)
      }
    },
    clear: async () => {
      for (const records of kinds.values()) records.clear()
    },
    close: () => {
      for (const records of kinds.values()) records.clear()
    },
  }
}
