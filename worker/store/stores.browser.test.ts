import { describe, expect, test } from 'vitest'
import { createIdbProfile } from './idb-profile.ts'
import { createIdbShards } from './idb-shards.ts'
import { createMemoryShards } from './memory-shards.ts'
import { profileStoreConformance } from './profile-store.conformance.ts'
import { shardStoreConformance } from './shard-store.conformance.ts'

const fresh = (): string => `test-${crypto.randomUUID()}`

describe('createIdbShards in a browser', () => shardStoreConformance(async () => createIdbShards(fresh())))
describe('createMemoryShards in a browser', () => shardStoreConformance(async () => createMemoryShards()))
describe('createIdbProfile in a browser', () => profileStoreConformance(async () => createIdbProfile(fresh())))

describe('IndexedDB deleted under an open store', () => {
  test('reads as empty and takes new records', async () => {
    const name = fresh()
    const store = createIdbProfile(name)
    await store.write([{ kind: 'events', key: 'a', value: 1 }])
    await new Promise((resolve, reject) => {
      const deleting = indexedDB.deleteDatabase(name)
      deleting.onsuccess = resolve
      deleting.onerror = reject
    })
    expect(await store.read('events')).toEqual([])
    await store.write([{ kind: 'events', key: 'b', value: 2 }])
    expect(await store.read('events')).toEqual([{ key: 'b', value: 2 }])
  })
})
