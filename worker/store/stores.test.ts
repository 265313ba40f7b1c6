import 'fake-indexeddb/auto'
import { openDB } from 'idb'
import { describe, expect, test } from 'vitest'
import { createIdbProfile } from './idb-profile.ts'
import { createIdbShards } from './idb-shards.ts'
import { createMemoryProfile } from './memory-profile.ts'
import { createMemoryShards } from './memory-shards.ts'
import { profileStoreConformance } from './profile-store.conformance.ts'
import { shardStoreConformance } from './shard-store.conformance.ts'

let names = 0
const fresh = (): string => `test-${names++}`

describe('createMemoryShards', () => shardStoreConformance(async () => createMemoryShards()))
describe('createIdbShards', () => shardStoreConformance(async () => createIdbShards(fresh())))
describe('createMemoryProfile', () => profileStoreConformance(async () => createMemoryProfile()))
describe('createIdbProfile', () => profileStoreConformance(async () => createIdbProfile(fresh())))

describe('IndexedDB stores', () => {
  test('an object whose stored form is damaged is removed and reads as absent', async () => {
    const name = fresh()
    const store = createIdbShards(name)
    const hash = 'a'.repeat(64)
    await store.put(hash, new Uint8Array(4_000), 1)
    const db = await openDB(name)
    await db.put('objects', { coding: 'gzip', bytes: new Uint8Array([1, 2, 3]) }, hash)
    db.close()
    expect(await store.get(hash)).toBeUndefined()
    expect(await store.sizes()).toEqual([])
  })

  test('keep their content when opened again', async () => {
    const name = fresh()
    const first = createIdbProfile(name)
    await first.write([{ kind: 'settings', key: 'a', value: 1 }])
    first.close()
    expect(await createIdbProfile(name).read('settings')).toEqual([{ key: 'a', value: 1 }])
  })

  test('let go when a newer schema opens the database, with storage-refused for the old code', async () => {
    const name = fresh()
    const old = createIdbProfile(name)
    await old.read('events')
    const newer = await openDB(name, 99)
    await expect(old.read('events')).rejects.toMatchObject({ code: 'storage-refused' })
    newer.close()
  })
})
