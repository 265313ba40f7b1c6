import { expect, test } from 'vitest'
import { PROFILE_KINDS, type ProfileStore } from './ports.ts'

/** What every ProfileStore promises; each implementation's test file calls this with its own factory of empty stores. */
export function profileStoreConformance(create: () => Promise<ProfileStore>): void {
  test('starts with nothing of any kind', async () => {
    const store = await create()
    for (const kind of PROFILE_KINDS) expect(await store.read(kind)).toEqual([])
  })

  test('reads records of a kind in ascending order of key', async () => {
    const store = await create()
    await store.write([
      { kind: 'events', key: '2', value: { item: 'b' } },
      { kind: 'events', key: '10', value: { item: 'a' } },
      { kind: 'settings', key: 'consent', value: 1 },
    ])
    expect(await store.read('events')).toEqual([
      { key: '10', value: { item: 'a' } },
      { key: '2', value: { item: 'b' } },
    ])
  })

  test('replaces and removes in one write', async () => {
    const store = await create()
    await store.write([
      { kind: 'outbox', key: 'a', value: 1 },
      { kind: 'outbox', key: 'b', value: 2 },
    ])
    await store.write([
      { kind: 'outbox', key: 'a', value: undefined },
      { kind: 'outbox', key: 'b', value: 3 },
      { kind: 'batches', key: 'x', value: [1] },
    ])
    expect(await store.read('outbox')).toEqual([{ key: 'b', value: 3 }])
    expect(await store.read('batches')).toEqual([{ key: 'x', value: [1] }])
  })

  test('keeps typed arrays and does not share memory with the caller', async () => {
    const store = await create()
    const vector = new Float32Array([1, 2])
    await store.write([{ kind: 'snapshots', key: 'i', value: { vector } }])
    vector[0] = 9
    expect(await store.read('snapshots')).toEqual([{ key: 'i', value: { vector: new Float32Array([1, 2]) } }])
  })

  test('applies nothing of a write that cannot be stored whole', async () => {
    const store = await create()
    const unstorable = (): number => 1
    await expect(
      store.write([
        { kind: 'events', key: 'a', value: 1 },
        { kind: 'events', key: 'b', value: unstorable },
      ]),
    ).rejects.toThrow()
    expect(await store.read('events')).toEqual([])
  })

  test('is empty after clear', async () => {
    const store = await create()
    await store.write(PROFILE_KINDS.map((kind) => ({ kind, key: 'a', value: 1 })))
    await store.clear()
    for (const kind of PROFILE_KINDS) expect(await store.read(kind)).toEqual([])
  })
}
