import { expect, test } from 'vitest'
import type { ShardStore } from './ports.ts'

const HASH = { a: 'a'.repeat(64), b: 'b'.repeat(64), c: 'c'.repeat(64) }

/** What every ShardStore promises; each implementation's test file calls this with its own factory of empty stores. */
export function shardStoreConformance(create: () => Promise<ShardStore>): void {
  test('gives undefined for an object it never saw', async () => {
    expect(await (await create()).get(HASH.a)).toBeUndefined()
  })

  test('gives the same bytes back, whether they compress or not', async () => {
    const store = await create()
    const flat = new Uint8Array(5_000).fill(7)
    const noisy = Uint8Array.from({ length: 5_000 }, (_, i) => (i * i * 2_654_435_761) >>> 13)
    expect(await store.put(HASH.a, flat, 1)).toBeLessThan(500)
    expect(await store.put(HASH.b, noisy, 1)).toBeLessThanOrEqual(5_000)
    expect(await store.get(HASH.a)).toEqual(flat)
    expect(await store.get(HASH.b)).toEqual(noisy)
  })

  test('gives bytes at offset 0 that the caller owns', async () => {
    const store = await create()
    await store.put(HASH.a, new Uint8Array([0, 1, 2, 3]).subarray(1), 1)
    const first = await store.get(HASH.a)
    expect(first?.byteOffset).toBe(0)
    first?.fill(9)
    expect(await store.get(HASH.a)).toEqual(new Uint8Array([1, 2, 3]))
  })

  test('lists sizes from the least to the most recently used', async () => {
    const store = await create()
    await store.put(HASH.a, new Uint8Array(10), 3)
    await store.put(HASH.b, new Uint8Array(20), 1)
    await store.put(HASH.c, new Uint8Array(30), 2)
    await store.touch([HASH.b, 'd'.repeat(64)], 4)
    expect(await store.sizes()).toEqual([
      { hash: HASH.c, storedBytes: 30 },
      { hash: HASH.a, storedBytes: 10 },
      { hash: HASH.b, storedBytes: 20 },
    ])
  })

  test('removes objects and keeps the others', async () => {
    const store = await create()
    await store.put(HASH.a, new Uint8Array(10), 1)
    await store.put(HASH.b, new Uint8Array(10), 1)
    await store.remove([HASH.a, HASH.c])
    expect(await store.get(HASH.a)).toBeUndefined()
    expect(await store.sizes()).toEqual([{ hash: HASH.b, storedBytes: 10 }])
  })

  test('keeps small documents by name', async () => {
    const store = await create()
    expect(await store.readState('pointer')).toBeUndefined()
    await store.writeState('pointer', { sequence: 65_536 })
    await store.writeState('pointer', { sequence: 65_537 })
    expect(await store.readState('pointer')).toEqual({ sequence: 65_537 })
  })
}
